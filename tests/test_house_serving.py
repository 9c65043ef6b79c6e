"""``frontdesk serve`` as a real process: it closes in time on SIGTERM, loses nothing, and is the only one."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.app import open_desk
from bot.desk import Desk
from bot.holding import holding
from bot.model.conversations import Address, Message, MessageState, Wrote
from bot.model.dispatches import Dispatch, Run, RunState, Status
from bot.model.people import Identity
from bot.model.posts import OutboxRow, PostKind
from bot.ports import Unit
from bot.settings import load
from tests.houses import LOOK_EVERY_S
from tests.servings import OPEN, PATIENCE_S, configure, serving

ENDLESS = """
[[rules]]
when = "dig"
[[rules.steps]]
use = "digs"
seconds = 3600
[[rules.steps]]
say = "Dug."
"""
QUICK = ENDLESS.replace("3600", "0")
CLOSES_WITHIN_S = 25.0


def hello(n: int) -> Wrote:
    where = Address("terminal", f"c{n % 4}")
    return Wrote(Identity("terminal", "ann"), where, f"terminal:{n}", "hello", "ann")


async def until(desk: Desk, reached: Callable[[Unit], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            async with desk.house.store.reading() as unit:
                if await reached(unit):
                    return
            await asyncio.sleep(LOOK_EVERY_S)


@pytest.mark.full
async def test_sigterm_under_load_closes_in_time_and_loses_nothing(tmp_path: Path) -> None:
    """An endless run and many waiting turns: it ends with 0 within 25 s; the next one puts it right."""
    configuration = configure(tmp_path / "house", ENDLESS)
    settings = load(str(configuration), environ={})
    async with open_desk(settings) as desk:
        ann = settings.person_named("ann")
        assert ann
        async with serving(configuration) as served:
            await desk.dispatch(ann, "api", "dig")
            await until(desk, _digs)
            for n in range(40):
                await desk.receive(hello(n))
            served.terminate()
            began = time.monotonic()
            assert await served.ended(CLOSES_WITHIN_S) == 0
            assert time.monotonic() - began < CLOSES_WITHIN_S
        configure(tmp_path / "house", QUICK)
        async with serving(configuration) as served:
            await until(desk, _all_is_done)
            served.terminate()
            assert await served.ended(CLOSES_WITHIN_S) == 0
        async with desk.house.store.reading() as unit:
            replies = await unit.find(OutboxRow, kind=PostKind.REPLY)
            results = await unit.find(OutboxRow, kind=PostKind.RESULT)
            (run,) = await unit.find(Run)
    assert len(replies) == 40
    assert len(results) == 1
    assert "Dug." in results[0].post.markdown
    assert (run.state, run.attempt) == (RunState.FINISHED, 2)


async def _digs(unit: Unit) -> bool:
    return [item.activity for item in await unit.find(Dispatch)] == ["digs"]


async def _all_is_done(unit: Unit) -> bool:
    waiting = await unit.find(Message, state=MessageState.WAITING, limit=1)
    return not waiting and [item.status for item in await unit.find(Dispatch)] == [Status.DONE]


async def test_a_second_house_in_the_same_directory_refuses(tmp_path: Path) -> None:
    """One line with the process that runs it, exit 3; the first one works on."""
    configuration = configure(tmp_path / "house", QUICK)
    async with serving(configuration) as first:
        async with serving(configuration, wait=False) as second:
            assert await second.ended() == 3
        said = [line for line in second.said if line.startswith("frontdesk:")]
        holder = holding(tmp_path / "house/home")
        assert said == [
            f"frontdesk: A house already runs here: {holder}. "
            "Stop it first, or talk to it with `frontdesk chat`."
        ]
        assert f"process {first.pid} on {socket.gethostname()} since 20" in said[0]
        assert "(frontdesk serve)" in said[0]
        async with open_desk(load(str(configuration), environ={})) as desk:
            await desk.receive(hello(1))
            await until(desk, _replied)


@pytest.mark.full
@pytest.mark.parametrize("_", range(20))
async def test_of_two_starts_at_the_same_time_exactly_one_runs(tmp_path: Path, _: int) -> None:
    """The other one ends and names it, although somebody looks at the lock all the while."""
    configuration = configure(tmp_path / "house", QUICK)
    home = tmp_path / "house/home"
    async with serving(configuration, wait=False) as one, serving(configuration, wait=False) as two:
        ends = {asyncio.ensure_future(served.process.wait()): served for served in (one, two)}
        async with asyncio.timeout(PATIENCE_S):
            while not any(end.done() for end in ends):
                holding(home)
                await asyncio.sleep(LOOK_EVERY_S)
        (refused,) = [served for end, served in ends.items() if end.done()]
        (runs,) = {one, two} - {refused}
        assert await refused.ended() == 3
        assert f"already runs here: process {runs.pid} on" in refused.said[-1]
        await runs.until_said(OPEN)
        assert (found := holding(home)) is not None
        assert found.pid == runs.pid
        runs.terminate()
        assert await runs.ended() == 0
        await asyncio.gather(*ends)


async def _replied(unit: Unit) -> bool:
    return len(await unit.find(OutboxRow, kind=PostKind.REPLY)) == 1
