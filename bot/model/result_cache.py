"""What an identical request is answered with for a while, and who waits for work that is going on already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CacheState(StrEnum):
    WORKING = "working"  # its dispatch is live
    GOOD = "kept"  # a clean success, good until its time is over
    OVER = "over"  # it failed, is too old, or was cleared


@dataclass(frozen=True, slots=True)
class CachedResult:
    """A request and the dispatch that answers it, for those who can read the same conversation."""

    id: str
    key: str  # the same for identical requests; the audience is part of it
    audience: str  # who can read it: person:ann, or a channel
    dispatch: str
    made_at: datetime
    state: CacheState = CacheState.WORKING
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Waiter:
    """Somebody of the same audience who asked for the same in another conversation meanwhile."""

    id: str
    dispatch: str
    conversation: str
    message: str
    person: str
    asked_at: datetime
    served: bool = False


@dataclass(frozen=True, slots=True)
class CacheFigures:
    """What ``cache stats`` shows."""

    kept: int  # results that would answer now
    working: int
    hits: int  # since the beginning, as the next
    misses: int
    for_s: float  # how long a result is good for; 0: nothing is kept
