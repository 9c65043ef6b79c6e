"""Ways out of a used-up budget: more money from whoever may add it, or one last run that writes it up.

A run's own limit may be spent once more by whoever may continue the work, up to the project's limit; what is
beyond that, or beyond the budget of a person or the house, needs the right to add money. Everything added is
a row and stands in the audit.
"""

from __future__ import annotations

from typing import Final

from bot import budgets, control, policy, reports, shortage
from bot.admission import admit
from bot.errors import Refused
from bot.house import House
from bot.lifecycle import next_run
from bot.model.acts import Act
from bot.model.dispatches import Dispatch, ParkReason, Run, RunState, Session, Status
from bot.model.grants import Allowance
from bot.model.log import AuditRow
from bot.model.people import Person
from bot.ports import FINISH, Unit
from bot.questions import open_questions
from bot.shortage import Addition

FINISH_TURNS: Final = 5
"""Of the last run: enough to look at what there is and to write it up, not to go on."""


async def add(unit: Unit, house: House, person: Person, dispatch: Dispatch, argument: str) -> str:
    """Add exactly what the button said, and let the work go on; raises Refused."""
    additions = shortage.load(argument)
    _insist_on_waiting(dispatch)
    for each in additions:
        await _insist_on_being_current(unit, house, dispatch, each)
        await _add(unit, house, person, dispatch, each)
    if dispatch.status is Status.PARKED:
        return await control.go_on(unit, house, dispatch, max_usd=additions[0].usd)
    await admit(unit, house)
    return ""


async def finish(unit: Unit, house: House, person: Person, dispatch: Dispatch) -> str:
    """One last small run of the session that writes up what is there; raises Refused."""
    _insist_on_waiting(dispatch)
    session = await unit.get(Session, dispatch.session) if dispatch.session else None
    if session is None or not session.started:
        raise Refused(f"{dispatch.id} has not begun, so nothing is there yet; [Stop] drops it.")
    held = await unit.find(Run, dispatch=dispatch.id, state=RunState.HELD)
    last = held[0] if held else await unit.get(Run, f"{dispatch.id}/{dispatch.runs}")
    assert last is not None  # noqa: S101  what waits has a run
    usd = min(house.settings.budgets.finish_usd, budgets.run_limit_usd(house.settings, dispatch, last) or 0.0)
    await _make_room(unit, house, person, dispatch, usd)
    if held:
        await unit.change(held[0], prompt=FINISH, max_usd=usd, max_turns=FINISH_TURNS)
        await admit(unit, house)
    else:
        await next_run(unit, house, dispatch, prompt=FINISH, max_usd=usd, max_turns=FINISH_TURNS)
    return ""


async def _make_room(unit: Unit, house: House, person: Person, dispatch: Dispatch, usd: float) -> None:
    """Where a budget has no room even for the last run, whoever may add money adds just that."""
    for short in await budgets.Purses(unit, house).shortages(dispatch.person, usd):
        lacking = short.spent_usd + short.needed_usd - short.budget.limit_usd
        addition = Addition(short.budget.name, short.budget.period, lacking)
        await _add(unit, house, person, dispatch, addition)


def _insist_on_waiting(dispatch: Dispatch) -> None:
    limited = dispatch.status is Status.PARKED and dispatch.park_reason in (
        ParkReason.BUDGET,
        ParkReason.LIMIT,
    )
    if dispatch.status is not Status.WAITING and not limited:
        raise Refused(f"{dispatch.id} does not wait for that ({reports.status_words(dispatch)}).")


async def _insist_on_being_current(unit: Unit, house: House, dispatch: Dispatch, each: Addition) -> None:
    """Yesterday's button is not about today, nor that of an earlier run about the next."""
    if each.budget == shortage.own(dispatch):
        current = {f"{dispatch.id}/{dispatch.runs}"}
        if await open_questions(unit, dispatch):
            raise Refused(f"{dispatch.id} waits for an answer first.")
    else:
        current = {b.period for b in await budgets.budgets(unit, house, dispatch.person)}
    if each.period not in current:
        raise Refused(f"That was about {each.period}; {dispatch.id} says what it waits for now.")


async def _add(unit: Unit, house: House, person: Person, dispatch: Dispatch, each: Addition) -> None:
    if why := _refusal(house, person, dispatch, each):
        raise Refused(why)
    id, now = house.new_id(), house.now()
    await unit.add(Allowance(id, each.budget, each.period, each.usd, person.id, now))
    detail = f"${each.usd:.2f} for {each.period}, because of {dispatch.id}"
    await unit.add(AuditRow(house.new_id(), now, person.id, "money.added", each.budget, detail))


def _refusal(house: House, person: Person, dispatch: Dispatch, each: Addition) -> str | None:
    project = house.settings.projects.get(dispatch.project)
    if project and each.budget == shortage.own(dispatch) and each.usd <= project.max_usd_per_dispatch:
        return None  # it may be continued, and that is what continuing costs
    return policy.authorize(house.settings, person, Act.ADD_MONEY)
