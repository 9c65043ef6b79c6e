"""``costs`` on the command line: for people, spreadsheets and programs, in the months of the house."""

from __future__ import annotations

import asyncio
import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.model.dispatches import Billing
from bot.model.log import LedgerRow, Tokens
from bot.settings import load
from storage.migrate import migrate
from storage.store import SqlStore
from tests.commands import TWO_PEOPLE, Shell, shell

__all__ = ["shell"]

CONFIGURATION = '[frontdesk]\ntimezone = "Europe/Berlin"\n' + TWO_PEOPLE
ROWS = (
    LedgerRow("l1", datetime(2026, 3, 1, 12, tzinfo=UTC), "ann", "api", "d1/1", 1.25, Billing.BILLED),
    LedgerRow(
        "l2", datetime(2026, 3, 2, tzinfo=UTC), "vic", "=web()", "d2/1", 0.5, Billing.ESTIMATED,
        input_tokens=1000, output_tokens=10,
    ),
    LedgerRow("l3", datetime(2026, 3, 3, tzinfo=UTC), "ann", "api", "d3/1", None, Billing.ESTIMATED),
    # Half past eleven in the evening of the last of March in UTC: April has begun in Berlin.
    LedgerRow("l4", datetime(2026, 3, 31, 23, 30, tzinfo=UTC), "ann", "api", "d4/1", 4.0, Billing.BILLED),
)  # fmt: skip

MODELS = """
[models.frontier]
model = "anthropic:claude-opus-4-5"
usd_per_million_in = 10.0
usd_per_million_out = 50.0
[models.bulk]
model = "mine:small"
usd_per_million_in = 0.1
usd_per_million_out = 0.5
[models.odd]
model = "mine:odd"
"""


@pytest.fixture
def house(shell: Shell) -> Shell:
    """Two people who have spent money in March."""
    asyncio.run(_fill(shell.write(CONFIGURATION)))
    return shell


async def _fill(configuration: Path) -> None:
    database = load(str(configuration)).database_url
    await migrate(database)
    store = SqlStore(database)
    async with store.transaction() as unit:
        await unit.add(*ROWS)
    await store.close()


def test_a_month_is_that_of_the_house(house: Shell) -> None:
    """An admin sees everybody's; what has no known price is counted apart."""
    march = house("costs", "--month", "2026-03", "--as", "ann")
    assert march.code == 0
    lines = [line.split() for line in march.out.splitlines() if line.strip()]
    by_name = {line[0]: line[1:] for line in lines}
    assert by_name["ann"] == ["$1.2500", "$1.2500", "$0.0000", "$0.0000", "1", "2"]
    assert by_name["vic"] == ["$0.5000", "$0.0000", "$0.5000", "$0.0000", "0", "1"]
    assert "$1.7500" in march.out
    assert "baseline_model" in march.out
    assert "$4.0000" in house("costs", "--month", "2026-04", "--as", "ann").out


def test_others_see_their_own(house: Shell) -> None:
    """Nothing of ann's, not even in a sum."""
    shown = json.loads(house("costs", "--month", "2026-03", "--as", "vic", "--json").out)
    assert [line["name"] for line in shown["lines"]] == ["vic"]
    assert shown["total"]["spent_usd"] == 0.5


def test_values_for_a_spreadsheet_are_values(house: Shell) -> None:
    """One header, one line each, and no name that a spreadsheet would calculate."""
    printed = house("costs", "--by", "project", "--month", "2026-03", "--csv", "--as", "ann").out
    header, *lines = csv.reader(printed.splitlines())
    assert header[:3] == ["project", "spent_usd", "billed_usd"]
    found = {line[0]: dict(zip(header, line, strict=True)) for line in lines}
    assert set(found) == {"api", "'=web()"}
    assert (found["api"]["spent_usd"], found["api"]["unknown"]) == ("1.25", "1")
    assert (found["'=web()"]["input_tokens"], found["'=web()"]["output_tokens"]) == ("1000", "10")


def test_a_program_gets_the_moments_too(house: Shell) -> None:
    """The period as two moments in UTC, and the saving's words also where there is none."""
    shown = json.loads(house("costs", "--by", "day", "--since", "2026-03-02", "--as", "ann", "--json").out)
    assert shown["since"].startswith("2026-03-01T23:00")
    assert [line["name"] for line in shown["lines"]] == ["2026-03-02", "2026-03-03", "2026-04-01"]
    assert shown["saving"] is None
    assert "baseline_model" in shown["saving_words"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--month", "March"], "--month must be written as in 2026-11."),
        (["--since", "2026-3"], "--since must be written as in 2026-11-24."),
        (["--month", "2026-03", "--since", "2026-03-01"], "Give --month or --since, not both."),
    ],
)
def test_what_cannot_be_a_period_is_said(house: Shell, options: list[str], said: str) -> None:
    """With how to write it, and the code of a wrong command line."""
    ended = house("costs", *options, "--as", "ann")
    assert (ended.code, said in ended.err) == (2, True)


def test_a_month_without_costs_says_so(house: Shell) -> None:
    """In one sentence."""
    assert house("costs", "--month", "2025-01", "--as", "ann").out == "Nothing was spent then.\n"


def test_tokens_of_a_line_add_up() -> None:
    """As they are written down, with those from a cache."""
    assert Tokens(3, 1, 2) + Tokens(1, 1, 1) == Tokens(4, 2, 3)


def test_a_simulation_shows_the_same_tokens_at_other_prices(house: Shell) -> None:
    """Only entries that tell tokens and price are compared; an unknown price is said, not counted."""
    house.write(CONFIGURATION + MODELS)
    found = json.loads(house("costs", "--month", "2026-03", "--as", "ann", "--json").out)["simulation"]
    assert (found["entries"], found["left_out"], found["as_it_was_usd"]) == (1, 2, 0.5)
    prices = {each["name"]: each["usd"] for each in found["alternatives"]}
    assert prices == {"frontier": pytest.approx(0.0105), "bulk": pytest.approx(0.000105), "odd": None}
    shown = house("costs", "--month", "2026-03", "--as", "ann", "--simulate").out
    assert "all on frontier" in shown
    assert "An estimate" in shown
    assert "unknown" in shown
