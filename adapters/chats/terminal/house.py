"""What the terminal needs from the house: hand in lines, read posts, know when all is quiet."""

from __future__ import annotations

from typing import Protocol

from bot.model.conversations import Inbound, Receipt
from bot.model.posts import OutboxRow, Post


class House(Protocol):
    """Implemented by the composition root over the database, so that several terminals see one state."""

    async def receive(self, inbound: Inbound) -> Receipt:
        """Returns after the commit; the same key twice is accepted once."""
        ...

    async def posts(self, conversation_key: str, after: int) -> list[OutboxRow]:
        """The committed posts with ``seq > after``, in order."""
        ...

    async def card(self, row: OutboxRow) -> Post | None:
        """The present content of the card that ``row`` posted; None: nothing to draw."""
        ...

    async def idle(self, conversation_key: str) -> bool:
        """No turn waits, no dispatch waits or runs, every post is out; parked dispatches are idle."""
        ...

    async def changed(self, timeout_s: float) -> None:
        """Returns when something may have changed, at the latest after ``timeout_s``."""
        ...
