"""The engine's life on both databases: launch, close, SIGKILL, poison, stray and forgotten items."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine as SqlEngine
from sqlalchemy import select

from bot.errors import FrontdeskError
from bot.model.work_items import Kind, WorkState
from bot.queues import queue_name
from storage.engine import sync_engine
from tests import engines
from tests.engines import (
    Diary,
    do,
    drop_engine_tables,
    item,
    make_engine,
    promise,
    running,
    status_table,
    table_names,
)


@pytest.fixture
def sql(any_database: str) -> Iterator[SqlEngine]:
    engine = sync_engine(any_database)
    yield engine
    engine.dispose()


async def test_an_item_that_crashed_too_often_is_exhausted(sql: SqlEngine) -> None:
    """A poison item is not tried for ever, does not block its partition, and can be asked again."""
    diary = Diary()
    engine = make_engine(sql, diary.write, poll_s=0.1)
    await engine.prepare()
    promise(engine, sql, item("poison"), item("next", priority=2))
    rows = status_table(sql)
    with sql.begin() as connection:
        connection.execute(
            rows.update().where(rows.c.workflow_uuid == "turn:poison").values(recovery_attempts=21)
        )
    async with running(engine):
        await diary.until("next")
        assert await engine.states(["turn:poison"]) == {"turn:poison": WorkState.EXHAUSTED}
        await do(engine, sql, diary, item("poison"))
        assert diary.entries == ["next", "poison"]


async def test_many_houses_one_after_another(sql: SqlEngine) -> None:
    """A closed engine leaves no thread, and it or a new one takes up what was promised meanwhile."""
    diary = Diary()
    threads = {thread.name for thread in threading.enumerate() if "asyncio" not in thread.name}
    first = make_engine(sql, diary.write)
    for number in range(1, 4):
        engine = first if number < 3 else make_engine(sql, diary.write)
        async with running(engine):
            await diary.until_count(number - 1)
        promise(engine, sql, item(f"{number}", priority=number))
    assert diary.entries == ["1", "2"]
    left = {thread.name for thread in threading.enumerate() if "asyncio" not in thread.name}
    assert left <= threads


async def test_two_engines_in_one_process_are_refused(sql: SqlEngine) -> None:
    """The second launch says what to do, and the first engine works on."""
    diary = Diary()
    async with running(make_engine(sql, diary.write)) as engine:
        with pytest.raises(FrontdeskError, match="close it"):
            await make_engine(sql, diary.write).launch()
        await do(engine, sql, diary, item("a"))


async def test_closing_lets_running_items_finish(sql: SqlEngine) -> None:
    """Within the drain time a body comes to its end, and its end is written."""
    diary, closing = Diary(), asyncio.Event()

    async def body(argument: str) -> None:
        await diary.write(argument)
        await closing.wait()
        await diary.write("finished")

    engine = make_engine(sql, body)
    await engine.launch()
    await do(engine, sql, diary, item("a"))
    async with asyncio.TaskGroup() as group:
        group.create_task(engine.close(drain_s=30))
        closing.set()
    assert diary.entries == ["a", "finished"]
    assert await engine.states(["turn:a"]) == {"turn:a": WorkState.ENDED}


async def test_a_drained_item_starts_again_with_a_clean_count(sql: SqlEngine) -> None:
    """What does not finish in time is cancelled, waits in its queue, and has not used up an attempt."""
    diary = Diary()
    cancelled = list[str]()

    async def body(argument: str) -> None:
        await diary.write(argument)
        if len(diary.entries) == 1:
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.append(argument)

    async with running(make_engine(sql, body), drain_s=0.01) as engine:
        await do(engine, sql, diary, item("long", kind=Kind.RUN))
    assert cancelled == ["long"]
    rows = status_table(sql)
    with sql.connect() as connection:
        row = connection.execute(select(rows.c.status, rows.c.queue_name, rows.c.recovery_attempts)).one()
    assert tuple(row) == ("ENQUEUED", queue_name(Kind.RUN, "n1"), 0)
    async with running(make_engine(sql, body)):
        await diary.until_count(2)


async def test_an_item_lost_by_a_living_node_is_reclaimed(sql: SqlEngine) -> None:
    """A row that was claimed long ago and runs nowhere is put back; what does run is left alone."""
    diary, go_on = Diary(), asyncio.Event()

    async def body(argument: str) -> None:
        await diary.write(argument)
        if argument == "busy":
            await go_on.wait()

    async with running(make_engine(sql, body)) as engine:
        await do(engine, sql, diary, item("busy", partition="q"))
        with sql.begin() as connection:
            engine.enqueue(connection, item("stray"))
            claim = {"status": "PENDING", "executor_id": "n1", "started_at_epoch_ms": 1}
            connection.execute(status_table(sql).update().values(claim))
        assert await engine.reclaim() == 1
        await diary.until("stray")
        go_on.set()
    assert diary.entries == ["busy", "stray"]


async def test_what_is_over_is_forgotten(sql: SqlEngine) -> None:
    """Retention deletes ended and failed items and keeps the waiting ones."""
    diary = Diary()

    async def body(argument: str) -> None:
        await diary.write(argument)
        if argument == "bad":
            raise ValueError("bad")

    async with running(make_engine(sql, body)) as engine:
        await do(engine, sql, diary, item("good"), item("bad", priority=2), item("end", priority=3))
    promise(engine, sql, item("waits", priority=4))
    assert await engine.forget_ended(older_than_s=60) == 0
    assert await engine.forget_ended(older_than_s=0) == 3
    assert await engine.states(["turn:good", "turn:bad", "turn:waits"]) == {
        "turn:good": WorkState.MISSING,
        "turn:bad": WorkState.MISSING,
        "turn:waits": WorkState.LIVE,
    }


async def test_all_that_a_dead_process_left_is_taken_up_at_launch(sql: SqlEngine) -> None:
    """A hundred items that this node had claimed are back in their queue when launch returns."""
    diary, rows = Diary(), status_table(sql)
    engine = make_engine(sql, diary.write, listen=frozenset())
    await engine.prepare()
    promise(engine, sql, *[item(f"{n}", partition=f"p{n}") for n in range(100)])
    with sql.begin() as connection:
        connection.execute(rows.update().values(status="PENDING", executor_id="n1"))
    async with running(engine):
        with sql.connect() as connection:
            assert set(connection.execute(select(rows.c.status)).scalars()) == {"ENQUEUED"}


async def test_the_engine_tables_are_disposable(sql: SqlEngine) -> None:
    """With all its tables dropped the engine starts as if new; our rows know what to promise again."""
    diary, ours = Diary(), table_names(sql)
    async with running(make_engine(sql, diary.write)) as engine:
        await do(engine, sql, diary, item("a"))
    drop_engine_tables(sql, ours)
    async with running(make_engine(sql, diary.write)) as engine:
        assert await engine.states(["turn:a"]) == {"turn:a": WorkState.MISSING}
        await do(engine, sql, diary, item("a"), item("end", priority=2))
    assert diary.entries == ["a", "a", "end"]


async def test_an_item_whose_process_was_killed_runs_again(any_database: str, sql: SqlEngine) -> None:
    """SIGKILL in the middle of a body: the next process of the node runs it again, before what came later."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        engines.__file__,
        any_database,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )
    assert child.stdout is not None
    try:
        async with asyncio.timeout(60):
            assert await child.stdout.readline() == b"started a\n"
    finally:
        child.send_signal(signal.SIGKILL)
        assert await child.wait() == -signal.SIGKILL
    diary = Diary()
    async with running(make_engine(sql, diary.write)) as engine:
        await diary.until("b")
        await do(engine, sql, diary, item("end", priority=3))
        assert diary.entries == ["a", "b", "end"]
        states = await engine.states(["turn:a", "turn:b"])
        assert states == {"turn:a": WorkState.ENDED, "turn:b": WorkState.ENDED}
