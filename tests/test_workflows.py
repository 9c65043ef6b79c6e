"""The engine's contract on both databases: what a transaction promised is done, once, in order and soon."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from sqlalchemy import Engine as SqlEngine
from sqlalchemy import text

from bot.model.work_items import Kind, WorkState
from storage.engine import async_engine, sync_engine
from tests.engines import NEVER_S, Diary, do, item, make_engine, promise, running, table_names


@pytest.fixture
def sql(any_database: str) -> Iterator[SqlEngine]:
    engine = sync_engine(any_database)
    yield engine
    engine.dispose()


async def test_what_is_rolled_back_is_never_run(sql: SqlEngine) -> None:
    """An item whose transaction rolled back is unknown to the engine; the next one is run."""
    diary = Diary()
    async with running(make_engine(sql, diary.write)) as engine:
        with sql.connect() as connection:
            engine.enqueue(connection, item("lost"))
            connection.rollback()
        await do(engine, sql, diary, item("kept", priority=2))
        assert diary.entries == ["kept"]
        assert await engine.states(["turn:lost"]) == {"turn:lost": WorkState.MISSING}


async def test_one_key_promised_three_times_runs_once(sql: SqlEngine) -> None:
    """While an item waits, promising its key again changes nothing."""
    diary = Diary()
    async with running(make_engine(sql, diary.write)) as engine:
        await do(engine, sql, diary, *[item("a")] * 3, item("end", priority=2))
        assert diary.entries == ["a", "end"]


async def test_a_running_item_is_not_started_again(sql: SqlEngine) -> None:
    """While an item runs, promising its key again changes nothing."""
    diary, go_on = Diary(), asyncio.Event()

    async def body(argument: str) -> None:
        await diary.write(argument)
        await go_on.wait()

    async with running(make_engine(sql, body)) as engine:
        await do(engine, sql, diary, item("a"))
        promise(engine, sql, item("a"))
        assert await engine.states(["turn:a"]) == {"turn:a": WorkState.LIVE}
        go_on.set()
        await do(engine, sql, diary, item("end", priority=2))
        assert diary.entries == ["a", "end"]


async def test_an_ended_item_promised_again_runs_again(sql: SqlEngine) -> None:
    """A key that is over may be used again."""
    diary = Diary()
    async with running(make_engine(sql, diary.write)) as engine:
        await do(engine, sql, diary, item("a"), item("b", priority=2))
        assert await engine.states(["turn:a"]) == {"turn:a": WorkState.ENDED}
        await do(engine, sql, diary, item("a"), item("end", priority=2))
        assert diary.entries == ["a", "b", "a", "end"]


async def test_the_store_promises_from_asyncio(any_database: str, sql: SqlEngine) -> None:
    """An asynchronous transaction hands its inner connection over, and row and promise commit together."""
    diary = Diary()
    store = async_engine(any_database)
    try:
        async with running(make_engine(sql, diary.write)) as engine:
            for name, committed in (("lost", False), ("kept", True)):
                async with store.connect() as connection:
                    await connection.execute(text(f"CREATE TABLE its_{name} (id TEXT)"))
                    await connection.run_sync(engine.enqueue, item(name))
                    await (connection.commit() if committed else connection.rollback())
            engine.wake([Kind.TURN])
            await diary.until("kept")
            assert (await engine.states(["turn:lost"]))["turn:lost"] is WorkState.MISSING
    finally:
        await store.dispose()
    assert diary.entries == ["kept"]
    assert table_names(sql) & {"its_lost", "its_kept"} == {"its_kept"}


async def test_items_of_a_partition_run_in_order(sql: SqlEngine) -> None:
    """200 items in 5 partitions, committed in any order before a look, run without inversion or overlap."""
    diary, busy, overlaps = Diary(), set[str](), list[str]()

    async def body(argument: str) -> None:
        partition = argument[0]
        if partition in busy:
            overlaps.append(argument)
        busy.add(partition)
        await asyncio.to_thread(busy.__contains__, partition)  # lets others in
        await diary.write(argument)
        busy.discard(partition)

    named = [item(f"{p}.{n:02}", partition=f"p{p}", priority=n) for p in range(5) for n in range(1, 41)]
    shuffled = random.Random(7)
    items = [replace(each, key=f"turn:{shuffled.getrandbits(64)}") for each in named]
    shuffled.shuffle(items)
    engine = make_engine(sql, body)
    await engine.prepare()
    promise(engine, sql, *items)
    async with running(engine):
        await diary.until_count(200)
    for p in range(5):
        mine = [entry for entry in diary.entries if entry.startswith(f"{p}.")]
        assert len(mine) == 40
        assert [after for before, after in pairwise(mine) if after < before] == []
    assert overlaps == []


async def test_a_directory_is_one_runs_alone(sql: SqlEngine) -> None:
    """The second run in a directory waits for the first, while another directory goes on and on."""
    diary, go_on = Diary(), asyncio.Event()

    async def body(argument: str) -> None:
        await diary.write(argument)
        if argument == "slow":
            await go_on.wait()

    async with running(make_engine(sql, body)) as engine:
        await do(
            engine,
            sql,
            diary,
            item("slow", kind=Kind.RUN),
            item("next", kind=Kind.RUN, priority=2),
            until="slow",
        )
        for n in (1, 2):
            await do(engine, sql, diary, item(f"other {n}", kind=Kind.RUN, partition="q", priority=n))
        assert diary.entries == ["slow", "other 1", "other 2"]
        go_on.set()
        await diary.until("next")


async def test_a_wake_up_needs_no_poll(sql: SqlEngine) -> None:
    """The seam: with an hour between polls a woken queue is looked at once, from any thread."""
    diary = Diary()
    async with running(make_engine(sql, diary.write, poll_s=NEVER_S)) as engine:
        await do(engine, sql, diary, item("first"))  # the look at launch is over
        promise(engine, sql, item("second", priority=2))
        started = time.monotonic()
        await asyncio.to_thread(engine.wake, [Kind.TURN])
        await diary.until("second")
        assert time.monotonic() - started < 5


async def test_polling_alone_is_enough(sql: SqlEngine) -> None:
    """A wake-up is only a hint: without any, the poll finds the item."""
    diary = Diary()
    async with running(make_engine(sql, diary.write, poll_s=0.1)) as engine:
        promise(engine, sql, item("a"))
        await diary.until("a")


async def test_a_body_that_raises_fails_and_can_be_asked_again(sql: SqlEngine) -> None:
    """A failure blocks nobody behind it, is told as a state, and a new promise starts the item anew."""
    diary = Diary()

    async def body(argument: str) -> None:
        await diary.write(argument)
        if diary.entries == ["a"]:
            raise ValueError("no such luck")

    async with running(make_engine(sql, body)) as engine:
        await do(engine, sql, diary, item("a"), item("b", priority=2))
        assert await engine.states(["turn:a", "turn:x"]) == {
            "turn:a": WorkState.FAILED,
            "turn:x": WorkState.MISSING,
        }
        await do(engine, sql, diary, item("a"), item("end", priority=2))
        assert await engine.states(["turn:a"]) == {"turn:a": WorkState.ENDED}
        assert diary.entries == ["a", "b", "a", "end"]


async def test_a_body_that_cancels_itself_fails(sql: SqlEngine) -> None:
    """A cancellation that is not ours does not leave the item claimed for ever."""
    diary = Diary()

    async def body(argument: str) -> None:
        await diary.write(argument)
        if argument == "a":
            raise asyncio.CancelledError

    async with running(make_engine(sql, body)) as engine:
        await do(engine, sql, diary, item("a"), item("end", priority=2))
        assert await engine.states(["turn:a"]) == {"turn:a": WorkState.FAILED}


async def test_a_run_waits_for_its_own_node(sql: SqlEngine) -> None:
    """A run whose directory is elsewhere is not taken here, and runs when that node is up."""
    diary = Diary()
    async with running(make_engine(sql, diary.write)) as engine:
        elsewhere = item("elsewhere", kind=Kind.RUN, node="n2")
        await do(engine, sql, diary, elsewhere, item("here", kind=Kind.RUN, priority=2))
        assert diary.entries == ["here"]
    async with running(make_engine(sql, diary.write, node="n2")):
        await diary.until("elsewhere")


async def test_only_the_kinds_listened_to_are_taken(sql: SqlEngine) -> None:
    """A process that only does turns leaves posts to another."""
    diary = Diary()
    async with running(make_engine(sql, diary.write, listen=frozenset({Kind.TURN}))) as engine:
        await do(engine, sql, diary, item("post", kind=Kind.POST), item("turn"))
        assert await engine.states(["post:post"]) == {"post:post": WorkState.LIVE}
        assert diary.entries == ["turn"]


@pytest.mark.full
async def test_bodies_run_in_the_loop_of_the_launch(sql: SqlEngine) -> None:
    """Clients opened by the house can be used in a body, and the loop's threads stay its own afterwards."""
    diary, loops = Diary(), set[asyncio.AbstractEventLoop]()

    async def body(argument: str) -> None:
        loops.add(asyncio.get_running_loop())
        await diary.write(argument)

    async with running(make_engine(sql, body)) as engine:
        await do(engine, sql, diary, item("a"))
    assert loops == {asyncio.get_running_loop()}
    assert await asyncio.to_thread(lambda: "usable") == "usable"
