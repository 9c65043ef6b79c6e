"""The kill test on Telegram in its short form: updates twice, broken connections, a killed house."""

from __future__ import annotations

import pytest

from bench.telegram.campaign import Plan, carry_out

SEED = 20


@pytest.mark.parametrize(
    "plan", [Plan(24, kills=1, drops=1, people=3), pytest.param(Plan(), marks=pytest.mark.full)], ids=str
)
async def test_nothing_comes_of_kills_repeats_and_broken_connections(plan: Plan) -> None:
    """Complaint rows 1, 2 and 4: PLO #906, OC #90282, NB #2235: once each, in order, every answer posted,
    and no more messages twice than sends of which nobody could know."""
    outcome = await carry_out(plan, SEED)
    assert outcome.failures == [], str(outcome)
    assert outcome.repeats
