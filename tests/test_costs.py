"""What was spent: every amount with its mark, unknown ones apart, and a saving that says what it compares."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.breakers import Repeats
from bot.costs import SECRETARY, By, Line, summed
from bot.model.dispatches import Billing
from bot.model.events import Used
from bot.model.log import LedgerRow, Tokens
from bot.prices import price_usd

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
_ids: Iterator[int] = count(1)


def row(usd: float | None, billing: Billing = Billing.ESTIMATED, **more: Any) -> LedgerRow:
    given: dict[str, Any] = {"person": "ann", "project": "api", "object": "d1/1", "at": NOON, **more}
    return LedgerRow(id=f"l{next(_ids)}", usd=usd, billing=billing, **given)


def lines(rows: list[LedgerRow], by: By) -> dict[str, Line]:
    return {line.name: line for line in summed(rows, by, BERLIN).lines}


def test_every_amount_keeps_its_mark() -> None:
    """Money is what was billed or estimated; a subscription's list price is no money."""
    rows = [row(1.0, Billing.BILLED), row(2.0), row(4.0, Billing.SUBSCRIPTION), row(None)]
    line = lines(rows, By.PERSON)["ann"]
    assert (line.billed_usd, line.estimated_usd, line.subscription_usd, line.unknown) == (1.0, 2.0, 4.0, 1)
    assert (line.spent_usd, line.entries) == (3.0, 4)


def test_what_a_later_run_includes_is_not_unknown() -> None:
    """The killed run's money stands in the amount of the run that saw it."""
    rows = [row(None, included_in="d1/2"), row(0.7, object="d1/2")]
    assert lines(rows, By.PROJECT)["api"].unknown == 0


def test_days_are_those_of_the_house() -> None:
    """Half past eleven at night in UTC is the next day in Berlin."""
    late = datetime(2026, 3, 14, 23, 30, tzinfo=UTC)
    assert list(lines([row(1.0), row(1.0, at=late)], By.DAY)) == ["2026-03-14", "2026-03-15"]


def test_the_saving_names_its_baseline_and_what_it_leaves_out() -> None:
    """Only requests whose tokens and price are known are compared; the sentence says with what."""
    asked: dict[str, Any] = {
        "project": SECRETARY,
        "input_tokens": 1_000_000,
        "cached_tokens": 0,
        "output_tokens": 0,
    }
    known = price_usd("anthropic:claude-opus-4-5", Tokens(1_000_000))
    assert known
    rows = [row(0.1, **asked), row(None, **asked), row(9.0)]
    saving = summed(rows, By.PERSON, BERLIN, baseline="anthropic:claude-opus-4-5").saving
    assert saving is not None
    assert (saving.requests, saving.left_out, saving.paid_usd) == (1, 1, 0.1)
    assert saving.baseline_usd == pytest.approx(known)
    assert "list price of anthropic:claude-opus-4-5" in saving.words
    assert "an estimate" in saving.words


def test_an_unlisted_price_is_unknown() -> None:
    """Never 0 (a local model, a private server)."""
    assert price_usd("ollama:something-of-mine", Tokens(1000, 0, 10)) is None
    saving = summed([], By.DAY, BERLIN, baseline="mine:unheard-of").saving
    assert saving is not None
    assert "no list price is known for mine:unheard-of" in saving.words


def test_cached_tokens_are_cheaper() -> None:
    """They are part of the input and priced as what they are."""
    whole, cached = Tokens(10_000, 0, 100), Tokens(10_000, 9_000, 100)
    assert (price_usd("openai:gpt-5-mini", cached) or 0) < (price_usd("openai:gpt-5-mini", whole) or 0)


def test_equal_calls_in_a_row_trip_the_breaker_and_others_do_not() -> None:
    """The same tool and input, begun as often as the limit, with nothing else called in between."""
    repeats = Repeats(3)
    same, other = Used("Bash", "ls", call="1"), Used("Bash", "ls", call="2")
    assert [bool(repeats.after(call)) for call in (same, same, other, same, same)] == [False] * 5
    assert not repeats.after(Used("Bash", "ls", ok=True, call="1"))
    assert "3 times in a row, so it was stopped: `ls`" in repeats.after(same)
