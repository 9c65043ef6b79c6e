"""❌ on a message: whoever asked for the work ends it, whoever wrote takes the words back.

A reaction names a message, and on some platforms not the thread it stands in; our posts know that. No other
sign counts, and that of others is no more than an opinion, which is answered by nothing.
"""

from __future__ import annotations

from bot import control, policy
from bot.house import House
from bot.model.acts import Act
from bot.model.conversations import CANCELS, Conversation, Message, MessageState, Outcome, Reacted, Receipt
from bot.model.dispatches import LIVE, Dispatch
from bot.model.log import Arrival
from bot.model.people import Person
from bot.model.posts import OutboxRow, Post, PostKind
from bot.outbox import post
from bot.ports import Unit


async def react(unit: Unit, house: House, person: Person, inbound: Reacted) -> Receipt:
    """In the transaction that accepts it, as a stop in words."""
    if inbound.emoji != CANCELS:
        return Receipt(Outcome.IGNORED)
    words = await _own_words(unit, person, inbound)
    if words is not None and words.state is MessageState.WAITING and words.decision is None:
        await unit.change(words, state=MessageState.VOID)
        await unit.add(Arrival(inbound.key, words.conversation, house.now()))
        return Receipt(Outcome.ACCEPTED)
    dispatch = await _from_words(unit, words) if words else await _from_post(unit, inbound)
    if dispatch is None or not await _cancelled(unit, house, person, dispatch):
        return Receipt(Outcome.IGNORED)
    await unit.add(Arrival(inbound.key, dispatch.conversation, house.now()))
    return Receipt(Outcome.ACCEPTED)


async def _own_words(unit: Unit, person: Person, inbound: Reacted) -> Message | None:
    found = await unit.find(Message, platform_key=inbound.of, person=person.id) if inbound.of else []
    return found[0] if found else None


async def _from_words(unit: Unit, words: Message) -> Dispatch | None:
    """The work that those words began."""
    found = await unit.find(Dispatch, cause=words.id, status=tuple(LIVE), limit=1)
    return found[0] if found else None


async def _from_post(unit: Unit, inbound: Reacted) -> Dispatch | None:
    """The work that our post is about: its card, a question, a result."""
    outbox = await unit.posted_at(inbound.where, inbound.message_id)
    row = await unit.get(OutboxRow, outbox) if outbox else None
    return await unit.get(Dispatch, row.dispatch, lock=True) if row and row.dispatch else None


async def _cancelled(unit: Unit, house: House, person: Person, dispatch: Dispatch) -> bool:
    place = await unit.get(Conversation, dispatch.conversation)
    object = policy.of_dispatch(dispatch, place.address if place else None)
    refused = policy.authorize(house.settings, person, Act.WITHDRAW, object)
    if refused or dispatch.status not in LIVE:
        return False
    words = await control.request_end(unit, house, dispatch, "cancel")
    await post(unit, house, dispatch.conversation, Post(words), PostKind.REPLY)
    return True
