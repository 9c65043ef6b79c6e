"""Our rows are the truth: what they promise and nobody is doing is started again; what is due happens.

Runs at start, every minute, when the clock says so, and when another process has written.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

import structlog

from bot import control, lifecycle, questions, records, reports, unattended
from bot.admission import admit, run_item
from bot.due import firing_item
from bot.errors import Reason
from bot.house import House
from bot.inbox import turn_item
from bot.model import events as ev
from bot.model.conversations import Conversation, Message, MessageState
from bot.model.dispatches import Dispatch, ParkReason, Run, RunState, Status
from bot.model.posts import OutboxRow, OutboxState
from bot.model.questions import Question, QuestionState
from bot.model.schedules import Firing, FiringState, Schedule
from bot.model.work_items import WorkItem, WorkState
from bot.outbox import post_item
from bot.turns import give_up

_log = structlog.get_logger("sweep")

BATCH: Final = 1000
States = Callable[[Sequence[str]], Awaitable[dict[str, WorkState]]]


class Sweep:
    def __init__(
        self,
        house: House,
        states: States,
        reclaim: Callable[[], Awaitable[None]],
        later: Callable[[str, datetime], None],
        remind: Callable[[str], Awaitable[None]],
    ) -> None:
        self._house = house
        self._states = states
        self._reclaim = reclaim  # what the engine claimed and lost without dying
        self._later = later
        self._remind = remind

    async def sweep(self) -> None:
        """Everything once; safe at any time, beside a running engine."""
        await self._reclaim()
        await self._turns()
        await self._runs()
        await self._posts()
        await self._firings()
        await self._questions()
        await self._resumptions()
        await self._admissions()
        self._house.live.wake_all()

    async def _admissions(self) -> None:
        async with self._house.store.reading() as unit:
            held = await unit.find(Run, state=RunState.HELD, limit=1)
        if held:
            async with self._house.store.transaction() as unit:
                await admit(unit, self._house)

    async def _turns(self) -> None:
        async with self._house.store.reading() as unit:
            waiting = await unit.find(Message, state=MessageState.WAITING, limit=BATCH)
        items = {turn_item(message).key: message for message in waiting}
        for key, state in (await self._states(list(items))).items():
            if state is WorkState.EXHAUSTED:
                _log.error("turn.exhausted", message=items[key].id)
                words = reports.UNDELIVERABLE_TURN.format(id=items[key].id[:8])
                await give_up(self._house, items[key].id, words)
            elif state is not WorkState.LIVE:
                await self._enqueue(turn_item(items[key]), state)

    async def _runs(self) -> None:
        async with self._house.store.reading() as unit:
            runs = await unit.find(
                Run, state=(RunState.QUEUED, RunState.RUNNING), node=self._house.node, limit=BATCH
            )
            dispatches = {run.id: await unit.get(Dispatch, run.dispatch) for run in runs}
        items: dict[str, WorkItem] = {}
        for run in runs:
            if (dispatch := dispatches[run.id]) is not None:
                item = run_item(run, dispatch, run.directory, run.node)
                items[item.key] = item
        for key, state in (await self._states(list(items))).items():
            if state is WorkState.EXHAUSTED:
                await self._give_up_run(items[key].argument)
            elif state is not WorkState.LIVE:
                await self._enqueue(items[key], state)

    async def _give_up_run(self, run_id: str) -> None:
        _log.error("run.exhausted", run=run_id)
        detail = "The house died with this run several times, so it was not started again."
        event = ev.Finished(ev.End.FAILED, reason=Reason.CRASHED, detail=detail)
        async with self._house.store.transaction() as unit:
            run = await unit.get(Run, run_id)
            if run is None:
                return
            dispatch = await lifecycle.reread(unit, run.dispatch)
            run = await unit.get(Run, run_id, lock=True) or run
            if run.state in (RunState.QUEUED, RunState.RUNNING):
                await records.finish(unit, self._house, run, dispatch, event, frozenset())

    async def _posts(self) -> None:
        async with self._house.store.reading() as unit:
            rows = await unit.find(OutboxRow, state=OutboxState.PENDING, limit=BATCH)
            dirty = await unit.dirty_cards()
            oldest: dict[str, OutboxRow] = {}
            for row in rows:
                oldest.setdefault(row.conversation, row)
            held = {id: await unit.get(Conversation, id) for id in oldest}
            cards = [card for id in dirty if (card := await unit.get(Dispatch, id)) is not None]
        items: list[WorkItem] = []
        for id, row in oldest.items():
            conversation = held[id]
            if conversation and conversation.hold_until and conversation.hold_until > self._house.now():
                self._later(id, conversation.hold_until)
            else:
                items.append(post_item(id, row.id, row.seq))
        items += [post_item(card.conversation, f"card:{card.id}:{card.revision}", 1) for card in cards]
        states = await self._states([item.key for item in items])
        for item in items:
            if states[item.key] is not WorkState.LIVE:
                await self._enqueue(item, states[item.key])

    async def _firings(self) -> None:
        async with self._house.store.reading() as unit:
            promised = await unit.find(Firing, state=FiringState.PROMISED, limit=BATCH)
        items = {firing_item(firing).key: firing for firing in promised}
        for key, state in (await self._states(list(items))).items():
            if state is WorkState.EXHAUSTED:
                await self._give_up_firing(items[key].id)
            elif state is not WorkState.LIVE:
                await self._enqueue(firing_item(items[key]), state)

    async def _give_up_firing(self, firing_id: str) -> None:
        _log.error("firing.exhausted", firing=firing_id)
        async with self._house.store.transaction() as unit:
            firing = await unit.get(Firing, firing_id, lock=True)
            schedule = await unit.get(Schedule, firing.schedule, lock=True) if firing else None
            if firing is not None and schedule is not None and firing.state is FiringState.PROMISED:
                why = "The house died with it several times, so it was not tried again."
                await unattended.close(unit, self._house, firing, FiringState.FAILED, why)
                await unattended.count_failure(unit, self._house, schedule, why)

    async def _enqueue(self, item: WorkItem, state: WorkState) -> None:
        if state is not WorkState.MISSING:
            _log.info("work.again", key=item.key, state=state)
        async with self._house.store.transaction() as unit:
            await unit.enqueue(item)

    async def _questions(self) -> None:
        now = self._house.now()
        async with self._house.store.reading() as unit:
            open_ = await unit.find(Question, state=QuestionState.OPEN, limit=BATCH)
        for item in open_:
            if item.expire_at is not None and item.expire_at <= now:
                await self._expire(item.id)
            elif item.remind_at is not None and item.remind_at <= now:
                await self._remind(item.id)

    async def _expire(self, question_id: str) -> None:
        async with self._house.store.transaction() as unit:
            item = await unit.get(Question, question_id)
            if item is None:
                return
            await lifecycle.reread(unit, item.dispatch)
            item = await unit.get(Question, question_id, lock=True) or item
            if item.state is QuestionState.OPEN:
                await questions.expire(unit, self._house, item)

    async def _resumptions(self) -> None:
        """Dispatches that wait for their provider go on when the time has come."""
        async with self._house.store.reading() as unit:
            parked = await unit.find(Dispatch, status=Status.PARKED, park_reason=ParkReason.RATE_LIMIT)
        due = [item for item in parked if item.resume_at and item.resume_at <= self._house.now()]
        for item in due:
            async with self._house.store.transaction() as unit:
                dispatch = await lifecycle.reread(unit, item.id)
                if dispatch.park_reason is ParkReason.RATE_LIMIT:
                    await control.go_on(unit, self._house, dispatch)
