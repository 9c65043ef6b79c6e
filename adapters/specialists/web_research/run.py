"""One run of the researcher: its events, its time limit, and exactly one end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace

from adapters.specialists.web_research.asking import Asking, Unanswered
from adapters.specialists.web_research.notebook import Notebook
from adapters.specialists.web_research.research import Research
from adapters.specialists.web_research.telling import Telling
from adapters.specialists.web_research.thinking import NoAnswer
from bot.errors import Reason
from bot.model.dispatches import Billing, ParkReason
from bot.model.events import End, Event, Finished, Made, Parked, Started
from bot.model.questions import Reply
from bot.ports import Work


class ResearchRun:
    def __init__(
        self,
        work: Work,
        book: Notebook,
        make: Callable[[Telling], tuple[Research, Asking]],
        *,
        model: str,
        note: str = "",
    ) -> None:
        self._work, self._book, self._model, self._note = work, book, model, note
        self._telling = Telling()
        self._research, self._asking = make(self._telling)
        self._working: asyncio.Task[None] | None = None
        self._stop: str | None = None

    async def events(self) -> AsyncGenerator[Event, None]:
        yield Started(self._book.session, model=self._model, sandbox="none", note=self._note)
        self._working = asyncio.create_task(self._work_to_the_end(), name=f"research.{self._work.run}")
        try:
            while True:
                event = await self._telling.next()
                yield event
                self._telling.is_kept()
                if isinstance(event, Finished | Parked):
                    return
        finally:
            self._working.cancel()
            await asyncio.wait([self._working])

    async def answer(self, request: str, reply: Reply) -> bool:
        return self._asking.answer(request, reply)

    async def steer(self, note_id: str, text: str) -> bool:  # noqa: ARG002  queued as a follow-up instead
        return False

    async def cancel(self, reason: str, grace_s: float) -> None:  # noqa: ARG002  there is nothing to wind up
        self._stop = reason
        if self._working is not None:
            self._working.cancel()

    async def _work_to_the_end(self) -> None:
        try:
            async with asyncio.timeout(self._work.limits.timeout_s):
                last = await self._finished()
        except TimeoutError:
            words = f"It reached its time limit of {self._work.limits.timeout_s:g} s; what it read is kept."
            last = Parked(ParkReason.LIMIT, text=words)
        except asyncio.CancelledError:
            if self._stop is None:
                raise  # nobody listens any more
            last = Finished(End.STOPPED, detail=self._stop)
        except Unanswered as waits:
            last = Parked(ParkReason.QUESTION, request=waits.request)
        except NoAnswer as error:
            last = Finished(End.FAILED, reason=error.reason, detail=str(error))
        except Exception as error:  # noqa: BLE001  a run must end, and the person must hear of it
            last = Finished(
                End.FAILED, reason=Reason.CRASHED, detail=f"{type(error).__name__} in the researcher."
            )
        usd, session_usd = self._research.usd, self._book.usd
        self._telling.tell(replace(last, usd=usd, session_usd=session_usd, billing=Billing.ESTIMATED))

    async def _finished(self) -> Finished:
        done = self._book.reported(self._work.run) or await self._research.reported()
        self._telling.tell(Made("report.md", done.file.encode(), "text/markdown"))
        return Finished(End.DONE, text=done.text, partial=done.partial)
