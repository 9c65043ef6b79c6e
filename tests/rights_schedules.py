"""The doors of a house to schedules, each with what it is for and a way to try it."""

from __future__ import annotations

from typing import Final

from bot import actions
from bot.model import decisions
from bot.model.acts import Act
from bot.model.conversations import Message
from tests.rights_doors import Attempt, Visit, sees
from tests.rights_goods import NOON
from tests.rights_plan import PLAN


async def _adds(visit: Visit) -> bool:
    """One's own; nobody saves a schedule of somebody else's."""
    if visit.goods.owner != visit.person.id:
        return False
    await visit.desk.timetables.add(visit.person, PLAN, "daily at 9: look")
    return True


async def _previews(visit: Visit) -> bool:
    if visit.goods.owner != visit.person.id:
        return False
    await visit.desk.timetables.preview(visit.person, PLAN, "daily at 9: look")
    return True


async def _decides_to_schedule(visit: Visit) -> None:
    if visit.goods.owner == visit.person.id:
        await visit.decides(decisions.CreateSchedule(PLAN))


async def _lists_schedules(visit: Visit) -> bool:
    found = await visit.desk.timetables.listed(visit.person, everybody=True)
    return visit.goods.schedule in {each.schedule.id for each in found}


async def _asks_about_a_schedule(visit: Visit) -> bool:
    async with visit.store.transaction() as unit:
        message = Message("m", visit.place.id, 9_999, "m", visit.person.id, "x", "/schedule", NOON)
        action = decisions.ChangeSchedule(visit.goods.schedule, "show")
        words = await actions.apply(unit, visit.desk.house, visit.place, message, visit.person, action)
    return "daily look" in words


ATTEMPTS: Final[dict[str, tuple[Act, Attempt]]] = {
    "desk.timetables.add": (Act.SCHEDULE, lambda v: _adds(v)),
    "desk.timetables.preview": (Act.SCHEDULE, lambda v: _previews(v)),
    "desk.timetables.edit": (
        Act.SCHEDULE, lambda v: sees(v.desk.timetables.edit(v.person, v.goods.schedule, "daily at 7"))
    ),
    "desk.timetables.run": (
        Act.RUN_SCHEDULE, lambda v: sees(v.desk.timetables.run(v.person, v.goods.schedule))
    ),
    "desk.timetables.resume": (
        Act.RUN_SCHEDULE, lambda v: sees(v.desk.timetables.resume(v.person, v.goods.paused))
    ),
    "desk.timetables.pause": (
        Act.REST_SCHEDULE, lambda v: sees(v.desk.timetables.pause(v.person, v.goods.schedule))
    ),
    "desk.timetables.snooze": (
        Act.REST_SCHEDULE, lambda v: sees(v.desk.timetables.snooze(v.person, v.goods.schedule))
    ),
    "desk.timetables.delete": (
        Act.REST_SCHEDULE, lambda v: sees(v.desk.timetables.delete(v.person, v.goods.schedule))
    ),
    "desk.timetables.listed": (Act.SEE_SCHEDULE, _lists_schedules),
    "desk.timetables.show": (
        Act.SEE_SCHEDULE, lambda v: sees(v.desk.timetables.show(v.person, v.goods.schedule))
    ),
    "desk.timetables.history": (
        Act.SEE_SCHEDULE, lambda v: sees(v.desk.timetables.history(v.person, v.goods.schedule))
    ),
    "decides schedule": (Act.SCHEDULE, _decides_to_schedule),
    "decides change_schedule": (
        Act.REST_SCHEDULE, lambda v: v.decides(decisions.ChangeSchedule(v.goods.schedule, "pause"))
    ),
    "decides to see a schedule": (Act.SEE_SCHEDULE, _asks_about_a_schedule),
}  # fmt: skip
