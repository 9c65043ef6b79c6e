"""The whole house on a real PostgreSQL: nothing is copied, and a restart of the server loses nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.model.conversations import Message, MessageState
from bot.model.dispatches import Dispatch, Run, Status
from bot.model.posts import OutboxRow
from bot.ports import Unit
from tests.conftest import PostgresServer
from tests.houses import open_household, tables, wrote

pytestmark = pytest.mark.postgres


async def test_work_from_message_to_result_with_all_rows_in_postgres(
    postgres_database: str, tmp_path: Path
) -> None:
    """A question is asked and answered by a press, the result is posted; no database file is written."""
    async with open_household(tmp_path, tables(tmp_path, database=postgres_database)) as house:
        house.platform.writes("ann", "/run pick a colour")
        await house.until_said("Which colour?")
        house.platform.presses("ann", "blue")
        await house.until_said("It chose blue.")
        await house.until_rows(_done)
        assert (tmp_path / "api/chosen.txt").read_text() == "blue\n"
    files = {path.name for path in (tmp_path / "home").rglob("*") if path.is_file()}
    assert not {name for name in files if ".sqlite" in name or name.endswith(".db")}


async def test_a_run_outlives_a_restart_of_postgres(
    postgres_server: PostgresServer, postgres_database: str, tmp_path: Path
) -> None:
    """While the server is away nothing is acknowledged; afterwards the same house goes on by itself, and the
    live run that was waiting for an answer gets it in its first attempt."""
    configuration = tables(tmp_path, database=postgres_database, questions={"grace_s": 60.0})
    async with open_household(tmp_path, configuration) as house:
        house.platform.writes("ann", "/run pick a colour")
        await house.until_said("Which colour?")
        postgres_server.crash()
        try:
            with pytest.raises(StoreError, match="nothing was accepted"):
                await house.running.desk.receive(wrote("lost"))
            held_back = house.platform.writes("ann", "hello", "other")
            with pytest.raises(StoreError):
                await house.running.desk.receive(wrote("lost too"))
            assert held_back in house.platform.waiting()
        finally:
            postgres_server.start()
        await house.until_said("Hello!", "other")
        house.platform.presses("ann", "red")
        await house.until_said("It chose red.")
        runs = {run.id: run.attempt for run in await house.rows(Run)}
        assert runs == {"d1/1": 1}
        assert not any("lost" in message.text for message in await house.rows(Message))


@pytest.mark.full
async def test_everything_acknowledged_in_a_burst_with_a_crash_is_answered_once(
    postgres_server: PostgresServer, postgres_database: str, tmp_path: Path
) -> None:
    """Whatever commit the crash cuts, the redelivered burst ends with one reply for each message."""
    burst = [wrote("hello", where=f"c{n % 5}", key=f"burst:{n}") for n in range(30)]
    acknowledged = set[str]()
    async with open_household(tmp_path, tables(tmp_path, database=postgres_database)) as house:

        async def deliver(place: int) -> None:
            for inbound in burst[place::5]:
                await house.running.desk.receive(inbound)
                acknowledged.add(inbound.key)

        async def crash_in_the_middle() -> None:
            await house.until(lambda: len(house.shown()) >= 5)
            await asyncio.to_thread(postgres_server.crash)

        outcomes = await asyncio.gather(
            crash_in_the_middle(), *[deliver(place) for place in range(5)], return_exceptions=True
        )
        await asyncio.to_thread(postgres_server.start)
        assert {type(outcome) for outcome in outcomes} <= {type(None), StoreError}
        assert acknowledged <= {message.platform_key for message in await house.rows(Message)}
        for inbound in burst:
            await house.running.desk.receive(inbound)
        await house.until_rows(_all_taken)
        await house.until(lambda: len(house.shown()) >= len(burst))
        assert len(await house.rows(OutboxRow)) == len(burst)
        assert house.platform.doubled() == []


async def _done(unit: Unit) -> bool:
    return [item.status for item in await unit.find(Dispatch)] == [Status.DONE]


async def _all_taken(unit: Unit) -> bool:
    return not await unit.find(Message, state=MessageState.WAITING, limit=1)
