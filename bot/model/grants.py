"""What people allowed beyond one press: rules until they are revoked, calls that are known, money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Rule:
    """A tool rule of a project that somebody added on the command line; in force until it is revoked."""

    id: str  # what people read: r3
    project: str
    rule: str  # normalised, in the specialist's own syntax: Bash(pytest *)
    added_by: str  # person id
    added_at: datetime
    revoked_by: str | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SessionGrant:
    """One exact call that a dispatch may repeat without asking again."""

    id: str  # dispatch:hash
    dispatch: str
    hash: str  # Approval.hash
    question: str
    granted_by: str
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class Allowance:
    """Money added to a budget for one day or month by somebody who may."""

    id: str
    budget: str  # person:ann | day | month
    period: str  # 2026-11-24, or 2026-11
    usd: float
    added_by: str
    added_at: datetime
