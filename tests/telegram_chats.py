"""The Telegram chat on the rehearsed Bot API, polling or called, with people around it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

from adapters.chats.telegram.chat import TelegramChat, TelegramSettings
from adapters.chats.telegram.pacing import UNPACED
from adapters.chats.telegram.polling import Patience
from adapters.chats.telegram.webhook import Listen
from adapters.rehearsal.bot_api import BotApi, Person, Place
from bot.model.conversations import Address, Inbound, Outcome, Receipt
from bot.ports import Receive

QUICK: Final = Patience(retry_s=0.02, most_s=0.1, conflict_s=0.05, stranger_s=0.2)
ACCEPTED: Final = Receipt(Outcome.ACCEPTED)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


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


@asynccontextmanager
async def listening(chat: TelegramChat, receive: Receive) -> AsyncGenerator[None]:
    task = asyncio.create_task(chat.listen(receive))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await chat.close()


@dataclass
class Desk:
    """Takes what it is given, and answers as it is told."""

    receipt: Receipt = ACCEPTED
    got: list[Inbound] = field(default_factory=list[Inbound])
    open: asyncio.Event = field(default_factory=asyncio.Event)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.open.set()

    async def receive(self, inbound: Inbound) -> Receipt:
        self.got.append(inbound)
        self.heard.set()
        await self.open.wait()
        return self.receipt


def private(person: Person, thread: int | None = None) -> Address:
    return Address("telegram", f"{person.id}/{thread}" if thread else str(person.id))


def inside(place: Place, thread: int | None = None) -> Address:
    return Address("telegram", f"{place.id}/{thread}" if thread else str(place.id))
