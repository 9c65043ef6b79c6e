"""The other side of a chat under test: a desk that takes what it is given while the chat listens."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from bot.model.conversations import Inbound, Outcome, Receipt
from bot.ports import Chat, Receive

ACCEPTED: Final = Receipt(Outcome.ACCEPTED)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@asynccontextmanager
async def listening(chat: Chat, receive: Receive) -> AsyncGenerator[None]:
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
