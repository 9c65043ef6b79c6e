"""The Telegram chat on the rehearsed Bot API, polling or called, with people around it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from adapters.chats.telegram.chat import TelegramSettings
from adapters.chats.telegram.pacing import UNPACED
from adapters.chats.telegram.polling import Patience
from adapters.chats.telegram.webhook import Listen
from adapters.rehearsal.bot_api import BotApi, Person, Place
from bot.model.conversations import Address
from tests.desks import free_port

QUICK: Final = Patience(retry_s=0.02, most_s=0.1, conflict_s=0.05, stranger_s=0.2)


def settings_for(api: BotApi, *groups: Place, called: bool = False, **changes: Any) -> TelegramSettings:
    """``called``: by webhook."""
    port = free_port() if called else 0
    usual = TelegramSettings(
        api.token,
        api_url=api.url,
        groups=frozenset(group.id for group in groups),
        webhook=Listen(f"http://127.0.0.1:{port}/telegram", "127.0.0.1", port) if called else None,
        rates=UNPACED,
        patience=QUICK,
        poll_s=5,
        retry_s=0.05,
    )
    return replace(usual, **changes)


def private(person: Person, thread: int | None = None) -> Address:
    return Address("telegram", f"{person.id}/{thread}" if thread else str(person.id))


def inside(place: Place, thread: int | None = None) -> Address:
    return Address("telegram", f"{place.id}/{thread}" if thread else str(place.id))
