"""However much happens in a thread, the house stays within Slack's rates, and the card ends as it should.

The clock of the house, its chat and the rehearsed Slack moves quicker than the real one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from bot.model.dispatches import Dispatch, Status
from bot.model.log import EventRow
from tests.slack_phones import SlackPhones
from tests.story_house import StoryHouse
from tests.story_teller import Teller
from tests.story_view import View

TICK_S = 0.5
PATIENCE_S = 100.0


def tables(events: int) -> dict[str, object]:
    """Each run says so many things, one a second."""
    lines = [f"part {n}" for n in range(5)]
    uses = [{"use": f"Look at file {n}", "seconds": 1} for n in range(events)]
    ticks = [{"tick": line} for line in lines]
    steps = [{"plan": lines}, *uses, *ticks, {"say": "Done with run {{turn}}."}]
    return {"chat": "slack", "paced": True, "play": {"rules": [{"when": ".", "steps": steps}]}}


async def done(house: StoryHouse, runs: int) -> Dispatch:
    """Once so many runs have ended and all of it is on the screen; time passes meanwhile."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            async with house.reading() as unit:
                found = await unit.get(Dispatch, "d1")
            ended = found is not None and found.runs == runs and found.status is Status.DONE
            if found is not None and ended and found.drawn == found.revision and await house.quiet():
                return found
            await house.pass_time(TICK_S)
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("runs", "calls_each", "least"),
    [(2, 30, 120), pytest.param(30, 30, 2_000, marks=[pytest.mark.full, pytest.mark.timeout(600)])],
)
async def test_a_busy_thread_stays_within_slacks_rates(
    runs: int, calls_each: int, least: int, tmp_path: Path
) -> None:
    """Slack refuses nothing, no edit of the card is lost that was the last, and every result is there."""
    house = StoryHouse(tables(calls_each), tmp_path)
    await house.begin()
    try:
        phones, teller = house.phones, Teller(house, View(house))
        assert isinstance(phones, SlackPhones)
        for run in range(1, runs + 1):
            await teller.writes("ann", "/run look at the files" if run == 1 else "go on with them")
            await done(house, run)
        calls = phones.record.calls()
        refused = Counter(each["method"] for each in calls if each["outcome"].get("error") == "ratelimited")
        assert not refused, refused
        async with house.reading() as unit:
            told = len(await unit.find(EventRow, dispatch="d1"))
        assert told >= least  # events
        (card,) = await View(house).cards("d1", "main")
        assert "— done" in card
        assert card.count("✅") == 5
        assert "5/5 steps" in card
        shown = "\n".join(message.text for message in phones.messages(phones.key("main")))
        assert [n for n in range(1, runs + 1) if f"Done with run {n}." not in shown] == []
        edits = len(phones.record.calls("chat.update"))
        print(f"{runs} runs, {told} events: {edits} edits, {len(calls)} calls, none refused")
    finally:
        await house.end()
