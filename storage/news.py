"""Postgres tells every process of a house what another one has committed; polling is only the net below."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import Executable, func, select

from bot.model.work_items import Kind
from storage.engine import libpq_uri

if TYPE_CHECKING:
    from psycopg import AsyncConnection

CHANNEL: Final = "frontdesk"
RETRY_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class News:
    sender: str
    kinds: frozenset[Kind]  # of the work that was promised
    look: bool  # at all rows: something has to be done for which nothing is enqueued

    def notification(self) -> Executable:
        """To be executed in the transaction that it is about: it is sent with the commit, or not at all."""
        words = {"sender": self.sender, "kinds": sorted(self.kinds), "look": self.look}
        return select(func.pg_notify(CHANNEL, json.dumps(words)))

    @classmethod
    def read(cls, payload: str) -> News:
        words = json.loads(payload)
        return cls(words["sender"], frozenset(map(Kind, words["kinds"])), words["look"])


async def hear(database: str) -> AsyncGenerator[News]:
    """Everybody's news; after every connection one that says to look, for what was missed before it."""
    from psycopg import AsyncConnection, OperationalError

    while True:
        with suppress(OperationalError):
            async with await AsyncConnection.connect(libpq_uri(database), autocommit=True) as connection:
                await connection.execute(f"LISTEN {CHANNEL}".encode())
                yield News("", frozenset(), look=True)
                async for news in _notifications(connection):
                    yield news
        await asyncio.sleep(RETRY_S)


async def _notifications(connection: AsyncConnection) -> AsyncGenerator[News]:
    async for notification in connection.notifies():
        yield News.read(notification.payload)
