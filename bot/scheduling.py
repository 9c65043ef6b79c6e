"""Carries out what a decision says about schedules: show it back, preview it, save it, change it, list it."""

from __future__ import annotations

from bot import reports, schedule_words, schedules, when
from bot.commands import Change
from bot.errors import Refused
from bot.house import House
from bot.model.conversations import Conversation, Message
from bot.model.decisions import (
    Ask,
    ChangeSchedule,
    Choice,
    CreateSchedule,
    PreviewSchedule,
    ProposeSchedule,
    ShowSchedules,
)
from bot.model.people import Person
from bot.model.schedules import Fired, Plan, Timetable
from bot.moving import place_words
from bot.ports import Unit
from bot.recurrence import coming

Scheduling = ProposeSchedule | CreateSchedule | PreviewSchedule | ShowSchedules | ChangeSchedule

SAVE = "Save it"
PREVIEW = "Preview first"


async def apply(
    unit: Unit,
    house: House,
    conversation: Conversation,
    message: Message,
    person: Person,
    action: Scheduling,
) -> str | Ask:
    """The sentence to say, or what to ask with buttons; what is refused is a sentence as well."""
    try:
        match action:
            case ProposeSchedule(plan):
                return await _propose(unit, house, conversation, person, plan)
            case PreviewSchedule(plan):
                words = await schedules.preview(unit, house, person, plan, conversation, message)
                return Ask(f"{words} Shall I save it?", (Choice(SAVE, CreateSchedule(plan)), Choice("No")))
            case CreateSchedule(plan):
                saved = await schedules.save(unit, house, person, plan, conversation, message)
                return schedule_words.created(saved)
            case ShowSchedules():
                return await _list(unit, house, conversation, person)
            case ChangeSchedule():
                return await _change(unit, house, message, person, action)
    except Refused as error:
        return str(error)


async def _propose(
    unit: Unit, house: House, conversation: Conversation, person: Person, plan: Plan
) -> str | Ask:
    place = await schedules.check(unit, house, person, plan, conversation)
    now = house.now()
    runs = list(coming(plan.recurrence, plan.timezone, now, now, schedules.SHOWN_RUNS))
    where = "this conversation" if place.id == conversation.id else place_words(place)
    words = schedule_words.proposal(plan, runs, await schedules.price(unit, plan), where)
    choices = (Choice(SAVE, CreateSchedule(plan)), Choice(PREVIEW, PreviewSchedule(plan)), Choice("No"))
    return Ask(words, choices)


async def _list(unit: Unit, house: House, conversation: Conversation, person: Person) -> str:
    """In private one's own; where others read, those that post there."""
    own = await schedules.listed(unit, house, person)
    here = [each for each in own if conversation.direct or each.schedule.conversation == conversation.id]
    if not here:
        return "You have no schedule here. Write for example “every weekday at 9, …” or `/schedule …`."
    return "\n".join(schedule_words.line(each) for each in here)


async def _change(unit: Unit, house: House, message: Message, person: Person, action: ChangeSchedule) -> str:
    row = await schedules.found(unit, house, person, action.schedule, lock=True)
    match action.change:
        case Change.PAUSE:
            return await schedules.pause(unit, house, person, row)
        case Change.RESUME:
            return await schedules.resume(unit, house, person, row)
        case Change.SNOOZE:
            return await schedules.snooze(unit, house, person, row)
        case Change.RUN:
            return await schedules.run_now(unit, house, person, row, message.id)
        case Change.DELETE:
            return await schedules.delete(unit, house, person, row)
        case Change.EDIT:
            return await schedules.edit(unit, house, person, row, action.text)
        case Change.TIME:
            return await schedules.retime(unit, house, person, row, action.text)
        case Change.HISTORY:
            return history_words(await schedules.history(unit, row), row.plan.timezone)
        case _:
            return show_words(await schedules.shown(unit, row))


def show_words(found: Timetable) -> str:
    plan = found.schedule.plan
    runs = "; ".join(when.moment_words(at, plan.timezone) for at in found.next_runs) or "none"
    lines = [
        schedule_words.line(found),
        f"- next: {runs}",
        f"- {plan.timezone}, whose: {found.schedule.person}",
    ]
    if plan.prompt:
        lines.append(f"- in {plan.project}: {plan.prompt}")
    lines.extend(f"- {line}" for line in schedule_words.money_lines(plan, found.price))
    if found.last is not None:
        lines.append(f"- last: {fired_words(Fired(found.last, None), plan.timezone)}")
    return "\n".join(lines)


def history_words(found: list[Fired], timezone: str) -> str:
    return "\n".join(f"- {fired_words(each, timezone)}" for each in found) or "It has not run yet."


def fired_words(each: Fired, timezone: str) -> str:
    row = each.firing
    bits = [when.moment_words(row.due_at, timezone), row.state.value]
    if row.preview:
        bits.append("preview")
    if row.dispatch:
        bits.append(row.dispatch)
    if each.cost_usd is not None:
        bits.append(reports.money(each.cost_usd))
    if row.detail:
        bits.append(row.detail)
    return " · ".join(bits)
