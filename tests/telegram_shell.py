"""A command line beside the stand-in for Telegram: an admin's configuration, and a token that is pasted."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator

import pytest

from adapters.rehearsal.bot_api import BotApi, Rules
from tests.commands import TWO_PEOPLE, Ended, Shell, shell

__all__ = ["api", "code_in", "shell", "typed"]

FILE = f'# mine\n{TWO_PEOPLE}\n[people.here]\nrole = "admin"\nterminal = "{{account}}"\n'


@pytest.fixture
async def api(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BotApi]:
    """Telegram on loopback, and a configuration whose admin is whoever runs the tests."""
    from bot.settings.loading import local_account

    shell.write(FILE.format(account=local_account()))
    monkeypatch.setenv("HOME", str(shell.directory.parent))
    async with BotApi(Rules(conflict_hold_s=0.0)) as api:
        monkeypatch.setenv("TELEGRAM_API_URL", api.url)
        yield api


async def typed(shell: Shell, monkeypatch: pytest.MonkeyPatch, token: str, *arguments: str) -> Ended:
    """``printf token | frontdesk init telegram --no-wait``."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{token}\n"))
    return await asyncio.to_thread(shell, "init", "telegram", "--no-wait", *arguments)


def code_in(shown: str) -> str:
    found = re.search(r"https://t\.me/frontdesk_bot\?start=([\w-]{16,64})", shown)
    assert found, shown
    return found[1]
