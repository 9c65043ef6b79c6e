"""What people do with schedules, inside their caller's transaction: check, save, change, run, show.

A proposal saves nothing: its buttons carry the plan, and the press of the person who asked saves it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from bot import moving, planning, policy, recurrence, reports, schedule_words, unattended, when
from bot.due import move_on, promise
from bot.errors import Refused
from bot.house import House
from bot.model.acts import Act
from bot.model.conversations import Conversation, Message
from bot.model.dispatches import Dispatch, Status
from bot.model.people import Person
from bot.model.schedules import (
    HELD_BACK,
    Fired,
    Firing,
    Plan,
    Schedule,
    ScheduleState,
    Scope,
    Timetable,
    What,
)
from bot.policy import Object
from bot.ports import Unit

SHOWN_RUNS: Final = 3
PRICED: Final = 20
"""Pieces of work that a price is judged by."""
HISTORY: Final = 20


def of(schedule: Schedule) -> Object:
    """As rights see it; which project it is for is checked whenever it starts something there."""
    return Object(schedule.id, owner=schedule.person)


async def check(unit: Unit, house: House, person: Person, plan: Plan, here: Conversation) -> Conversation:
    """Where it would post; raises Refused for what the person may not plan, or what makes no sense."""
    settings = house.settings
    if why := policy.authorize(settings, person, Act.SCHEDULE, Object(owner=person.id)):
        raise Refused(why)
    _check_times(house, plan)
    place = await _place(unit, person, plan.to, here)
    if why := refusal(house, person, plan, place):
        raise Refused(why)
    return place


def refusal(house: House, person: Person, plan: Plan, place: Conversation) -> str | None:
    """Why the person may not have that done there; asked when it is planned and each time that it fires."""
    settings = house.settings
    if why := policy.authorize(settings, person, Act.SCHEDULE, Object(owner=person.id)):
        return why
    if plan.what is What.DIGEST:
        others = plan.scope is Scope.HOUSE
        return policy.authorize(settings, person, Act.SHOW, Object(owner="")) if others else None
    if plan.project is None:
        return "Say in which project: `@name` before what is to be done."
    if why := policy.authorize(settings, person, Act.START, policy.in_project(plan.project, place.address)):
        return why
    most = settings.projects[plan.project].max_usd_per_dispatch
    more = plan.max_usd is not None and plan.max_usd > most
    if more and policy.authorize(settings, person, Act.ADD_MONEY):
        return f"A run in {plan.project} may cost {reports.money(most)} at most; ask an admin for more."
    return None


def _check_times(house: House, plan: Plan) -> None:
    now = house.now()
    recurrence.check(plan.recurrence, plan.timezone)
    runs = list(recurrence.coming(plan.recurrence, plan.timezone, now, now, SHOWN_RUNS))
    if not runs or (plan.until is not None and runs[0] >= plan.until):
        raise Refused(f"That time is over: {when.in_words(plan.recurrence)} ({plan.timezone}).")
    least = timedelta(seconds=house.settings.schedules.least_s)
    if any(later - sooner < least for sooner, later in pairwise(runs)):
        raise Refused(
            f"That is too often: at least {when.span(int(least.total_seconds()))} lie between runs."
        )


async def _place(unit: Unit, person: Person, to: str, here: Conversation) -> Conversation:
    if not to or to == "here":
        return here
    if to == "me":
        own = here.direct and here.person in (None, person.id)
        return here if own else await moving.private_place(unit, person, here.chat)
    return await moving.named_place(unit, person, to)


async def price(unit: Unit, plan: Plan) -> str:
    """Of one run, from what such work has cost in its project."""
    if plan.what is What.DIGEST or plan.project is None:
        return reports.money(0.0)
    done = await unit.find(Dispatch, project=plan.project, status=Status.DONE, newest=True, limit=PRICED)
    known = sorted(item.cost_usd / max(item.runs, 1) for item in done if item.cost_usd > 0)
    if not known:
        return schedule_words.UNKNOWN_PRICE
    least, most = reports.money(known[0]), reports.money(known[-1])
    span = least if least == most else f"{least} to {most}"
    return f"{span}, as the last {len(known)} in {plan.project}"


async def save(
    unit: Unit,
    house: House,
    person: Person,
    plan: Plan,
    here: Conversation,
    cause: Message,
    *,
    state: ScheduleState = ScheduleState.ACTIVE,
) -> Schedule:
    """A new schedule of that person; it never fires for a moment before this one."""
    place = await check(unit, house, person, plan, here)
    held = await unit.find(Schedule, person=person.id, state=tuple(HELD_BACK))
    if len(held) >= house.settings.schedules.per_person:
        raise Refused(f"You have {len(held)} schedules already; delete one first.")
    now = house.now()
    schedule = Schedule(
        id=f"s{await unit.next_number('schedule')}",
        person=person.id,
        conversation=place.id,
        cause=cause.id,
        plan=plan,
        created_at=now,
        began_at=now,
        state=state,
        next_at=recurrence.next_after(plan.recurrence, plan.timezone, now, now)
        if state is ScheduleState.ACTIVE
        else None,
    )
    await unit.add(schedule)
    if state is ScheduleState.ACTIVE:
        words = f"{when.in_words(plan.recurrence)} {plan.timezone}: {plan.what} {plan.title}"
        await unattended.audit(unit, house, person.id, "schedule.created", schedule.id, words)
    return schedule


async def preview(
    unit: Unit, house: House, person: Person, plan: Plan, here: Conversation, cause: Message
) -> str:
    """Run it once now, for the person alone, without saving it."""
    private = await _place(unit, person, "me", here)
    draft = await save(unit, house, person, plan, here, cause, state=ScheduleState.DRAFT)
    await promise(unit, house, draft, "preview", house.now(), by=person.id, preview=private.id)
    return "It runs once now, for you alone; nothing is saved."


async def run_now(unit: Unit, house: House, person: Person, schedule: Schedule, key: str) -> str:
    """The same way as by the clock; ``key`` is the message or press that asked, so that twice is once."""
    _allow(house, person, Act.RUN_SCHEDULE, schedule)
    if schedule.state not in HELD_BACK and schedule.state is not ScheduleState.OVER:
        raise Refused(f"{schedule.id} is {schedule.state}.")
    if await promise(unit, house, schedule, f"now:{key}", house.now(), by=person.id) is None:
        return f"{schedule.id} was run for that already."
    await unattended.audit(unit, house, person.id, "schedule.run", schedule.id)
    return f"{schedule.id} runs now."


async def try_again(unit: Unit, house: House, person: Person, schedule: Schedule, key: str) -> str:
    """After a pause that its failures caused: run it now, and by the clock again."""
    resumed = ""
    if schedule.state is ScheduleState.PAUSED:
        resumed = await resume(unit, house, person, schedule)
        schedule = await unit.get(Schedule, schedule.id, lock=True) or schedule
    return f"{await run_now(unit, house, person, schedule, key)} {resumed}".strip()


async def pause(unit: Unit, house: House, person: Person, schedule: Schedule) -> str:
    _allow(house, person, Act.REST_SCHEDULE, schedule)
    if schedule.state is not ScheduleState.ACTIVE:
        raise Refused(f"{schedule.id} is {schedule.state} already.")
    await unit.change(schedule, state=ScheduleState.PAUSED, next_at=None, why=f"By {person.name}.")
    await unattended.audit(unit, house, person.id, "schedule.paused", schedule.id)
    return f"{schedule.id} is paused; `/schedule {schedule.id} resume` goes on."


async def resume(unit: Unit, house: House, person: Person, schedule: Schedule) -> str:
    _allow(house, person, Act.RUN_SCHEDULE, schedule)
    if schedule.state is not ScheduleState.PAUSED:
        raise Refused(f"{schedule.id} is {schedule.state}, not paused.")
    active = await unit.change(schedule, state=ScheduleState.ACTIVE, why="", failures=0)
    resumed = await move_on(unit, active, house.now())
    await unattended.audit(unit, house, person.id, "schedule.resumed", schedule.id)
    return schedule_words.retimed(resumed)


async def snooze(unit: Unit, house: House, person: Person, schedule: Schedule) -> str:
    """Leave out the next run."""
    _allow(house, person, Act.REST_SCHEDULE, schedule)
    if schedule.state is not ScheduleState.ACTIVE or schedule.next_at is None:
        raise Refused(f"{schedule.id} is {schedule.state}: there is no next run.")
    rested = await move_on(unit, schedule, schedule.next_at)
    await unattended.audit(unit, house, person.id, "schedule.snoozed", schedule.id)
    return schedule_words.rests(rested)


async def delete(unit: Unit, house: House, person: Person, schedule: Schedule) -> str:
    _allow(house, person, Act.REST_SCHEDULE, schedule)
    await unit.change(schedule, state=ScheduleState.DELETED, next_at=None, why=f"By {person.name}.")
    await unattended.audit(unit, house, person.id, "schedule.deleted", schedule.id)
    return f"{schedule.id} is deleted; its history stays for a while."


async def edit(unit: Unit, house: House, person: Person, schedule: Schedule, text: str) -> str:
    """Another time, other words, or both; it never fires at once because of it."""
    _allow(house, person, Act.SCHEDULE, schedule)
    old, now = schedule.plan, house.now()
    found = when.read(text, now, old.timezone)
    names = policy.usable(house.settings, person, None)
    if found is None:
        plan = planning.plan(old.recurrence, text, old.timezone, names, old.project)
    elif not found.rest:
        plan = replace(old, recurrence=found.recurrence)
    else:
        plan = planning.plan(found.recurrence, found.rest, old.timezone, names, old.project)
    here = await unit.get(Conversation, schedule.conversation)
    if here is None:
        raise Refused(f"{schedule.id} has no place to post in any more.")
    place = await check(unit, house, person, plan, here)
    changed = await unit.change(schedule, plan=plan, conversation=place.id, began_at=now, failures=0)
    if changed.state in (ScheduleState.ACTIVE, ScheduleState.OVER):
        changed = await unit.change(changed, state=ScheduleState.ACTIVE)
        changed = await move_on(unit, changed, now)
    words = f"{when.in_words(plan.recurrence)} {plan.timezone}: {plan.what} {plan.title}"
    await unattended.audit(unit, house, person.id, "schedule.changed", schedule.id, words)
    return f"{schedule_words.title(plan)}: {schedule_words.retimed(changed)}"


async def retime(unit: Unit, house: House, person: Person, schedule: Schedule, text: str) -> str:
    """Another time and nothing else."""
    found = when.read(text, house.now(), schedule.plan.timezone)
    if found is None or found.rest:
        raise Refused(schedule_words.no_time(text))
    return await edit(unit, house, person, schedule, text)


# ── looking ──────────────────────────────────────────────────────────────────────────────────────────────


async def found(unit: Unit, house: House, person: Person, id: str, *, lock: bool = False) -> Schedule:
    """Raises Refused when there is none, or none that the person may see."""
    schedule = await unit.get(Schedule, id, lock=lock)
    if schedule is None or schedule.state is ScheduleState.DRAFT:
        raise Refused(f"There is no schedule {id}; `/schedules` lists them.")
    _allow(house, person, Act.SEE_SCHEDULE, schedule)
    return schedule


async def listed(unit: Unit, house: House, person: Person, *, everybody: bool = False) -> list[Timetable]:
    """One's own; everybody's, for those who may look."""
    if everybody:
        rows = await unit.find(Schedule, state=tuple(HELD_BACK))
    else:
        rows = await unit.find(Schedule, person=person.id, state=tuple(HELD_BACK))
    seen = [row for row in rows if row.person == person.id or may_see(house, person, row)]
    places = {
        place.id: place
        for place in await unit.find(Conversation, id=tuple({row.conversation for row in seen}))
    }
    return [_shown(row, places.get(row.conversation), ()) for row in seen]


async def shown(unit: Unit, schedule: Schedule) -> Timetable:
    """One, with its next runs, its price and its last firing."""
    place = await unit.get(Conversation, schedule.conversation)
    runs = tuple(coming(schedule))
    last = await unit.find(Firing, schedule=schedule.id, newest=True, limit=1)
    return Timetable(
        schedule,
        moving.place_words(place) if place else "nowhere",
        runs,
        when.in_words(schedule.plan.recurrence),
        await price(unit, schedule.plan),
        last[0] if last else None,
    )


def coming(schedule: Schedule) -> list[datetime]:
    """The stored next moment and those after it."""
    if schedule.next_at is None:
        return []
    plan = schedule.plan
    later = recurrence.coming(
        plan.recurrence, plan.timezone, schedule.next_at, schedule.began_at, SHOWN_RUNS - 1
    )
    return [schedule.next_at, *later]


async def history(unit: Unit, schedule: Schedule, limit: int = HISTORY) -> list[Fired]:
    """Newest first, with what each has cost."""
    rows = await unit.find(Firing, schedule=schedule.id, newest=True, limit=limit)
    ids = tuple(row.dispatch for row in rows if row.dispatch)
    costs = {item.id: item.cost_usd + item.running_usd for item in await unit.find(Dispatch, id=ids)}
    return [Fired(row, costs.get(row.dispatch or "")) for row in rows]


def may_see(house: House, person: Person, schedule: Schedule) -> bool:
    return policy.authorize(house.settings, person, Act.SEE_SCHEDULE, of(schedule)) is None


def _shown(row: Schedule, place: Conversation | None, runs: tuple[datetime, ...]) -> Timetable:
    where = moving.place_words(place) if place else "nowhere"
    return Timetable(row, where, runs, when.in_words(row.plan.recurrence), "")


def _allow(house: House, person: Person, act: Act, schedule: Schedule) -> None:
    if why := policy.authorize(house.settings, person, act, of(schedule)):
        raise Refused(why)
