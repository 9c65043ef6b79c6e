"""What some chats show beside messages; a chat that has it offers these methods, the others need not know."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from bot.model.conversations import Address
from bot.model.dashboards import Dashboard
from bot.model.signs import Sign


@runtime_checkable
class HasHome(Protocol):
    """A page of its own for each person. Raises only ChatError."""

    async def show_home(self, account: str, home: Dashboard) -> None:
        """Put ``home`` in place of what that person's page shows."""
        ...


@runtime_checkable
class ShowsWork(Protocol):
    """A sign at a conversation that is not a message, and its title. A courtesy: it raises nothing."""

    async def show_work(self, where: Address, sign: Sign, title: str) -> None:
        """The same sign twice is no error; where the platform has none, nothing happens."""
        ...
