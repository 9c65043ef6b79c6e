"""Transactions: begun, committed and translated in one place, on SQLite and Postgres alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import StoreError
from bot.model.purging import Purge, Rows
from bot.model.work_items import Kind, WorkItem
from bot.ports import Enqueue, Unit, Woken
from storage.engine import BUSY_TIMEOUT_S, READING, async_engine, shown, sqlite_path
from storage.faults import locked, translated
from storage.inline import LONG
from storage.news import News, hear
from storage.store.purge import purge_some, rows_to_purge
from storage.store.unit import SqlUnit
from storage.tables import REVISION
from storage.turnstile import Turnstile, turnstile_of

T = TypeVar("T")


class SqlStore:
    """The Store port over a migrated database.

    Without ``enqueue`` (a client beside a running house) promised work is not written: the house's sweep
    finds the rows. ``woken`` is told of it either way.
    """

    def __init__(
        self,
        database: str,
        enqueue: Enqueue | None = None,
        woken: Woken | None = None,
        *,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
    ) -> None:
        self._database = database
        self._where = shown(database)
        self._engine = async_engine(database, busy_timeout_s=busy_timeout_s)
        self._enqueue = enqueue
        self._woken = woken
        self._busy_timeout_s = busy_timeout_s
        self._id = uuid4().hex
        self._is_sqlite = self._engine.dialect.name == "sqlite"
        self._writers = turnstile_of(sqlite_path(database)) if self._is_sqlite else Turnstile()

    @asynccontextmanager
    async def transaction(self, *, urgent: bool = False) -> AsyncGenerator[Unit]:
        async with self._turn(urgent), self._connected() as connection:
            with translated(self._where):
                await connection.begin()
            unit = SqlUnit(connection, self._where, self._enqueue)
            yield unit
            unit.insist_on_being_sound()
            await self._tell_others(connection, unit)
            await _finished(self._commit(connection, unit.promised))

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Unit]:
        async with self._connected() as connection:
            with translated(self._where):
                await connection.execution_options(**self._reading_options())
                await connection.begin()
            yield SqlUnit(connection, self._where, None, writable=False)

    async def to_purge(self, purge: Purge) -> Rows:
        async with self._connected() as connection:
            with translated(self._where):
                await connection.execution_options(**self._reading_options(), **{LONG: True})
                await connection.begin()
                return await rows_to_purge(connection, purge)

    async def purge(self, purge: Purge) -> Rows:
        gone = Rows()
        while True:
            async with self._turn(), self._connected() as connection:
                with translated(self._where):
                    await connection.execution_options(**{LONG: True})
                    await connection.begin()
                    some = await purge_some(connection, purge)
                await _finished(self._commit(connection))
            if not some.count:
                return gone
            gone += some

    async def check(self) -> str:
        async with self._connected() as connection:
            with translated(self._where):
                await connection.execution_options(**self._reading_options(), **{LONG: True})
                revision = (
                    await connection.execute(text("SELECT version_num FROM alembic_version"))
                ).scalar()
                if revision != REVISION:
                    raise StoreError(
                        f"{self._where} has version {revision}, this Frontdesk needs {REVISION}. "
                        "Run `frontdesk migrate`."
                    )
                return f"{self._where}: {await self._health(connection)}, version {revision}."

    async def close(self) -> None:
        await self._engine.dispose()

    @asynccontextmanager
    async def _turn(self, urgent: bool = False) -> AsyncGenerator[None]:
        """Writers of this process queue here; SQLite itself would let them poll for the lock."""
        if not self._is_sqlite:
            yield
            return
        try:
            await self._writers.enter(urgent=urgent, within_s=self._busy_timeout_s)
        except TimeoutError as error:
            raise locked(self._where) from error
        try:
            yield
        finally:
            self._writers.leave()

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[AsyncConnection]:
        """A connection that is given back whatever happens; what was not committed is rolled back."""
        connection = self._engine.connect()
        try:
            with translated(self._where):
                await connection.start()
            yield connection
        finally:
            if connection.sync_connection is not None:
                await _finished(connection.close())

    async def _commit(self, connection: AsyncConnection, promised: Sequence[WorkItem] = ()) -> None:
        with translated(self._where):
            try:
                await connection.commit()
            except DBAPIError:
                await connection.invalidate()  # SQLite leaves a transaction open whose commit failed
                raise
        if promised and self._woken is not None:
            self._woken(promised)

    async def _tell_others(self, connection: AsyncConnection, unit: SqlUnit) -> None:
        if self._is_sqlite or not (unit.promised or unit.calls_others):
            return
        news = News(self._id, frozenset(item.kind for item in unit.promised), unit.calls_others)
        with translated(self._where):
            await connection.execute(news.notification())

    async def listen(self, heard: Callable[[frozenset[Kind]], None]) -> None:
        """Until cancelled: call ``heard`` after every commit by which another process promised work, with
        its kinds, or with none when all rows are to be looked at. On SQLite nobody else promises work."""
        if self._is_sqlite:
            return
        async for news in hear(self._database):
            if news.sender != self._id:
                heard(frozenset() if news.look else news.kinds)

    def _reading_options(self) -> dict[str, Any]:
        if self._is_sqlite:
            return {READING: True}
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    async def _health(self, connection: AsyncConnection) -> str:
        if not self._is_sqlite:
            version = (await connection.execute(text("SHOW server_version"))).scalar()
            return f"Postgres {version} answers"
        version = (await connection.execute(text("SELECT sqlite_version()"))).scalar()
        verdict = (await connection.execute(text("PRAGMA quick_check(1)"))).scalar()
        if verdict != "ok":
            raise StoreError(f"{self._where} is damaged ({verdict}). Restore it with `frontdesk restore`.")
        return f"SQLite {version} is intact"


async def _finished(work: Coroutine[Any, Any, T]) -> T:
    """See it through even when cancelled: half a commit would leave its outcome unknown."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            await asyncio.wait([task])
        raise
