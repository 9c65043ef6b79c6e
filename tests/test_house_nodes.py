"""A house on several machines: one Postgres, processes that share the work, a lease for each of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import Conflict, Refused
from bot.instance import NodeLease
from bot.model.conversations import Message, MessageState
from bot.model.dispatches import Dispatch, Run, Status
from bot.model.leases import Lease
from bot.model.work_items import Kind, WorkItem
from bot.ports import Unit
from storage.engine import sync_engine
from storage.store import SqlStore
from tests.conftest import Opening
from tests.engines import status_table
from tests.houses import Household, open_household, tables, wrote
from tests.servings import configure, serving

pytestmark = [pytest.mark.postgres, pytest.mark.full]

PLAY = """
[[rules]]
when = "pick a colour"
[[rules.steps]]
ask = "Which colour?"
options = ["red", "blue"]
[[rules.steps]]
say = "It chose {{answer}}."
"""

FRONT = frozenset({Kind.TURN, Kind.POST})


@pytest.fixture
async def front(postgres_database: str, tmp_path: Path) -> AsyncIterator[Household]:
    """The machine that talks with people, in this process."""
    (tmp_path / "front").mkdir()
    configuration = tables(tmp_path / "front", database=postgres_database)
    configuration["frontdesk"]["node"] = "front"
    async with open_household(tmp_path / "front", configuration, listen=FRONT) as house:
        yield house


async def test_a_message_that_one_node_takes_is_worked_on_by_the_other(
    front: Household, postgres_database: str, tmp_path: Path
) -> None:
    """The work goes to the node that does work; its question and the answer to it go through the rows."""
    back = configure(tmp_path / "back", PLAY, database=postgres_database, node="back")
    front.platform.writes("ann", "/run pick a colour")
    async with serving(back, "--only", "runs"):
        await front.until_said("Which colour?")
        front.platform.presses("ann", "blue")
        await front.until_said("It chose blue.")
        await front.until_rows(_done)
        assert [(run.node, run.attempt) for run in await front.rows(Run)] == [("back", 1)]
        front.platform.writes("ann", "/tell d1 pick a colour once more")
        await front.until_rows(_second_run)
    assert [run.node for run in await front.rows(Run)] == ["back", "back"]


async def _done(unit: Unit) -> bool:
    return [item.status for item in await unit.find(Dispatch)] == [Status.DONE]


async def _second_run(unit: Unit) -> bool:
    return [run.attempt for run in await unit.find(Run)] == [1, 1]


@pytest.mark.full
async def test_work_whose_node_is_gone_waits_and_says_for_whom(
    front: Household, postgres_database: str, tmp_path: Path
) -> None:
    """A session lies on one machine's disk; while that one is down, people are told which."""
    back = configure(tmp_path / "back", PLAY, database=postgres_database, node="back")
    other = configure(tmp_path / "other", PLAY, database=postgres_database, node="other")
    front.platform.writes("ann", "/run pick a colour")
    async with serving(back, "--only", "runs") as served:
        await front.until_said("Which colour?")
        front.platform.presses("ann", "blue")
        await front.until_rows(_done)
        served.terminate()
        assert await served.ended() == 0
    async with serving(other, "--only", "runs"):
        front.platform.writes("ann", "/tell d1 pick a colour once more")
        await front.until_said("waits for back, which has its session and is not running")


async def test_a_node_is_run_by_one_process(front: Household, postgres_database: str, tmp_path: Path) -> None:
    """A second house of the same name refuses in one line that names the holder."""
    double = configure(tmp_path / "double", PLAY, database=postgres_database, node="front")
    (lease,) = await front.rows(Lease)
    async with serving(double, wait=False) as served:
        assert await served.ended() == 3
    (line,) = [line for line in served.said if line.startswith("frontdesk:")]
    assert f"The node front is run by {lease.process}; stop it there" in line


