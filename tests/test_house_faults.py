"""When the house's database file cannot be written: no acknowledgement, and everything goes on by itself."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from bot.brief import Brief
from bot.errors import StoreError
from bot.model.conversations import Message, MessageState, Outcome
from bot.model.decisions import Decision
from bot.model.dispatches import Dispatch, Run, RunState, Status
from bot.model.posts import OutboxRow
from bot.ports import Unit
from tests.disks import Disk, disk
from tests.houses import Household, open_household, tables, wrote

__all__ = ["disk"]

LOCKER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""


@asynccontextmanager
async def locked_by_another_process(database: Path) -> AsyncGenerator[None]:
    """Hold the write lock, as a backup program or a forgotten shell would."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", LOCKER, str(database)), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin
    assert process.stdout
    try:
        assert await process.stdout.readline() == b"locked\n"
        yield
    finally:
        process.stdin.close()
        await process.wait()


class Thinking:
    """A secretary that answers at length, once it is let."""

    def __init__(self, words: str) -> None:
        self.asked = 0
        self.go_on = asyncio.Event()
        self._words = words

    async def decide(self, _: Brief) -> Decision:
        self.asked += 1
        await self.go_on.wait()
        return Decision(self._words)


def database_of(house: Household) -> Path:
    return house.settings.home / "frontdesk.sqlite3"


def verdict_on(house: Household) -> str:
    with closing(sqlite3.connect(database_of(house))) as connection:
        return connection.execute("PRAGMA integrity_check").fetchone()[0]


async def _nothing_waits(unit: Unit) -> bool:
    return not await unit.find(Message, state=MessageState.WAITING, limit=1)


async def test_a_locked_database_takes_no_message_and_the_same_message_later_once(tmp_path: Path) -> None:
    """Another process holds the write lock for longer than the house waits; a redelivery is taken once."""
    async with open_household(tmp_path, tables(tmp_path), busy_timeout_s=0.3) as house:
        inbound = wrote("hello")
        async with locked_by_another_process(database_of(house)):
            with pytest.raises(StoreError, match="stayed locked by another writer; nothing was accepted"):
                await house.running.desk.receive(inbound)
        outcomes = [(await house.running.desk.receive(inbound)).outcome for _ in range(2)]
        assert outcomes == [Outcome.ACCEPTED, Outcome.DUPLICATE]
        await house.until_said("Hello!")
        await house.until_rows(_nothing_waits)
        assert len(await house.rows(OutboxRow)) == 1


async def test_work_that_meets_a_lock_goes_on_when_it_is_gone(tmp_path: Path) -> None:
    """A run that cannot store its events waits for the database and ends in its first attempt."""
    slow = {"rules": [{"when": "utter", "steps": [{"use": "thinks", "seconds": 0.2}, {"say": "Uttered."}]}]}
    async with open_household(tmp_path, tables(tmp_path), play=slow, busy_timeout_s=0.3) as house:
        house.platform.writes("ann", "/run utter it")
        await house.until_rows(_running)
        async with locked_by_another_process(database_of(house)):
            with pytest.raises(StoreError):
                await house.running.desk.receive(wrote("hello"))
        await house.until_said("Uttered.")
        await house.until_rows(_ended)
        assert [run.attempt for run in await house.rows(Run)] == [1]


async def _running(unit: Unit) -> bool:
    """Its run has begun, which is more than that it may."""
    return [run.state for run in await unit.find(Run)] == [RunState.RUNNING]


async def _ended(unit: Unit) -> bool:
    return [item.status for item in await unit.find(Dispatch)] == [Status.DONE]


async def test_a_full_disk_takes_no_message_and_loses_none(tmp_path: Path, disk: Disk) -> None:
    """What does not fit is not acknowledged; with room again the house needs no help, its file is sound."""
    async with open_household(tmp_path, tables(tmp_path)) as house:
        long = wrote("hello " + "x" * 50_000)
        disk.full = True
        with pytest.raises(StoreError, match="is full; nothing was accepted"):
            await house.running.desk.receive(long)
        held_back = house.platform.writes("ann", "hello " + "y" * 50_000)
        with pytest.raises(StoreError):
            await house.running.desk.receive(long)
        assert held_back in house.platform.waiting()
        disk.full = False
        assert (await house.running.desk.receive(long)).outcome is Outcome.ACCEPTED
        await house.until(lambda: held_back in house.platform.acknowledged())
        await house.until(lambda: len(house.shown()) == 2)
        await house.until_rows(_nothing_waits)
        assert verdict_on(house) == "ok"


async def test_a_turn_that_meets_a_full_disk_is_taken_again(tmp_path: Path, disk: Disk) -> None:
    """Its decision could not be stored, nor perhaps that it failed; with room again it is answered, once."""
    secretary = Thinking("At length: " + "z" * 50_000)
    async with open_household(tmp_path, tables(tmp_path), decide=secretary.decide) as house:
        house.platform.writes("ann", "tell me")
        await house.until(lambda: secretary.asked == 1)
        disk.full = True
        secretary.go_on.set()
        await house.until(lambda: secretary.asked > 1)  # what it had decided could not be kept
        disk.full = False
        await house.until_said("At length:")
        await house.until_rows(_nothing_waits)
        assert len(await house.rows(OutboxRow)) == 1
        assert verdict_on(house) == "ok"
