"""Rows that only grow: what arrived, what happened, what was paid, who did what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.model.dispatches import Billing


@dataclass(frozen=True, slots=True)
class Arrival:
    """The unique platform key of one accepted event; a redelivery finds it here."""

    id: str  # the key
    conversation: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event of a run, as JSON; unique by (run, attempt, seq)."""

    id: str  # "d7/1.1.000042"
    run: str
    dispatch: str
    attempt: int
    seq: int
    at: datetime
    kind: str  # the event's class name
    data: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """Of one or several requests to a model."""

    input: int = 0  # cached ones included
    cached: int = 0
    output: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(self.input + other.input, self.cached + other.cached, self.output + other.output)


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """Money that one run or one decision cost.

    ``usd`` None is an unknown price. Where it is unknown because nobody was left to tell, ``reserved_usd``
    counts in its place until a later run of the session tells the sum (``included_in``).
    """

    id: str
    at: datetime
    person: str
    project: str
    object: str  # run id or message id
    usd: float | None  # None: unknown price
    billing: Billing
    model: str = ""
    conversation: str = ""
    input_tokens: int | None = None  # None: not counted; cached ones are part of them
    cached_tokens: int | None = None
    output_tokens: int | None = None
    session: str = ""
    reserved_usd: float = 0.0  # counts against budgets while ``usd`` is unknown
    included_in: str = ""  # the run whose amount holds this one's too


HOUSE: Final = "house"
"""Who did what nobody asked for, in the audit."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """Who did what, when, from where; never changed."""

    id: str
    at: datetime
    person: str  # person id, or chat:account of somebody unknown
    action: str
    object: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes by their sha256: files handed over, long logs."""

    id: str  # sha256 in hex
    size: int
    data: bytes
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Alert:
    """A budget was seen to be nearly used up, and somebody was told; once per budget, period and level."""

    id: str  # person:ann:2026-11-24:75
    at: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """A stranger was told once today."""

    id: str  # chat:account:conversation:date
    at: datetime
