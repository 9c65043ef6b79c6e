"""What may have arrived twice is counted in the rows, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.story import Teller
from tests.story_house import StoryHouse
from tests.story_view import View


@pytest.mark.parametrize(
    ("lookup", "faults", "counted"),
    [
        (False, "429, 429", 0),  # it said that it took nothing
        (False, "lose", 1),
        (False, "429, apply_then_drop, lose", 2),
        (True, "lose, apply_then_drop", 0),  # it is looked up, so nothing stands there twice
    ],
)
async def test_only_unknown_outcomes_are_counted(
    lookup: bool, faults: str, counted: int, tmp_path: Path
) -> None:
    """Complaint row 4 (OC #87440): an operator sees how often it may have happened, after a crash, too."""
    house = StoryHouse({"chat": "scripted", "platform": {"lookup": lookup}}, tmp_path)
    await house.begin()
    try:
        teller = Teller(house, View(house))
        await teller.chat_fails(faults)
        await teller.writes("ann", "help")
        for _ in faults.split(","):
            await teller.pass_time("6", "second")
        await teller.frontdesk("Write what you want done")
        await teller.killed()
        assert (await house.running.desk.status()).sent_again == counted
    finally:
        await house.end()
