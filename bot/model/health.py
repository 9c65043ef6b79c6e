"""Whether each part of a running house does its work, judged by when it last did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits, and since when; one look at the rows."""

    turns_waiting: int = 0
    oldest_turn_at: datetime | None = None
    posts_unsent: int = 0
    oldest_post_at: datetime | None = None
    questions_open: int = 0
    oldest_question_at: datetime | None = None
    runs_held: int = 0
    runs_queued: int = 0
    runs_running: int = 0


@dataclass(frozen=True, slots=True)
class Connection:
    """A chat's own word about its platform."""

    since: datetime | None = None  # connected without a break since then; None: not connected
    heard_at: datetime | None = None  # the last sign of life: an event, an empty poll, a pong
    quiet_s: float | None = None  # a longer silence means that nobody is there; None: silence means nothing
    problem: str = ""  # one sentence; empty while all is well


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the house."""

    name: str  # database, clock, queue.turns, chat.slack, turns, posts
    ok: bool
    age_s: float | None  # since it last did its work; of a backlog: of its oldest item
    detail: str = ""  # what is wrong, and what to do


@dataclass(frozen=True, slots=True)
class Health:
    at: datetime
    alive: bool  # its loops turn: if not, a restart helps
    ready: bool  # every part does its work
    parts: tuple[Part, ...]
    backlog: Backlog


@dataclass(frozen=True, slots=True)
class Figures:
    """What is counted in rows, for those who watch over weeks."""

    spent_usd: dict[str, float]  # by billing; all that the ledger has
    waits_s: tuple[float, ...]  # of the questions that were closed since the moment that was asked about
    sent_again: int = 0  # messages that may have arrived twice, ever
    returned: int = 0  # posts that a platform refused for good, ever
