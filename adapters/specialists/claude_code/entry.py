"""The entry point ``frontdesk.specialists``: from the house's configuration to Claude Code's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.specialists.claude_code.settings import Auth, ClaudeCodeSettings
from adapters.specialists.claude_code.specialist import ClaudeCode

if TYPE_CHECKING:
    from bot.settings import Settings


def make(settings: Settings, name: str) -> ClaudeCode:
    """The specialist that ``[specialists.<name>]`` describes; nothing is started or imported yet."""
    table = settings.specialists[name]
    return ClaudeCode(
        ClaudeCodeSettings(
            home=str(settings.home),
            auth=Auth(settings.auth_of(name).value),
            credential=settings.credential_of(name),
            base_url=table.base_url,
            program=str(table.program) if table.program else None,
            retention_days=settings.house.retention_days,
        )
    )
