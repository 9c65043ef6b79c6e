"""What some chats show beside messages; a chat that has it offers these methods, the others need not know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from bot.model.conversations import Address
from bot.model.dashboards import Dashboard
from bot.model.signs import Sign


@dataclass(frozen=True, slots=True)
class Said:
    """A message that was not for us."""

    key: str  # the platform's unique key of it
    sender: str
    text: str
    at: datetime


@runtime_checkable
class ReadsThreads(Protocol):
    """What people said in a thread before we were asked in. Raises only ChatError."""

    async def earlier(self, where: Address, before: str) -> tuple[Said, ...]:
        """The messages there that are older than the one of the key ``before``, oldest first; one request."""
        ...


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
