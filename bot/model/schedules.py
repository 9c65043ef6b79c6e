"""Schedules: work that starts by itself, and each of its firings.

::

    ACTIVE ◀──▶ PAUSED          a person, three failures in a row, or a person who may not any more
      │  └────────┴──▶ DELETED  kept for its history
      └──▶ OVER                 its only moment, or its last day, has passed

    firing   PROMISED ──▶ WORKING ──▶ DONE | QUIET | FAILED | STOPPED
                 ├──▶ HELD (quiet hours) ──▶ PROMISED
                 └──▶ DONE | QUIET | FAILED | SKIPPED      MISSED: noted, never begun
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class Rhythm(StrEnum):
    ONCE = "once"  # a civil time
    CRON = "cron"  # five fields, by the clock on the wall
    EVERY = "every"  # seconds since the schedule began, by the clock that never turns back


@dataclass(frozen=True, slots=True)
class Recurrence:
    """When, without a zone: ``2026-03-02T09:00``, ``0 9 * * 1-5`` or ``5400``."""

    rhythm: Rhythm
    spec: str


class What(StrEnum):
    DISPATCH = "dispatch"  # work in a project
    WATCH = "watch"  # the same, and only what is new is posted
    DIGEST = "digest"  # the house's own account, made from rows


class Scope(StrEnum):
    """Whose work a digest is about."""

    ME = "me"
    CHANNEL = "channel"
    HOUSE = "house"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a person confirms: everything of a schedule that is theirs to say."""

    what: What
    title: str
    recurrence: Recurrence
    timezone: str  # IANA
    prompt: str = ""  # the person's own words; empty for a digest
    project: str | None = None
    scope: Scope = Scope.ME
    to: str = ""  # a chat's name or chat:key; empty: where it was asked for
    max_usd: float | None = None  # of one run, below the project's limit
    month_usd: float | None = None
    until: datetime | None = None  # no firing after it


class ScheduleState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    OVER = "over"
    DELETED = "deleted"
    DRAFT = "draft"  # previewed, never confirmed


HELD_BACK: Final = frozenset({ScheduleState.ACTIVE, ScheduleState.PAUSED})
"""What lists show: the others are history."""


@dataclass(frozen=True, slots=True)
class Schedule:
    id: str  # s3
    person: str  # whose it is: it runs with their rights and their money
    conversation: str  # where it posts
    cause: str  # the authorised message that asked for it; the database insists on it
    plan: Plan
    created_at: datetime
    began_at: datetime  # what an interval counts from
    state: ScheduleState = ScheduleState.ACTIVE
    version: int = 0
    next_at: datetime | None = None  # stored, so that nobody computes a thousand of them
    why: str = ""  # of a pause, in one sentence
    failures: int = 0  # in a row
    seen: tuple[str, ...] = ()  # fingerprints of what a watch has posted
    news_at: datetime | None = None  # when a watch last had something new
    silence_told: bool = False
    told_month: str = ""  # the month whose used-up budget was said

    @property
    def number(self) -> int:
        return int(self.id[1:])


class FiringState(StrEnum):
    PROMISED = "promised"
    HELD = "held"  # until its person's quiet hours end
    WORKING = "working"  # its dispatch goes on
    DONE = "done"
    QUIET = "quiet"  # there was nothing to say
    FAILED = "failed"
    STOPPED = "stopped"  # a person ended its dispatch
    SKIPPED = "skipped"  # the one before goes on, or its budget is used up
    MISSED = "missed"  # nobody was there in time


UNBEGUN: Final = (FiringState.PROMISED, FiringState.HELD)


@dataclass(frozen=True, slots=True)
class Firing:
    id: str  # s3@2026-03-02T09:00; unique, so each fires once
    schedule: str
    due_at: datetime
    made_at: datetime
    state: FiringState = FiringState.PROMISED
    by: str | None = None  # who had it run now
    preview: str | None = None  # the conversation that alone is shown it
    hold_until: datetime | None = None
    dispatch: str | None = None
    outbox: str | None = None  # the digest's post
    about: tuple[str, ...] = ()  # the dispatches that a digest names
    detail: str = ""
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Timetable:
    """One schedule as it is shown."""

    schedule: Schedule
    place: str
    next_runs: tuple[datetime, ...]
    when: str  # in words
    price: str  # in words, of one run
    last: Firing | None = None


@dataclass(frozen=True, slots=True)
class Fired:
    """One line of a schedule's history."""

    firing: Firing
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of a chart."""

    label: str
    usd: float
    dispatches: int
