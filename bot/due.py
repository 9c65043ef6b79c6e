"""What is due fires: each moment becomes one firing, whatever restarted, slept or jumped in between.

Every process that talks with people looks, and whoever comes first makes the row; its key is unique. What was
due while nobody was there fires once if that is not long ago, and is noted if it is.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from bot import recurrence
from bot.crash import Point, crash_point
from bot.house import House
from bot.model.schedules import Firing, FiringState, Schedule, ScheduleState
from bot.model.work_items import Kind, WorkItem
from bot.ports import Unit

_log = structlog.get_logger("schedule")


async def fire_due(house: House) -> datetime | None:
    """Promise what is due now; the next moment at which something will be."""
    now = house.now()
    async with house.store.reading() as unit:
        next_at = await unit.next_firing()
    if next_at is None or next_at > now:
        return next_at
    async with house.store.reading() as unit:
        due = await unit.due_schedules(now)
        held = await unit.find(Firing, state=FiringState.HELD)
    for id in due:
        async with house.store.transaction() as unit:
            await _fire(unit, house, id, now)
        crash_point(Point.AFTER_FIRING)
    for firing in held:
        if firing.hold_until is not None and firing.hold_until <= now:
            async with house.store.transaction() as unit:
                await _release(unit, firing.id)
    async with house.store.reading() as unit:
        return await unit.next_firing()


def firing_item(firing: Firing) -> WorkItem:
    return WorkItem(Kind.FIRING, f"firing:{firing.id}", firing.id, firing.schedule, 1)


async def promise(
    unit: Unit,
    house: House,
    schedule: Schedule,
    key: str,
    due_at: datetime,
    *,
    by: str | None = None,
    preview: str | None = None,
) -> Firing | None:
    """One firing for that key; None when there is one already."""
    firing = Firing(f"{schedule.id}@{key}", schedule.id, due_at, house.now(), by=by, preview=preview)
    if await unit.get(Firing, firing.id) is not None:
        return None
    await unit.add(firing)
    await unit.enqueue(firing_item(firing))
    _log.info("schedule.fires", firing=firing.id)
    return firing


async def _fire(unit: Unit, house: House, id: str, now: datetime) -> None:
    schedule = await unit.get(Schedule, id, lock=True)
    if schedule is None or schedule.state is not ScheduleState.ACTIVE:
        return
    if schedule.next_at is None or schedule.next_at > now:
        return  # somebody else was first
    plan, first = schedule.plan, schedule.next_at
    newest, missed = recurrence.last_before(plan.recurrence, plan.timezone, first, now, schedule.began_at)
    late = now - newest > timedelta(seconds=house.settings.schedules.grace_s)
    key = recurrence.key_of(plan.recurrence, plan.timezone, newest)
    if late:
        await _note(unit, house, schedule, key, newest, missed + 1)
    else:
        if missed:
            before = recurrence.key_of(plan.recurrence, plan.timezone, first)
            await _note(unit, house, schedule, before, first, missed)
        await promise(unit, house, schedule, key, newest)
    await move_on(unit, schedule, newest)


async def move_on(unit: Unit, schedule: Schedule, after: datetime) -> Schedule:
    """Its next moment later than ``after``; over, when there is none."""
    plan = schedule.plan
    next_at = recurrence.next_after(plan.recurrence, plan.timezone, after, schedule.began_at)
    if next_at is not None and plan.until is not None and next_at >= plan.until:
        next_at = None
    if next_at is None:
        return await unit.change(schedule, next_at=None, state=ScheduleState.OVER)
    return await unit.change(schedule, next_at=next_at)


async def _note(unit: Unit, house: House, schedule: Schedule, key: str, due_at: datetime, count: int) -> None:
    """That it did not run is a row as well, one for all that were missed together."""
    id, now = f"{schedule.id}@{key}", house.now()
    if await unit.get(Firing, id) is not None:
        return
    more = f", and {count - 1} more" if count > 1 else ""
    words = f"Nobody was there at {due_at:%Y-%m-%d %H:%M} UTC{more}."
    missed = Firing(id, schedule.id, due_at, now, FiringState.MISSED, detail=words, ended_at=now)
    await unit.add(missed)
    _log.warning("schedule.missed", schedule=schedule.id, due_at=due_at.isoformat(), count=count)


async def _release(unit: Unit, firing_id: str) -> None:
    firing = await unit.get(Firing, firing_id, lock=True)
    if firing is not None and firing.state is FiringState.HELD:
        released = await unit.change(firing, state=FiringState.PROMISED, hold_until=None)
        await unit.enqueue(firing_item(released))
