"""The typing sign: shown while somebody waits for a model, gone afterwards, and never in the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.story import Teller
from tests.story_house import StoryHouse
from tests.story_view import View

SIGN = "sendChatAction"


@pytest.mark.parametrize(
    "fault", ["ok", "lose", *(pytest.param(other, marks=pytest.mark.full) for other in ("429", "500"))]
)
async def test_who_waits_is_shown_that_somebody_is_at_it(fault: str, tmp_path: Path) -> None:
    """Complaint row 21 (OC #102598): the sign ends with the turn, and its failure does not end the turn."""
    house = StoryHouse({"chat": "telegram"}, tmp_path)
    await house.begin()
    try:
        phones, teller = house.phones, Teller(house, View(house))
        assert phones is not None
        phones.faults.next_calls(fault, method=SIGN)
        house.gate.open.clear()
        await teller.writes("ann", "what is the weather like in the parser?")
        await phones.record.until(lambda: bool(phones.record.calls(SIGN)))
        house.gate.open.set()
        await teller.frontdesk("…")
        signs: list[Any] = phones.record.calls(SIGN)
        assert {sign["arguments"]["action"] for sign in signs} == {"typing"}
        assert len(signs) <= 2
    finally:
        await house.end()
