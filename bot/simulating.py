"""What the same work would have cost with other models: the ledger's tokens at other prices, an estimate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.model.log import LedgerRow, Tokens
from bot.prices import Priced

NOTE: Final = (
    "An estimate: the same tokens at the prices of each model. Another model would have used more or fewer, "
    "and would not have done the work equally well."
)


@dataclass(frozen=True, slots=True)
class Alternative:
    """Everything with one model."""

    name: str  # of the tier
    model: str
    usd: float | None  # None: nobody knows its price


@dataclass(frozen=True, slots=True)
class Simulation:
    entries: int  # those that can be compared: their tokens and their price are known
    left_out: int
    as_it_was_usd: float
    alternatives: tuple[Alternative, ...]  # the dearest first, those of unknown price last

    @property
    def note(self) -> str:
        apart = f" {self.left_out} entries could not be compared." if self.left_out else ""
        return f"{NOTE}{apart}"


def simulate(rows: Sequence[LedgerRow], models: Mapping[str, Priced]) -> Simulation:
    """All the work of ``rows``, once for each of ``models``."""
    known = [row for row in rows if row.usd is not None and row.input_tokens is not None]
    tokens = sum((_tokens(row) for row in known), Tokens())
    found = [Alternative(name, priced.model, priced.usd(tokens)) for name, priced in models.items()]
    ordered = sorted(found, key=lambda each: (each.usd is None, -(each.usd or 0.0), each.name))
    return Simulation(
        len(known), len(rows) - len(known), sum(row.usd or 0.0 for row in known), tuple(ordered)
    )


def _tokens(row: LedgerRow) -> Tokens:
    return Tokens(row.input_tokens or 0, row.cached_tokens or 0, row.output_tokens or 0)
