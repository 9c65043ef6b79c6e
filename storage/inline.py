"""SQLite inside the event loop: only what may wait for the disk or for somebody else leaves its thread.

A statement of ours touches a few pages of the cache and is over in less time than a change of threads takes,
and a transaction has about ten of them. So statements run where they are asked for. A commit waits for the
disk and happens in a thread; the lock that BEGIN IMMEDIATE needs is waited for without one; a statement that
looks at whole tables says so (``LONG``) and runs in a thread as well.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Pool
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.util import await_only

DRIVER: Final = "sqlite+inline"

LONG: Final = "frontdesk_long"
"""Execution option of what may take longer than a loop can be kept waiting."""

_WAITS_S: Final = (0.001, 0.002, 0.005, 0.01, 0.015, 0.025)
"""Between two looks at a lock that somebody holds; the last one again and again."""

T = TypeVar("T")


class _Cursor(sqlite3.Cursor):
    """With what SQLAlchemy asks of a cursor that is used from coroutines."""

    async def _async_soft_close(self) -> None: ...


class _Connection(sqlite3.Connection):
    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)


class InlineDialect(SQLiteDialect_pysqlite):
    """SQLAlchemy's own SQLite, spoken from coroutines."""

    driver = "inline"
    is_async = True
    supports_statement_cache = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._thread = ThreadPoolExecutor(1, "storage")  # SQLite has one writer; ends with its engine

    @classmethod
    def get_pool_class(cls, url: URL) -> type[Pool]:  # noqa: ARG003  the pool never depends on it
        return AsyncAdaptedQueuePool

    def create_connect_args(self, url: URL) -> tuple[list[Any], dict[str, Any]]:
        """A commit happens in another thread; the connection is never in two of them at once."""
        arguments, options = super().create_connect_args(url)
        return list(arguments), {**options, "check_same_thread": False, "factory": _Connection}

    def get_driver_connection(self, connection: Any) -> Any:
        return connection

    def do_commit(self, dbapi_connection: Any) -> None:
        self._elsewhere(dbapi_connection.commit)

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        if context is None or not context.execution_options.get(LONG):
            cursor.execute(statement, parameters)
            await_only(_nothing())
            return
        self._elsewhere(lambda: cursor.execute(statement, parameters))
        if cursor.description:
            rows = self._elsewhere(cursor.fetchall)
            context.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(cursor, initial_buffer=rows)

    def do_executemany(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:  # noqa: ARG002
        cursor.executemany(statement, parameters)
        await_only(_nothing())

    def _elsewhere(self, work: Callable[[], T]) -> T:
        return await_only(_seen_through(asyncio.get_running_loop().run_in_executor(self._thread, work)))


registry.register("sqlite.inline", __name__, InlineDialect.__name__)


def begin_immediate(connection: sqlite3.Connection, busy_timeout_s: float) -> None:
    """Take the write lock; while somebody else has it, the loop goes on."""
    loop = asyncio.get_running_loop()
    until, waited = loop.time() + busy_timeout_s, 0
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        while not _begun(connection, last=loop.time() >= until):
            await_only(asyncio.sleep(_WAITS_S[min(waited, len(_WAITS_S) - 1)]))
            waited += 1
    finally:
        connection.execute(f"PRAGMA busy_timeout = {int(busy_timeout_s * 1000)}")


def _begun(connection: sqlite3.Connection, *, last: bool) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if last or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


async def _nothing() -> None:
    """SQLAlchemy takes a driver that never awaits for a mistake; this does not reach the loop."""


async def _seen_through(work: asyncio.Future[T]) -> T:
    """Whoever is cancelled meanwhile waits for the thread: it still has the connection."""
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        while not work.done():
            await asyncio.wait([work])
        raise
