"""The durable engine's threads write to SQLite in their turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from adapters.rehearsal.contracts import examples
from storage.engine import sync_engine
from storage.store.sql_store import SqlStore
from storage.turnstile import turnstile_of

Opening = Callable[..., SqlStore]

INSERT = text("INSERT INTO counters (name, value) VALUES ('guest', 1)")
SELECT = text("SELECT count(*) FROM counters")


def _in_transaction(sql: Engine, work: Callable[[Connection], object]) -> None:
    with sql.begin() as connection:
        work(connection)


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110  a thread gives no sign
            await asyncio.sleep(0)


async def test_it_writes_as_soon_as_we_have_written(sqlite_database: str, open_store: Opening) -> None:
    """Not whenever it happens to look: of two who wait, the one who came first goes first."""
    store, sql = open_store(sqlite_database), sync_engine(sqlite_database)
    line = turnstile_of(Path(sqlite_database))
    order: list[str] = []

    def guest(connection: Connection) -> None:
        connection.execute(INSERT)
        order.append("engine")

    async def host() -> None:
        async with store.transaction() as unit:
            await unit.add(examples.conversation())
            order.append("store")

    async with store.transaction():
        first = asyncio.create_task(asyncio.to_thread(_in_transaction, sql, guest))
        await _until(lambda: line.waiting == 1)
        second = asyncio.create_task(host())
        await _until(lambda: line.waiting == 2)
    await asyncio.gather(first, second)
    assert order == ["engine", "store"]
    sql.dispose()


async def test_who_only_looks_needs_no_turn(sqlite_database: str, open_store: Opening) -> None:
    """A reader never waits for a writer."""
    store, sql = open_store(sqlite_database), sync_engine(sqlite_database)
    async with store.transaction():
        await asyncio.to_thread(_in_transaction, sql, lambda connection: connection.execute(SELECT))
    sql.dispose()


@pytest.mark.parametrize(
    "statement", ["INSERT INTO nothing VALUES (1)", "INSERT INTO counters (name) VALUES (1)"]
)
async def test_a_statement_that_fails_keeps_no_turn(
    sqlite_database: str, open_store: Opening, statement: str
) -> None:
    """Whether it was refused before or after its transaction had begun."""
    store, sql = open_store(sqlite_database), sync_engine(sqlite_database)
    with pytest.raises(DBAPIError):
        await asyncio.to_thread(_in_transaction, sql, lambda each: each.execute(text(statement)))
    async with asyncio.timeout(10), store.transaction() as unit:
        await unit.add(examples.conversation())
    sql.dispose()


async def test_a_statement_outside_a_transaction_has_its_turn_alone(
    sqlite_database: str, open_store: Opening
) -> None:
    """It is over when it is done."""
    store, sql = open_store(sqlite_database), sync_engine(sqlite_database)

    def write() -> None:
        with sql.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(INSERT)

    await asyncio.to_thread(write)
    async with asyncio.timeout(10), store.transaction() as unit:
        assert await unit.next_number("guest") == 2
    sql.dispose()
