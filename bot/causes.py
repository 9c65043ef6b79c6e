"""Words that were given on the command line and lead to a dispatch, kept like any other message."""

from __future__ import annotations

from typing import Final

from bot.addresses import add_conversation, find_conversation
from bot.house import House
from bot.inbox import clean
from bot.model.conversations import Address, Conversation, Message, MessageState
from bot.model.people import Person
from bot.ports import Unit

HERE: Final = Address("terminal", "main")
"""Where work that was started on the command line reports, unless it is told otherwise."""


async def kept_words(
    unit: Unit,
    house: House,
    person: Person,
    text: str,
    key: str | None,
    place: Conversation | None = None,
) -> tuple[Conversation, Message]:
    """The authorised words that lead to a dispatch, kept like any other message."""
    where = Address("terminal", key) if key else HERE
    conversation = place or await find_conversation(unit, where)
    if conversation is None:
        conversation = await add_conversation(unit, house, where)
    conversation = await unit.get(Conversation, conversation.id, lock=True) or conversation
    conversation = await unit.change(conversation, last_seq=conversation.last_seq + 1)
    id = house.new_id()
    message = Message(
        id=id,
        conversation=conversation.id,
        seq=conversation.last_seq,
        platform_key=f"cli:{id}",
        person=person.id,
        sender=person.name,
        text=clean(text),
        received_at=house.now(),
        state=MessageState.DONE,
    )
    await unit.add(message)
    return conversation, message
