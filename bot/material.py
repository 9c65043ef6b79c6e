"""What others wrote and a person gave along with their own words: material, marked as such.

It orders nothing and decides nothing: the model that decides about a message never sees it.
"""

from __future__ import annotations

from typing import Final

from bot import specs
from bot.model.conversations import Message, Origin
from bot.ports import Unit

THREAD_CHARS: Final = 20_000
"""Of what was said in a thread before the house was asked in; the last words count most."""


async def of(unit: Unit, message: Message) -> tuple[str, ...]:
    """A message that was handed over, and the thread that the house was asked into."""
    given = [specs.handed_over(message.quoted)] if message.quoted else []
    before = [
        said
        for said in await unit.find(Message, conversation=message.conversation, origin=Origin.UNTRUSTED)
        if said.seq < 1
    ]
    if before:
        said = "\n".join(f"{one.sender}: {one.text}" for one in sorted(before, key=lambda one: one.seq))
        given.append(specs.said_before(said[-THREAD_CHARS:]))
    return tuple(given)
