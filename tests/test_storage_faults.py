"""When the database does not do its part: nothing is accepted, a sentence says why, the store recovers."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import StatementError

from adapters.rehearsal.contracts import examples
from bot.errors import Conflict, SettingsError, StoreError
from bot.model.conversations import Address, Conversation
from bot.model.log import Blob
from bot.model.work_items import Kind, WorkItem, WorkState
from bot.workflows import Engine
from storage.engine import async_engine, lacks_unixepoch, shown, sync_engine, unixepoch
from storage.store import SqlStore
from tests.conftest import Opening, PostgresServer
from tests.disks import Disk, disk

__all__ = ["disk"]


async def accept(store: SqlStore, id: str, *more: object, then: Callable[[], None] | None = None) -> None:
    async with store.transaction() as unit:
        await unit.add(examples.conversation(id), *more)
        if then:
            then()


async def accepted(store: SqlStore) -> list[str]:
    async with store.reading() as unit:
        return [row.id for row in await unit.find(Conversation)]


async def test_a_locked_database_accepts_nothing_and_recovers(
    sqlite_database: str, open_store: Opening
) -> None:
    """While another program holds the write lock: an error after the timeout; reading goes on."""
    store = open_store(sqlite_database, busy_timeout_s=0.2)
    with closing(sqlite3.connect(sqlite_database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="stayed locked by another writer; nothing was accepted"):
            await accept(store, "c1")
        assert await accepted(store) == []
        other.execute("ROLLBACK")
    await accept(store, "c2")
    assert await accepted(store) == ["c2"]


async def test_a_failure_that_somebody_swallowed_still_undoes_everything(
    any_database: str, open_store: Opening
) -> None:
    """After a statement has failed nothing else of the transaction is written, and its end says so."""
    store = open_store(any_database)

    async def swallow() -> None:
        async with store.transaction() as unit:
            await unit.add(examples.conversation("c1"), examples.conversation("c2"))
            with pytest.raises(Conflict):
                await unit.change(examples.conversation("c2"), key="c1")
            with pytest.raises(StoreError, match="failed before"):
                await unit.add(examples.conversation("c3"))

    with pytest.raises(StoreError, match="failed before; nothing of it was accepted"):
        await swallow()
    assert await accepted(store) == []


async def test_writers_of_one_process_give_up_waiting_for_each_other(
    sqlite_database: str, open_store: Opening
) -> None:
    """A transaction inside a transaction is told that the database is locked instead of hanging."""
    store = open_store(sqlite_database, busy_timeout_s=0.2)
    async with store.transaction():
        with pytest.raises(StoreError, match="locked"):
            await accept(store, "c1")
    await accept(store, "c2")
    assert await accepted(store) == ["c2"]


async def test_a_full_disk_accepts_nothing_and_recovers(
    sqlite_database: str, disk: Disk, open_store: Opening
) -> None:
    """What does not fit is refused in words; reading goes on; with room the next transaction succeeds."""
    store = open_store(sqlite_database)
    await accept(store, "c1")
    disk.full = True
    with pytest.raises(StoreError, match=r"is full; nothing was accepted\. Free some space"):
        await accept(store, "c2", Blob("b1", 1, b"x" * 100_000, examples.NOON))
    assert await accepted(store) == ["c1"]
    disk.full = False
    await accept(store, "c3")
    assert await accepted(store) == ["c1", "c3"]
    assert "intact" in await store.check()


@pytest.mark.postgres
async def test_after_a_restart_of_postgres_the_first_transaction_succeeds(
    postgres_server: PostgresServer, postgres_database: str, open_store: Opening
) -> None:
    """While it is down nothing is accepted, and a transaction cut in the middle leaves nothing."""
    store = open_store(postgres_database)
    await accept(store, "c1")
    await asyncio.gather(*[accepted(store) for _ in range(5)])
    with pytest.raises(StoreError, match="nothing was accepted"):
        await accept(store, "c2", then=postgres_server.crash)
    try:
        with pytest.raises(StoreError, match=r"house_.* cannot be used now .*goes on by itself"):
            await accept(store, "c3")
    finally:
        postgres_server.start()
    await accept(store, "c4")
    await asyncio.gather(*[accepted(store) for _ in range(5)])
    postgres_server.crash()
    postgres_server.start()
    await accept(store, "c5")
    assert await accepted(store) == ["c1", "c4", "c5"]


@pytest.mark.postgres
async def test_of_two_transactions_in_each_other_s_way_one_conflicts(
    postgres_database: str, open_store: Opening
) -> None:
    """A deadlock is a Conflict: reading again and trying again is the remedy."""
    store = open_store(postgres_database)
    await accept(store, "c1")
    await accept(store, "c2")
    both_hold_one = asyncio.Barrier(2)

    async def cross(first: str, second: str) -> None:
        async with store.transaction() as unit:
            await unit.get(Conversation, first, lock=True)
            await both_hold_one.wait()
            await unit.get(Conversation, second, lock=True)

    outcomes = await asyncio.gather(cross("c1", "c2"), cross("c2", "c1"), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "NoneType"]


async def test_being_cancelled_leaks_no_connection(any_database: str, open_store: Opening) -> None:
    """After many cancelled transactions the store has no more threads than before and still works."""
    store = open_store(any_database)
    await asyncio.gather(*[accepted(store) for _ in range(3)])
    threads = threading.active_count()
    for n in range(100):
        writing = asyncio.create_task(accept(store, f"c{n}"))
        await asyncio.wait([writing], timeout=n / 10_000)
        writing.cancel()
        await asyncio.wait([writing])
    await asyncio.gather(*[accepted(store) for _ in range(3)])
    await accept(store, "last")
    assert threading.active_count() <= threads + 2


async def test_a_promise_and_its_rows_commit_together(any_database: str, open_store: Opening) -> None:
    """The durable engine's row is written in the store's transaction: both are there, or neither."""
    sql = sync_engine(any_database)
    engine = Engine(system_engine=sql, node="n1", bodies={}, listen=frozenset())
    await engine.prepare()
    store = open_store(any_database, engine.enqueue)

    async def promise(id: str, *, fail: bool) -> None:
        async with store.transaction() as unit:
            await unit.add(examples.conversation(id))
            await unit.enqueue(WorkItem(Kind.POST, f"post:{id}", id, id, 1))
            if fail:
                raise Conflict("changed my mind")

    with pytest.raises(Conflict):
        await promise("c1", fail=True)
    await promise("c2", fail=False)
    assert await accepted(store) == ["c2"]
    states = await engine.states(["post:c1", "post:c2"])
    assert states == {"post:c1": WorkState.MISSING, "post:c2": WorkState.LIVE}
    sql.dispose()


async def test_a_moment_without_a_time_zone_is_a_mistake(sqlite_database: str, open_store: Opening) -> None:
    """It is refused where it is written, not misread later."""
    store = open_store(sqlite_database)
    naive = replace(examples.conversation(), created_at=examples.NOON.replace(tzinfo=None))
    with pytest.raises(StatementError, match="has no time zone"):
        async with store.transaction() as unit:
            await unit.add(naive)


async def test_another_noun_is_no_row(sqlite_database: str, open_store: Opening) -> None:
    """Asking for what is not kept is a mistake of the caller, named."""
    store = open_store(sqlite_database)
    async with store.reading() as unit:
        with pytest.raises(TypeError, match="Address is not kept as a row"):
            await unit.find(Address)


def test_a_password_is_never_shown() -> None:
    """Errors name the database, not its secret; a URL that cannot be read says what one looks like."""
    assert shown("postgresql://ann:s3cret@db/house") == "postgresql+psycopg://ann:***@db/house"
    assert shown("sqlite:////var/lib/house.db") == "/var/lib/house.db"
    with pytest.raises(SettingsError, match="postgresql://user:password@host/name") as raised:
        shown("postgresql:s3cret")
    assert "s3cret" not in str(raised.value)


def test_sqlite_is_opened_safely(sqlite_database: str) -> None:
    """Write-ahead log, full synchronisation, foreign keys and patience, for the durable engine as for us."""
    engine = sync_engine(sqlite_database)
    with engine.connect() as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    engine.dispose()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


async def test_our_engine_is_opened_as_safely(sqlite_database: str) -> None:
    """The asynchronous engine has the same settings, and its patience is a parameter."""
    engine = async_engine(sqlite_database, busy_timeout_s=1.5)
    async with engine.connect() as connection:
        pragmas = [
            (await connection.execute(text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    await engine.dispose()
    assert pragmas == ["wal", 2, 1, 1500]


def test_the_missing_function_of_an_old_sqlite_is_supplied() -> None:
    """Only where the durable engine would ask for it: Python 3.12 or newer with SQLite before 3.42."""
    assert lacks_unixepoch((3, 12), (3, 40, 1))
    assert not lacks_unixepoch((3, 11), (3, 40, 1))
    assert not lacks_unixepoch((3, 13), (3, 42, 0))
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.create_function("unixepoch", 1, unixepoch)
        before = time.time()
        (now,) = connection.execute("SELECT unixepoch('subsec')").fetchone()
        assert before <= now <= time.time()
        assert connection.execute("SELECT unixepoch('now')").fetchone()[0] == int(now)
