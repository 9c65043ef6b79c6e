"""Drives one run of a specialist: event by event, each stored before the next, until Finished or Parked.

What people want of a live run (an answer, a note, a stop) stands in rows; a wake-up only makes us look.
An attempt that was overtaken finds that its writes are refused, and lets go.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

import structlog

from bot import approvals, records
from bot.breakers import Repeats, parked_for
from bot.crash import Point, crash_point
from bot.directories import directory_lock
from bot.errors import Conflict, Reason, SpecialistError, StoreError
from bot.house import House
from bot.masking import masked_event
from bot.model import events as ev
from bot.model.decisions import Written
from bot.model.dispatches import Dispatch, Note
from bot.model.questions import Question, QuestionKind, QuestionState, Reply, Verdict
from bot.ports import Run as LiveProcess
from bot.ports import Specialist, Work
from bot.settings.tables import PermissionMode
from bot.settings.worked import remember
from bot.works import begin

_log = structlog.get_logger("run")

LOOK_EVERY_S: Final = 2.0
"""How often a live run looks at its rows without being woken (another machine may have written them)."""

STOP_GRACE_S: Final = 8.0
LAST: Final = 999_999
"""The sequence number of an end that the specialist itself did not tell."""

CONFLICTS: Final = 3
STORE_TRIES: Final = 60
"""Once a second: how long a run outlives a database that does not answer."""


@dataclass(slots=True)
class _Live:
    """One attempt, as this process sees it."""

    work: Work
    process: LiveProcess
    wake: asyncio.Event
    seq: int = 0
    ended: bool = False
    stopping: bool = False
    asked: set[str] = field(default_factory=set[str])  # requests of this attempt: only these can be answered
    noted: set[str] = field(default_factory=set[str])  # notes that were handed over
    repeats: Repeats = field(default_factory=Repeats)
    broke: str = ""  # why we stopped it ourselves
    untaken: set[str] = field(default_factory=set[str])  # answers that the process no longer waited for
    handing: asyncio.Lock = field(default_factory=asyncio.Lock)  # an answer is handed over, or the end kept


class Dispatching:
    def __init__(
        self,
        house: House,
        specialists: Mapping[str, Specialist],
        reap: Callable[[str], Awaitable[None]],
        tell: Callable[[Work, ev.Parked | ev.Finished], Awaitable[Written | None]],
    ) -> None:
        self._house = house
        self._specialists = specialists
        self._reap = reap  # kill what an earlier attempt of this run left behind
        self._tell = tell  # a long result in a model's words; None: as it is

    async def drive(self, run_id: str) -> None:
        """The body of the run workflow: safe to call again at any time, for any run."""
        async with self._house.store.transaction() as unit:
            work = await begin(unit, self._house, run_id)
        if work is None:
            return
        _log.info("run.started", run=work.run, attempt=work.attempt)
        if work.attempt > 1:
            await self._reap(work.run)
        try:
            async with directory_lock(self._house, work.directory):
                await self._run(work)
        except Conflict as error:
            _log.warning("run.overtaken", run=work.run, attempt=work.attempt, why=str(error))
        except SpecialistError as error:
            await self._persist(work, LAST, _failed(error))
        except StoreError:
            raise  # the sweep comes back to it, as another attempt
        except Exception as error:  # noqa: BLE001  a run must end, and the person must hear of it
            _log.exception("run.failed", run=work.run, attempt=work.attempt)
            detail = f"{type(error).__name__}; the log of the house has more."
            crashed = ev.Finished(ev.End.FAILED, reason=Reason.CRASHED, detail=detail)
            await self._persist(work, LAST, crashed)
        finally:
            shutil.rmtree(work.scratch, ignore_errors=True)

    async def _run(self, work: Work) -> None:
        Path(work.scratch).mkdir(mode=0o700, parents=True, exist_ok=True)
        Path(work.config_dir).mkdir(mode=0o700, parents=True, exist_ok=True)
        specialist = self._specialist(work)
        if specialist is None:
            raise SpecialistError(
                f"The specialist of project {work.project} is not configured.", reason=Reason.NOT_FOUND
            )
        if work.permission_mode != PermissionMode.PLAN:  # the others may write there
            settings = self._house.settings
            remember(Path(work.directory), settings.file, settings.environ)
        process = await specialist.start(work)
        repeats = Repeats(self._house.settings.limits.identical_calls)
        live = _Live(work, process, self._house.live.register(work.dispatch), repeats=repeats)
        live.wake.set()  # rows may hold wishes already
        try:
            await self._follow(live)
        finally:
            self._house.live.forget(work.dispatch)

    def _specialist(self, work: Work) -> Specialist | None:
        project = self._house.settings.projects.get(work.project)
        return self._specialists.get(project.specialist) if project else None

    async def _follow(self, live: _Live) -> None:
        events = cast("AsyncGenerator[ev.Event, None]", live.process.events())
        attendant = asyncio.create_task(self._attend(live), name=f"attend.{live.work.run}")
        async with contextlib.aclosing(events):
            try:
                async for event in events:
                    live.seq += 1
                    if isinstance(event, ev.Parked | ev.Finished):
                        await self._keep_end(live, event)
                        break
                    await self._persist(live.work, live.seq, event)
                    if isinstance(event, ev.Used) and not live.broke:
                        live.broke = live.repeats.after(event)
                        if live.broke:
                            live.wake.set()
                    if isinstance(event, ev.Asked):
                        live.asked.add(event.request)
                        live.wake.set()  # it may have been answered before this attempt asked again
            except SpecialistError as error:
                live.seq += 1
                await self._keep_end(live, _failed(error))
            finally:
                attendant.cancel()
                await asyncio.gather(attendant, return_exceptions=True)
        if not live.ended:
            lost = ev.Finished(ev.End.FAILED, reason=Reason.PROTOCOL, detail="It ended without a last event.")
            live.seq += 1
            await self._keep_end(live, lost)

    async def _keep_end(self, live: _Live, event: ev.Parked | ev.Finished) -> None:
        """Not while an answer is being handed over: the end has to know whether the process took it."""
        live.ended = True
        if live.broke and isinstance(event, ev.Finished) and event.end is ev.End.STOPPED:
            event = parked_for(live.broke, event)
        told = await self._tell(live.work, event)
        async with live.handing:
            await self._persist(live.work, live.seq, event, frozenset(live.untaken), told)

    async def _persist(
        self,
        work: Work,
        seq: int,
        event: ev.Event,
        untaken: frozenset[str] = frozenset(),
        told: Written | None = None,
    ) -> None:
        """Store one event and all that follows from it; waits for a database that is away."""
        for left in range(STORE_TRIES, -1, -1):
            try:
                await self._store(work, seq, event, untaken, told)
            except (
                Conflict
            ):  # overtaken, which the next try finds again, or in the way of another transaction
                if left <= STORE_TRIES - CONFLICTS:
                    raise
            except StoreError:
                if left == 0:
                    raise
                await asyncio.sleep(1.0)
            else:
                return

    async def _store(
        self, work: Work, seq: int, event: ev.Event, untaken: frozenset[str], told: Written | None
    ) -> None:
        house = self._house
        event = masked_event(approvals.bound(event), house.redact)
        if isinstance(event, ev.Parked):
            crash_point(Point.BEFORE_PARK_COMMIT)
        if isinstance(event, ev.Parked | ev.Finished):
            crash_point(Point.BEFORE_SETTLE)
        async with house.store.transaction() as unit:
            run, dispatch = await records.fenced(unit, work.run, work.attempt)
            await records.keep_event(unit, house, run, seq, event)
            match event:
                case ev.Parked():
                    await records.park(unit, house, run, dispatch, event, untaken)
                case ev.Finished():
                    await records.finish(unit, house, run, dispatch, event, untaken, told)
                case _:
                    await records.record(unit, house, run, dispatch, event)
        _log.info("run.event", run=work.run, attempt=work.attempt, seq=seq, kind=type(event).__name__)
        crash_point(Point.AFTER_RESULT if isinstance(event, ev.Parked | ev.Finished) else Point.AFTER_EVENT)

    async def _attend(self, live: _Live) -> None:
        """Carry people's wishes to the process whenever somebody wakes us."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await live.wake.wait()
            live.wake.clear()
            try:
                await self._look(live)
            except StoreError as error:
                _log.warning("run.look_failed", run=live.work.run, error=str(error))
            except Conflict as error:  # this attempt was overtaken: the process must not go on writing
                _log.warning("run.overtaken", run=live.work.run, attempt=live.work.attempt, why=str(error))
                await live.process.cancel("overtaken by another attempt", 0.0)
                return
            except Exception:  # noqa: BLE001  one wish that fails must not make the run deaf to the next
                _log.exception("run.look_failed", run=live.work.run)

    async def _look(self, live: _Live) -> None:
        work = live.work
        if live.broke and not live.stopping:
            live.stopping = True
            await live.process.cancel("it repeats itself", STOP_GRACE_S)
        async with self._house.store.reading() as unit:
            dispatch = await unit.get(Dispatch, work.dispatch)
            answered = await unit.find(
                Question, dispatch=work.dispatch, state=QuestionState.ANSWERED, delivered_run=None
            )
            notes = await unit.find(Note, dispatch=work.dispatch, read=False)
        if dispatch is not None and dispatch.cancel and not live.stopping:
            live.stopping = True
            await live.process.cancel(dispatch.cancel, STOP_GRACE_S)
            return
        for item in answered:
            async with live.handing:
                if not live.ended:
                    await self._hand_answer(live, item)
        for note in notes:
            await self._hand_note(live, note)

    async def _hand_answer(self, live: _Live, item: Question) -> None:
        """Claim the answer for this run, use up a grant, and only then hand it over."""
        if item.reply is None or item.request not in live.asked or item.id in live.untaken:
            return
        async with self._house.store.transaction() as unit:
            run, _ = await records.fenced(unit, live.work.run, live.work.attempt)
            fresh = await unit.get(Question, item.id, lock=True)
            if fresh is None or fresh.delivered_run is not None:
                return
            await unit.change(fresh, delivered_run=run.n, used=_is_grant(fresh, item.reply))
        crash_point(Point.AFTER_ANSWER)
        if not await live.process.answer(item.request, item.reply):
            live.untaken.add(item.id)

    async def _hand_note(self, live: _Live, note: Note) -> None:
        if note.id in live.noted:
            return
        live.noted.add(note.id)
        async with self._house.store.transaction() as unit:
            run, _ = await records.fenced(unit, live.work.run, live.work.attempt)
            fresh = await unit.get(Note, note.id, lock=True)
            if fresh is None or fresh.read or fresh.delivered_run == run.n:
                return
            await unit.change(fresh, delivered_run=run.n)
        await live.process.steer(note.id, note.text)  # unread notes become the next run's prompt at the end


def _is_grant(item: Question, reply: Reply) -> bool:
    return item.kind is QuestionKind.APPROVAL and reply.verdict is Verdict.GRANTED


def _failed(error: SpecialistError) -> ev.Finished:
    return ev.Finished(ev.End.FAILED, reason=error.reason, detail=str(error))
