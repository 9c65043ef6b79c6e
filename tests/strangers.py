"""What a stranger may leave behind at a way in, whichever platform it belongs to."""

from __future__ import annotations

from typing import Final

from bot.desk import Desk
from bot.model.conversations import Conversation, Inbound, Outcome
from bot.model.log import Refusal
from bot.model.people import Pairing
from bot.model.posts import OutboxRow
from tests.undoing import Undoing

KEPT: Final = (Pairing, Refusal, Conversation, OutboxRow)
"""That there was somebody, and what they were told; the conversation is where it was said."""


async def left_by_a_stranger(desk: Desk, store: Undoing, inbound: Inbound | None) -> str:
    """What is too much; empty for a request, one refusal, or nothing. None: the adapter ignores it."""
    if inbound is None:
        return ""
    store.written.clear()
    receipt = await desk.receive(inbound)
    kept = [noun for noun in store.written if not isinstance(noun, KEPT)]
    told = [noun for noun in store.written if isinstance(noun, OutboxRow)]
    if kept or len(told) > 1 or receipt.outcome not in (Outcome.REFUSED, Outcome.IGNORED):
        return f"{receipt.outcome}, {len(told)} posts, {kept}"
    return ""
