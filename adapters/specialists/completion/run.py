"""One run of a plain model: its events, its time limit, and exactly one end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from adapters.specialists.completion.asking import NoAnswer
from adapters.specialists.completion.bulk import Bulk
from adapters.specialists.completion.material import NotUsable
from adapters.specialists.completion.schema import NoSchema
from adapters.specialists.completion.session import Session
from adapters.specialists.completion.telling import Telling
from bot.errors import Reason
from bot.model.dispatches import Billing, ParkReason
from bot.model.events import End, Event, Finished, Parked, Started
from bot.model.questions import Reply
from bot.ports import Work

LATER: Final = timedelta(minutes=5)
"""When a provider says only that it is asked too often."""

Body = Callable[[Telling], Awaitable[Finished | Parked]]
Prepare = Callable[[Telling], Awaitable[tuple[Body, Bulk | None]]]
"""What there is to do; the second one where it is done item by item."""


class CompletionRun:
    def __init__(self, work: Work, session: Session, prepare: Prepare, *, model: str, note: str = "") -> None:
        self._work, self._session, self._prepare = work, session, prepare
        self._model, self._note = model, note
        self._telling = Telling()
        self._working: asyncio.Task[None] | None = None
        self._bulk: Bulk | None = None
        self._stop: str | None = None

    async def events(self) -> AsyncGenerator[Event, None]:
        yield Started(self._session.id, model=self._model, sandbox="none", note=self._note)
        name = f"completion.{self._work.run}"
        self._working = asyncio.create_task(self._work_to_the_end(), name=name)
        told = self._telling.events()
        try:
            async for event in told:
                yield event
        finally:
            self._working.cancel()
            await asyncio.wait([self._working])
            await told.aclose()

    async def answer(self, request: str, reply: Reply) -> bool:  # noqa: ARG002  it never asks
        return False

    async def steer(self, note_id: str, text: str) -> bool:  # noqa: ARG002  queued as a follow-up instead
        return False

    async def cancel(self, reason: str, grace_s: float) -> None:
        """Items under way may be finished within the grace; one answer alone is not waited for."""
        self._stop = reason
        working = self._working
        if working is None or working.done():
            return
        if self._bulk is not None:
            self._bulk.halt(Finished(End.STOPPED, detail=reason))
            await asyncio.wait([working], timeout=max(grace_s - 1.0, 0.0))
        working.cancel()

    async def _work_to_the_end(self) -> None:
        try:
            last = await self._within_time()
        except asyncio.CancelledError:
            if self._stop is None:
                raise  # nobody listens any more
            last = Finished(End.STOPPED, detail=self._stop)
        except NoAnswer as error:
            last = _ended_by(error)
        except (NotUsable, NoSchema) as error:
            last = Finished(End.FAILED, reason=Reason.INPUT, detail=str(error))
        except Exception as error:  # noqa: BLE001  a run must end, and the person must hear of it
            detail = f"{type(error).__name__} in the specialist for plain models."
            last = Finished(End.FAILED, reason=Reason.CRASHED, detail=detail)
        if isinstance(last, Parked) and last.reason is ParkReason.RATE_LIMIT and last.resume_at is None:
            last = replace(last, resume_at=datetime.now(UTC) + LATER)
        all_usd = self._session.usd
        usd = None if all_usd is None else max(all_usd - self._work.session_usd, 0.0)
        self._telling.tell(replace(last, usd=usd, session_usd=all_usd, billing=Billing.ESTIMATED))

    async def _within_time(self) -> Finished | Parked:
        limit_s = self._work.limits.timeout_s
        parked = Parked(ParkReason.LIMIT, text=f"It reached its time limit of {limit_s:g} s.")
        body, self._bulk = await self._prepare(self._telling)
        working = asyncio.ensure_future(body(self._telling))
        try:
            done, _ = await asyncio.wait([working], timeout=limit_s)
            if not done and self._bulk is not None:
                self._bulk.halt(parked)
                done, _ = await asyncio.wait([working], timeout=WIND_UP_S)
            return working.result() if done else parked
        finally:
            working.cancel()
            await asyncio.wait([working])


WIND_UP_S: Final = 20.0
"""What items that are under way may take beyond the limit."""


def _ended_by(error: NoAnswer) -> Finished | Parked:
    match error.reason:
        case Reason.RATE_LIMIT:
            wait = timedelta(seconds=error.retry_after_s) if error.retry_after_s else LATER
            return Parked(ParkReason.RATE_LIMIT, text=str(error), resume_at=datetime.now(UTC) + wait)
        case Reason.BUDGET:
            return Parked(ParkReason.BUDGET, text=str(error))
        case _:
            return Finished(End.FAILED, reason=error.reason, detail=str(error))
