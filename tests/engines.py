"""Engines for tests: a body that keeps a diary, items, promises; as a program, a process to be killed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import ColumnClause, TableClause, column, inspect, table, text
from sqlalchemy import Engine as SqlEngine

from bot.model.work_items import Kind, WorkItem
from bot.workflows import Engine
from storage.engine import sync_engine

NEVER_S = 3600.0
"""A poll interval that no test lives to see: what runs was woken."""

Body = Callable[[str], Awaitable[None]]


def status_table(sql: SqlEngine) -> TableClause:
    names = (
        "workflow_uuid",
        "status",
        "queue_name",
        "executor_id",
        "started_at_epoch_ms",
        "recovery_attempts",
    )
    schema = None if sql.dialect.name == "sqlite" else "dbos"
    columns: list[ColumnClause[Any]] = [column(name) for name in names]
    return table("workflow_status", *columns, schema=schema)


def table_names(sql: SqlEngine) -> set[str]:
    """Of the house; on SQLite the engine's too."""
    return set(inspect(sql).get_table_names())


def drop_engine_tables(sql: SqlEngine, ours: set[str]) -> None:
    with sql.begin() as connection:
        if sql.dialect.name == "postgresql":
            connection.execute(text("DROP SCHEMA dbos CASCADE"))
        for name in table_names(sql) - ours:
            connection.execute(text(f"DROP TABLE {name}"))


class Diary:
    """A body that writes down what it was called with."""

    def __init__(self) -> None:
        self.entries: list[str] = []
        self._changed = asyncio.Condition()

    async def write(self, argument: str) -> None:
        async with self._changed:
            self.entries.append(argument)
            self._changed.notify_all()

    async def until(self, entry: str) -> None:
        async with asyncio.timeout(60), self._changed:
            await self._changed.wait_for(lambda: entry in self.entries)

    async def until_count(self, count: int) -> None:
        async with asyncio.timeout(90), self._changed:
            await self._changed.wait_for(lambda: len(self.entries) >= count)


def make_engine(
    sql: SqlEngine,
    body: Body,
    *,
    node: str = "n1",
    listen: frozenset[Kind] = frozenset(Kind),
    poll_s: float = NEVER_S,
) -> Engine:
    bodies = dict.fromkeys(Kind, body)
    return Engine(system_engine=sql, node=node, bodies=bodies, listen=listen, poll_s=poll_s)


@asynccontextmanager
async def running(engine: Engine, drain_s: float = 5) -> AsyncGenerator[Engine]:
    await engine.launch()
    try:
        yield engine
    finally:
        await engine.close(drain_s)


def item(
    name: str, *, kind: Kind = Kind.TURN, partition: str = "p", priority: int = 1, node: str = ""
) -> WorkItem:
    return WorkItem(
        kind=kind, key=f"{kind}:{name}", argument=name, partition=partition, priority=priority, node=node
    )


def promise(engine: Engine, sql: SqlEngine, *items: WorkItem) -> None:
    """Commit each item in a transaction of its own, without a wake-up."""
    for each in items:
        with sql.begin() as connection:
            engine.enqueue(connection, each)


async def do(engine: Engine, sql: SqlEngine, diary: Diary, *items: WorkItem, until: str = "") -> None:
    """Have items of one partition run until the last has begun; those before it are over then."""
    promise(engine, sql, *items)
    engine.wake(Kind)
    await diary.until(until or items[-1].argument)


async def _be_killed(database: str) -> None:
    async def body(argument: str) -> None:
        print("started", argument, flush=True)
        await asyncio.Event().wait()

    sql = sync_engine(database)
    engine = make_engine(sql, body)
    await engine.launch()
    promise(engine, sql, item("a"), item("b", priority=2))
    engine.wake([Kind.TURN])
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_be_killed(sys.argv[1]))
