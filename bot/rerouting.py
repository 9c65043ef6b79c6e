"""Another specialist than the one chosen, or none: the work is cancelled first, then begun anew, once.

::

    card [Different specialist] ──▶ which one? ──▶ cancel ──▶ new dispatch in the other project
         [Answer it yourself]   ──▶ cancel ──▶ the message has its turn again, without any specialist
    own answer [Ask a specialist instead] ──▶ which one? ──▶ new dispatch
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot import control, expectations, lifecycle, model_choice, offers, policy
from bot.errors import Refused
from bot.house import House
from bot.model.acts import Act
from bot.model.conversations import Conversation, Message, MessageState
from bot.model.decisions import AnswerYourself, Ask, Choice, Reroute, StartDispatch
from bot.model.dispatches import LIVE, Dispatch, Spec
from bot.model.people import Person
from bot.model.work_items import Kind, WorkItem
from bot.ports import Unit

MOST: Final = 3
"""Places that are offered; more are not read."""
ASK_A_SPECIALIST: Final = "Ask a specialist instead"
ANSWER_YOURSELF: Final = "Answer it yourself"
ANOTHER: Final = "Different specialist"


async def choice_of(
    unit: Unit, house: House, person: Person, conversation: Conversation, action: StartDispatch
) -> str:
    """The card's line: why this place, and what it will take. Empty where there was no choice."""
    known = await expectations.expected(unit, action.project)
    places = policy.usable(house.settings, person, conversation.address)
    if len(places) < 2:
        return known.capitalize()
    kind = offers.kind_of(house.settings.projects[action.project].specialist)
    why = f"{kind}, {action.why}" if action.why else str(kind)
    return f"Chosen: {action.project} ({why}); {known or expectations.UNKNOWN}."


def card_offers(
    house: House, person: Person, conversation: Conversation, action: StartDispatch
) -> list[tuple[str, Reroute | AnswerYourself]]:
    """Ways out of the choice, by the dispatch that will be; its id is filled in where it is known."""
    found: list[tuple[str, Reroute | AnswerYourself]] = []
    if len(policy.usable(house.settings, person, conversation.address)) > 1:
        found.append((ANOTHER, Reroute("")))
    if action.by_model:
        found.append((ANSWER_YOURSELF, AnswerYourself("")))
    return found


def which(house: House, person: Person, conversation: Conversation, dispatch: Dispatch) -> Ask:
    """The other places, those of another kind of work first."""
    settings = house.settings
    places = [p for p in policy.usable(settings, person, conversation.address) if p != dispatch.project]
    own = model_choice.specialist_kind(settings, dispatch.project)
    places.sort(key=lambda place: model_choice.specialist_kind(settings, place) == own)
    options = [Choice(_named(house, place), Reroute(dispatch.id, place)) for place in places[:MOST]]
    return Ask(f"Who shall do {dispatch.id} instead?", (*options, Choice("Leave it")))


def instead_of_words(
    house: House, person: Person, conversation: Conversation, message: Message
) -> Ask | None:
    """A specialist for what the secretary has answered itself; None when there is none."""
    places: Sequence[str] = policy.usable(house.settings, person, conversation.address)
    if not places or not message.text.strip():
        return None
    spec = Spec(
        goal=message.text.strip(),
        constraints=("Keep to what was asked.",),
        output="The answer, and what it rests on.",
        escalate=("Deleting data, publishing, spending money, or sending anything to others.",),
        asked_by=person.name,
        why="The secretary's own answer was not enough.",
    )
    title = lifecycle.title_of(message.text.strip())
    options = [
        Choice(_named(house, place), StartDispatch(place, title, spec, why="you asked for a specialist"))
        for place in places[:MOST]
    ]
    return Ask("Who shall look at it?", (*options, Choice("Nobody")))


def _named(house: House, place: str) -> str:
    return f"{place} ({house.settings.projects[place].specialist})"


async def take_back(
    unit: Unit, house: House, conversation: Conversation, person: Person, dispatch: Dispatch, to: str
) -> None:
    """Cancel what was begun; raises Refused when it has ended, went elsewhere, or may not begin there."""
    if dispatch.status not in LIVE or dispatch.cancel is not None:
        raise Refused(f"{dispatch.id} has ended already; say what you want instead.")
    if to:
        there = policy.in_project(to, conversation.address)
        if why := policy.authorize(house.settings, person, Act.START, there):
            raise Refused(why)
    await control.request_end(unit, house, dispatch, "cancel")


async def answer_yourself(
    unit: Unit, house: House, conversation: Conversation, person: Person, dispatch: Dispatch
) -> None:
    """The message that led to the dispatch has its turn again, and no specialist is asked."""
    message = await unit.get(Message, dispatch.cause, lock=True)
    if message is None or message.own:
        raise Refused("The message that led to it is gone, or was answered already.")
    await take_back(unit, house, conversation, person, dispatch, "")
    again = await unit.change(message, state=MessageState.WAITING, decision=None, late=False, own=True)
    key = f"turn:{again.platform_key}:own"
    await unit.enqueue(WorkItem(Kind.TURN, key, again.id, again.conversation, again.seq))
