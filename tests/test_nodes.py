"""Two processes that talk and two that work on one Postgres, killed; what a dead node leaves to others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.rehearsal.scripted_chat import Platform, ScriptedChat
from bench.nodes.campaign import campaign
from bot import reports
from bot.listening import Listening
from bot.model.conversations import Inbound, Outcome, Receipt
from bot.model.dispatches import Dispatch, Run, RunState, Session, Status
from bot.model.leases import CHAT, Lease
from bot.model.work_items import Kind
from bot.nodes import Nodes
from bot.ports import Store, Unit
from tests.conftest import Opening, PostgresServer
from tests.houses import Household, open_household, tables, wrote

pytestmark = pytest.mark.postgres

SEED = 7
TALKING = frozenset({Kind.TURN, Kind.POST})


@pytest.fixture
async def talking(postgres_database: str, tmp_path: Path) -> AsyncIterator[Household]:
    """A process that only talks with people."""
    configuration = tables(tmp_path, database=postgres_database)
    configuration["frontdesk"]["node"] = "talking"
    async with open_household(tmp_path, configuration, listen=TALKING) as house:
        yield house


async def _died(house: Household, node: str) -> Nodes:
    """A room that has seen the node's lease unrenewed for long enough."""
    async with house.store.transaction() as unit:
        ended = await unit.clock() - timedelta(seconds=1)
        await unit.add(Lease(node, f"holder of {node}", "elsewhere", "process 1 on moon", ended))
    nodes = Nodes(house.running.desk.house, _nothing_claimed, confirmed_after_s=0.0)
    rung = asyncio.Event()
    watching = asyncio.create_task(nodes.watch(rung.set))
    await rung.wait()
    watching.cancel()
    await asyncio.wait([watching])
    return nodes


async def _nothing_claimed(_node: str) -> int:
    return 0


async def _admitted_on(house: Household, node: str, *, session: bool) -> None:
    """The first dispatch was admitted there; with a session it has begun."""
    await house.running.desk.receive(wrote("/run pick a colour"))
    await house.until_rows(_one_dispatch)
    async with house.store.transaction() as unit:
        (run,) = await unit.find(Run)
        dispatch = await unit.get(Dispatch, run.dispatch, lock=True)
        assert dispatch
        if session:
            now = house.running.desk.house.now()
            await unit.add(Session("s1", "scripted", "api", dispatch.id, "/", "/", now))
        id = "s1" if session else None
        await unit.change(dispatch, status=Status.RUNNING, session=id)
        await unit.change(run, state=RunState.QUEUED, node=node)


async def _one_dispatch(unit: Unit) -> bool:
    return bool(await unit.find(Dispatch))


async def test_admitted_work_that_has_not_begun_goes_to_any_node(talking: Household) -> None:
    """It is held again, without the money that was reserved for it; the dead node's promise is empty."""
    await _admitted_on(talking, "ghost", session=False)
    nodes = await _died(talking, "ghost")
    await nodes.see_to()
    (run,), (dispatch,) = await talking.rows(Run), await talking.rows(Dispatch)
    assert (run.state, run.reserved_usd, dispatch.status) == (RunState.HELD, 0.0, Status.WAITING)


async def test_people_who_wait_for_a_dead_node_are_told_once_for_each_outage(talking: Household) -> None:
    """Where the work is talked about: for which node it waits, and that it goes on by itself (CCo #15433)."""
    await _admitted_on(talking, "ghost", session=True)
    nodes = await _died(talking, "ghost")
    await asyncio.gather(nodes.see_to(), return_exceptions=True)
    await nodes.see_to()
    await talking.until_said(
        "waits for ghost, which has its session and is not running. It goes on by itself"
    )
    (run,), (dispatch,) = await talking.rows(Run), await talking.rows(Dispatch)
    assert (run.state, dispatch.activity) == (RunState.QUEUED, reports.waits_for_node("ghost"))
    async with talking.store.transaction() as unit:
        lease = await unit.get(Lease, "ghost", lock=True)
        assert lease
        await unit.change(lease, holder="its next process")
    await nodes.see_to()  # this outage is over: what it saw is not what is there
    said = [text for text in talking.shown() if "goes on by itself" in text]
    assert len(said) == 1


async def test_a_chat_with_one_listener_is_listened_to_by_one_process(
    postgres_database: str, open_store: Opening, tmp_path: Path
) -> None:
    """Another stands by, takes over when the lease is given back or ends, and the loser only stops there."""
    store = open_store(postgres_database)
    heard: asyncio.Queue[str] = asyncio.Queue()
    platform = Platform(one_listener=True)
    tasks = [_listener(store, platform, tmp_path / name, heard) for name in "ab"]
    platform.writes("ann", "one")
    first = await heard.get()
    platform.writes("ann", "two")
    assert await heard.get() == first
    tasks["ab".index(first)].cancel()
    await asyncio.wait([tasks["ab".index(first)]])
    platform.writes("ann", "three")
    second = await heard.get()
    assert {first, second} == {"a", "b"}
    async with store.transaction() as unit:
        lease = await unit.get(Lease, f"{CHAT}scripted", lock=True)
        assert lease
        later = await unit.clock() + timedelta(seconds=3600)
        await unit.change(lease, holder="a third", home="elsewhere", until=later)
    while not await _unheard(platform, heard):
        assert not tasks["ab".index(second)].done()
    assert not tasks["ab".index(second)].done(), "it stands by"
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def _listener(store: Store, platform: Platform, home: Path, heard: asyncio.Queue[str]) -> asyncio.Task[None]:
    home.mkdir()

    async def receive(_inbound: Inbound) -> Receipt:
        heard.put_nowait(home.name)
        return Receipt(Outcome.ACCEPTED)

    listening = Listening(store, home, ScriptedChat(platform))
    return asyncio.create_task(listening.listen(receive))


async def _unheard(platform: Platform, heard: asyncio.Queue[str]) -> bool:
    """Whether what is written now stays with the platform."""
    key = platform.writes("ann", "more")
    await asyncio.sleep(0.2)
    while not heard.empty():
        heard.get_nowait()
    return key in platform.waiting()


@pytest.mark.full
@pytest.mark.timeout(900)
async def test_any_of_four_processes_may_be_killed(postgres_server: PostgresServer) -> None:
    """One of each kind, and one that stays away until the others have acted (OC #55792, #6917, #87440)."""
    async with campaign(postgres_server.create(), SEED, at_once=1) as one:
        total = await one.carry_out(["chats", "runs"], outages=1)
    assert list(total.failures()) == []
    assert max(total.told_s + total.taken_over_s) <= 60.0


@pytest.mark.full
@pytest.mark.timeout(900)
async def test_a_restart_of_postgres_among_four_processes_loses_nothing(
    postgres_server: PostgresServer,
) -> None:
    """All of them go on by themselves, and none takes another for dead (PLO #906)."""

    def restart() -> None:
        postgres_server.crash()
        postgres_server.start()

    async with campaign(postgres_server.create(), SEED, at_once=1) as one:
        total = await one.carry_out(["chats", "runs"], outages=0, middle=restart)
    assert list(total.failures()) == []
