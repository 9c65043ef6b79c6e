"""What some chats show beside messages; a chat that has it offers these methods, the others need not know."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from bot.model.dashboards import Dashboard


@runtime_checkable
class HasHome(Protocol):
    """A page of its own for each person. Raises only ChatError."""

    async def show_home(self, account: str, home: Dashboard) -> None:
        """Put ``home`` in place of what that person's page shows."""
        ...