async def test_a_lost_lease_closes_the_house(
    front: Household, postgres_database: str, tmp_path: Path
) -> None:
    """A process that finds another one's name in its lease says so and ends."""
    back = configure(tmp_path / "back", PLAY, database=postgres_database, node="back")
    async with serving(back, "--only", "runs") as served:
        async with front.store.transaction() as unit:
            lease = await unit.get(Lease, "back", lock=True)
            assert lease
            await unit.change(lease, holder="else", process="process 1 on moon", home="elsewhere")
        assert await served.ended() == 1
    assert "The node back is run by process 1 on moon now" in "\n".join(served.said)


async def test_a_lease_outlives_neither_its_home_nor_its_time(
    postgres_database: str, open_store: Opening, tmp_path: Path
) -> None:
    """The same state directory takes it at once, another one when it has ended or was given back."""
    store = open_store(postgres_database)
    homes = [tmp_path / name for name in ("a", "b")]
    for home in homes:
        home.mkdir()
    first = NodeLease(store, "n1", homes[0])
    await first.take()
    await NodeLease(store, "n1", homes[0]).take()
    with pytest.raises(Refused, match="The node n1 is run by process"):
        await NodeLease(store, "n1", homes[1]).take()
    async with store.transaction() as unit:
        lease = await unit.get(Lease, "n1")
        assert lease
        await unit.change(lease, until=await unit.clock() - timedelta(seconds=1))
    second = NodeLease(store, "n1", homes[1])
    await second.take()
    await second.release()
    await first.take()


async def test_a_promise_is_told_to_other_processes_when_it_is_committed(
    postgres_database: str, open_store: Opening
) -> None:
    """With its kinds; what was undone is not told, and nobody hears of their own."""
    heard: asyncio.Queue[frozenset[Kind]] = asyncio.Queue()
    ours, others = open_store(postgres_database, _kept), open_store(postgres_database, _kept)
    listening = asyncio.create_task(ours.listen(heard.put_nowait))
    assert await heard.get() == frozenset(), "after it has begun to listen it looks at all rows"

    async def promise(store: SqlStore, kind: Kind, *, fail: bool = False) -> None:
        async with store.transaction() as unit:
            await unit.enqueue(WorkItem(kind, f"{kind}:1", "1", "p", 1))
            if fail:
                raise Conflict("changed my mind")

    await promise(ours, Kind.TURN)
    with pytest.raises(Conflict):
        await promise(others, Kind.RUN, fail=True)
    await promise(others, Kind.POST)
    assert await heard.get() == {Kind.POST}
    client = open_store(postgres_database)
    await promise(client, Kind.TURN)
    assert await heard.get() == frozenset(), "a client's promise is not in the queues yet"
    listening.cancel()
    await asyncio.wait([listening])


def _kept(_connection: object, _item: WorkItem) -> None:
    """An engine that needs no rows."""


async def test_what_a_dead_node_had_begun_is_taken_over(front: Household, postgres_database: str) -> None:
    """A turn that was claimed by a process whose lease has ended is taken by a living one."""
    sql = sync_engine(postgres_database)
    await front.running.desk.receive(wrote("hello"))
    await front.until_said("Hello!")
    (done,) = await front.rows(Message)
    async with front.store.transaction() as unit:
        now = await unit.clock()
        await unit.add(Lease("ghost", "x", "y", "process 1 on moon", now - timedelta(seconds=1)))
        await unit.change(done, state=MessageState.WAITING)
    with sql.begin() as connection:
        claimed = {"status": "PENDING", "executor_id": "ghost"}
        rows = status_table(sql)
        connection.execute(
            rows.update().where(rows.c.workflow_uuid == f"turn:{done.platform_key}").values(claimed)
        )
    sql.dispose()
    front.running.clock.ring()
    await front.until_rows(_nothing_waits)


async def _nothing_waits(unit: Unit) -> bool:
    return not await unit.find(Message, state=MessageState.WAITING)
