"""The whole house on a real PostgreSQL: nothing is copied, and a restart of the server loses nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.model.conversations import Message, MessageState, Outcome, Receipt
from bot.model.dispatches import Dispatch, Run, RunState, Status
from bot.model.posts import OutboxRow
from bot.model.questions import Question, QuestionState
from bot.ports import Unit
from tests.conftest import PostgresServer
from tests.houses import Household, open_household, tables, wrote

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
        assert (tmp_path / "api/chosen.txt").read_text() == "blue\n"
        assert [item.status for item in await house.rows(Dispatch)] == [Status.DONE]
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
                await house.running.desk.receive(wrote("/run utter lost"))
            held_back = house.platform.writes("ann", "/run utter kept", "other")
            with pytest.raises(StoreError):
                await house.running.desk.receive(wrote("again"))
            assert held_back in house.platform.waiting()
        finally:
            postgres_server.start()
        await house.until_said("It said kept.", "other")
        house.platform.presses("ann", "red")
        await house.until_said("It chose red.")
        runs = {run.id: run.attempt for run in await house.rows(Run)}
        assert runs == {"d1/1": 1, "d2/1": 1}
        assert not any("lost" in message.text for message in await house.rows(Message))


async def test_everything_acknowledged_in_a_burst_with_a_crash_is_answered_once(
    postgres_server: PostgresServer, postgres_database: str, tmp_path: Path
) -> None:
    """Whatever commit the crash cuts, the redelivered burst ends with one reply for each message."""
    burst = [wrote("hello", where=f"c{n % 5}", key=f"burst:{n}") for n in range(60)]
    async with open_household(tmp_path, tables(tmp_path, database=postgres_database)) as house:

        async def crash_in_the_middle() -> None:
            await house.until_rows(_some_message)
            await asyncio.to_thread(postgres_server.crash)

        async def deliver(n: int) -> Receipt:
            await house.until(lambda: len(house.platform.messages()) >= n // 10)
            return await house.running.desk.receive(burst[n])

        *receipts, _ = await asyncio.gather(
            *[deliver(n) for n in range(len(burst))], crash_in_the_middle(), return_exceptions=True
        )
        await asyncio.to_thread(postgres_server.start)
        kept = {message.platform_key for message in await house.rows(Message)}
        for inbound, receipt in zip(burst, receipts, strict=True):
            if isinstance(receipt, Receipt):
                assert inbound.key in kept
        again = [await house.running.desk.receive(inbound) for inbound in burst]
        assert {receipt.outcome for receipt in again} <= {Outcome.ACCEPTED, Outcome.DUPLICATE}
        await house.until(lambda: len(house.shown()) >= len(burst))
        await house.until_rows(_all_taken)
        assert len(await house.rows(OutboxRow)) == len(burst)
        assert house.platform.doubled() == []


async def _some_message(unit: Unit) -> bool:
    return bool(await unit.find(Message, limit=1))


async def _all_taken(unit: Unit) -> bool:
    return not await unit.find(Message, state=MessageState.WAITING, limit=1)
