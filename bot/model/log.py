"""Rows that only grow: what arrived, what happened, what was paid, who did what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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
class LedgerRow:
    """Money that one run or one decision cost."""

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
