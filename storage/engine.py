"""How a database is opened: SQLite made safe for several processes, Postgres made safe against restarts.

Two engines look at the same database. Ours is asynchronous and sends BEGIN itself, so that a writer takes
its lock before it reads; the durable engine's is synchronous and leaves BEGIN to the driver.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any, Final, cast

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.errors import SettingsError
from storage.inline import DRIVER, begin_immediate
from storage.queued_connection import queued_connections
from storage.turnstile import turnstile_of

READING: Final = "frontdesk_reading"
"""Execution option of a connection that only looks: it takes no write lock on SQLite."""

BUSY_TIMEOUT_S: Final = 30.0
CONNECT_TIMEOUT_S: Final = 10

_POSTGRES: Final = ("postgres:", "postgresql:", "postgresql+psycopg:")
_POSTGRES_OPTIONS: Final[dict[str, Any]] = {
    "pool_pre_ping": True,  # the first transaction after a restart of the server succeeds
    "pool_size": 10,
    "hide_parameters": True,  # what people write stays out of logged errors
    "connect_args": {"connect_timeout": CONNECT_TIMEOUT_S, "application_name": "frontdesk"},
}


def is_postgres(database: str) -> bool:
    return database.startswith(_POSTGRES)


def sqlite_path(database: str) -> Path:
    """The file behind a path or a ``sqlite:///`` URL."""
    return Path(database.removeprefix("sqlite:///")).expanduser()


def shown(database: str) -> str:
    """The database as people may read it: without its password."""
    return _postgres_url(database).render_as_string() if is_postgres(database) else str(sqlite_path(database))


def async_engine(database: str, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> AsyncEngine:
    """For the store: BEGIN IMMEDIATE for writers, plain BEGIN for connections with ``READING``."""
    if is_postgres(database):
        with _PsycopgNeeded():
            return create_async_engine(_postgres_url(database), **_POSTGRES_OPTIONS)
    engine = create_async_engine(
        URL.create(DRIVER, database=str(_private_file(database))),
        pool_size=5,
        max_overflow=10,
        pool_timeout=busy_timeout_s,
        hide_parameters=True,
    )
    _set_up_sqlite(engine.sync_engine, busy_timeout_s, own_begin=True)
    return engine


def sync_engine(database: str) -> Engine:
    """For the durable engine, which sends its own BEGIN where it needs one."""
    if is_postgres(database):
        with _PsycopgNeeded():
            return create_engine(_postgres_url(database), **_POSTGRES_OPTIONS)
    path = _private_file(database)
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        pool_size=10,
        hide_parameters=True,
        connect_args={"factory": queued_connections(turnstile_of(path))},
    )
    _set_up_sqlite(engine, BUSY_TIMEOUT_S, own_begin=False)
    return engine


def migration_engine(database: str) -> Engine:
    """For one transaction of DDL; without foreign keys on SQLite, since rebuilding a table breaks them."""
    if is_postgres(database):
        return sync_engine(database)
    engine = create_engine(URL.create("sqlite", database=str(_private_file(database))))
    _set_up_sqlite(engine, BUSY_TIMEOUT_S, own_begin=True, foreign_keys=False)
    return engine


def _postgres_url(database: str) -> URL:
    try:
        return make_url(database).set(drivername="postgresql+psycopg")
    except ArgumentError as error:
        raise SettingsError(
            "frontdesk.database is not a database URL; write postgresql://user:password@host/name."
        ) from error


def libpq_uri(database: str) -> str:
    """The same database as Postgres' own library wants to read it; holds the password."""
    url = _postgres_url(database).set(drivername="postgresql")
    return url.render_as_string(hide_password=False)


def _private_file(database: str) -> Path:
    """Create the file as its owner's alone; SQLite gives its side files the same mode."""
    path = sqlite_path(database)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    return path


def _set_up_sqlite(
    engine: Engine, busy_timeout_s: float, *, own_begin: bool, foreign_keys: bool = True
) -> None:
    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:  # pyright: ignore[reportUnusedFunction]
        # None: the driver never begins or commits by itself, so DDL belongs to our transaction too.
        connection.isolation_level = None if own_begin else "IMMEDIATE"
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(busy_timeout_s * 1000)}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute(f"PRAGMA foreign_keys = {int(foreign_keys)}")
        cursor.close()
        if lacks_unixepoch(sys.version_info[:2], sqlite3.sqlite_version_info):
            connection.create_function("unixepoch", 1, unixepoch)

    if own_begin:

        @event.listens_for(engine, "begin")
        def _begun(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction]
            if connection.get_execution_options().get(READING, False):
                connection.exec_driver_sql("BEGIN")
            elif connection.dialect.is_async:
                begin_immediate(cast("sqlite3.Connection", connection.connection), busy_timeout_s)
            else:
                connection.exec_driver_sql("BEGIN IMMEDIATE")


def lacks_unixepoch(python: tuple[int, ...], sqlite: tuple[int, ...]) -> bool:
    """Whether the durable engine writes ``unixepoch('subsec')`` for a SQLite that does not know it.

    It looks at the version of Python only: with 3.12 on Debian 12 (SQLite 3.40) it could not launch.
    """
    return python >= (3, 12) and sqlite < (3, 42)


def unixepoch(moment: str) -> float:
    """SQLite 3.42's function, as far as it is used."""
    return time.time() if moment == "subsec" else float(int(time.time()))


class _PsycopgNeeded:
    """Says what to install when the driver is missing."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, ModuleNotFoundError):
            raise SettingsError(
                "frontdesk.database names a Postgres, and its driver is not installed: "
                "install Frontdesk with the extra `postgres`."
            ) from error
