"""What was spent, by person, project, model, conversation or day, and what the secretary saved.

Billed and estimated amounts are money; those of a subscription are only what the same work would have cost,
and unknown prices are counted apart: neither is part of what was spent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from bot import prices
from bot.model.dispatches import Billing
from bot.model.log import LedgerRow, Tokens
from bot.prices import Priced
from bot.simulating import Simulation, simulate

SECRETARY: Final = "secretary"
"""The project under which the secretary's own requests are booked."""

_NO_NAMES: Final[Mapping[str, str]] = {}
_NO_MODELS: Final[Mapping[str, Priced]] = {}


class By(StrEnum):
    PERSON = "person"
    PROJECT = "project"
    MODEL = "model"
    CONVERSATION = "conversation"
    DAY = "day"


@dataclass(slots=True)
class Line:
    """One group's sum."""

    name: str
    entries: int = 0
    billed_usd: float = 0.0
    estimated_usd: float = 0.0
    subscription_usd: float = 0.0  # at list price; paid otherwise
    unknown: int = 0  # entries whose price nobody knows
    tokens: Tokens = field(default_factory=Tokens)

    @property
    def spent_usd(self) -> float:
        return self.billed_usd + self.estimated_usd

    def add(self, row: LedgerRow) -> None:
        self.entries += 1
        self.tokens += Tokens(row.input_tokens or 0, row.cached_tokens or 0, row.output_tokens or 0)
        match row.billing:
            case _ if row.usd is None:
                self.unknown += not row.included_in  # else its amount stands in a later row
            case Billing.BILLED:
                self.billed_usd += row.usd
            case Billing.ESTIMATED:
                self.estimated_usd += row.usd
            case Billing.SUBSCRIPTION:
                self.subscription_usd += row.usd


@dataclass(frozen=True, slots=True)
class Saving:
    """The secretary's requests, and what they would have cost with another model."""

    baseline_model: str
    requests: int  # those that can be compared: their tokens and their price are known
    left_out: int
    paid_usd: float
    baseline_usd: float | None  # None: nobody lists a price for the baseline

    @property
    def words(self) -> str:
        """The comparison, and what it is a comparison with."""
        if self.baseline_usd is None:
            return f"No saving is shown: no list price is known for {self.baseline_model}."
        apart = f" {self.left_out} more could not be compared." if self.left_out else ""
        return (
            f"Saved about ${self.baseline_usd - self.paid_usd:.2f}, an estimate: the secretary's "
            f"{self.requests} requests cost ${self.paid_usd:.4f}; the same tokens at the list price of "
            f"{self.baseline_model} would have cost ${self.baseline_usd:.4f}. The work of specialists is no "
            f"part of it.{apart}"
        )


@dataclass(frozen=True, slots=True)
class Costs:
    by: By
    lines: tuple[Line, ...]  # the most expensive first, days in their order
    total: Line
    saving: Saving | None  # None: no baseline is configured
    simulation: Simulation


def summed(
    rows: Sequence[LedgerRow],
    by: By,
    timezone: ZoneInfo,
    *,
    names: Mapping[str, str] = _NO_NAMES,
    baseline: str | None = None,
    models: Mapping[str, Priced] = _NO_MODELS,
) -> Costs:
    """The ledger's rows in groups; ``names``: of conversations, by id; ``models``: to compare with."""
    lines: dict[str, Line] = {}
    total = Line("total")
    for row in rows:
        name = _group(row, by, timezone, names)
        lines.setdefault(name, Line(name)).add(row)
        total.add(row)
    if by is By.DAY:
        ordered = sorted(lines.values(), key=lambda line: line.name)
    else:
        ordered = sorted(
            lines.values(), key=lambda line: (-line.spent_usd, -line.subscription_usd, line.name)
        )
    return Costs(
        by, tuple(ordered), total, _saving(rows, baseline) if baseline else None, simulate(rows, models)
    )


def _group(row: LedgerRow, by: By, timezone: ZoneInfo, names: Mapping[str, str]) -> str:
    match by:
        case By.PERSON:
            return row.person
        case By.PROJECT:
            return row.project
        case By.MODEL:
            return row.model or "(not told)"
        case By.CONVERSATION:
            return names.get(row.conversation) or row.conversation or "(not told)"
        case By.DAY:
            return f"{row.at.astimezone(timezone):%Y-%m-%d}"


def _saving(rows: Sequence[LedgerRow], baseline: str) -> Saving:
    requests = [row for row in rows if row.project == SECRETARY]
    known = [row for row in requests if row.usd is not None and row.input_tokens is not None]
    tokens = sum((_tokens(row) for row in known), Tokens())
    paid_usd = sum(row.usd or 0.0 for row in known)
    baseline_usd = prices.price_usd(baseline, tokens)
    return Saving(baseline, len(known), len(requests) - len(known), paid_usd, baseline_usd)


def _tokens(row: LedgerRow) -> Tokens:
    return Tokens(row.input_tokens or 0, row.cached_tokens or 0, row.output_tokens or 0)


def in_words(found: Costs) -> str:
    """For a chat: one's own, in a few lines."""
    if not found.lines:
        return "Nothing of yours has cost anything this month."
    lines = [f"- {line.name}: {_amounts(line)}" for line in found.lines]
    return f"Yours this month: {_amounts(found.total)}\n\n" + "\n".join(lines)


def _amounts(line: Line) -> str:
    parts = [
        f"${usd:.2f} {kind}"
        for usd, kind in (
            (line.billed_usd, "billed"),
            (line.estimated_usd, "estimated"),
            (line.subscription_usd, "at list price, paid by subscription"),
        )
        if usd
    ]
    if line.unknown:
        parts.append(f"{line.unknown} of unknown price")
    return ", ".join(parts) or "$0.00"
