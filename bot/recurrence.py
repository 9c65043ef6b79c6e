"""When a schedule fires next, and the key by which it fires once; the only file that knows croniter.

A schedule with fixed hours lives by the clock on the wall: each civil time is one moment, the first where the
clock shows it twice, an hour later where it does not show it at all, and the civil time is its key. One whose
hours are free (``*/15 * * * *``) or which counts seconds lives by moments, and its key is the moment in UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from croniter import CroniterError, croniter

from bot.errors import Refused
from bot.model.schedules import Recurrence, Rhythm

_GAP: Final = timedelta(hours=3)
"""More than any clock is ever moved: civil times that far apart keep their order."""

FIELDS: Final = 5
MANY: Final = 500
"""Missed moments that are counted; somebody who was away for a year does not read the number."""
LEAST_S: Final = 1


def check(recurrence: Recurrence, timezone: str) -> None:
    """Raises Refused with a sentence for what has no next moment, now or ever."""
    try:
        next_after(recurrence, timezone, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
    except (CroniterError, ValueError, OverflowError, KeyError) as error:
        raise Refused(f"“{recurrence.spec}” is no time that I understand.") from error


def next_after(recurrence: Recurrence, timezone: str, after: datetime, began_at: datetime) -> datetime | None:
    """The first moment later than ``after``, in UTC; None when there is none."""
    zone = ZoneInfo(timezone)
    match recurrence.rhythm:
        case Rhythm.ONCE:
            only = _moment(datetime.fromisoformat(recurrence.spec), zone)
            return only if only > after else None
        case Rhythm.EVERY:
            every = timedelta(seconds=int(recurrence.spec))
            if every < timedelta(seconds=LEAST_S):
                raise ValueError("too often")
            passed = max((after - began_at) // every + 1, 1)
            return began_at + passed * every
        case Rhythm.CRON:
            if len(recurrence.spec.split()) != FIELDS:
                raise ValueError("five fields")
            if is_civil(recurrence):
                return _next_civil(recurrence.spec, zone, after)
            return _next_of(recurrence.spec, after.astimezone(zone)).astimezone(UTC)


def is_civil(recurrence: Recurrence) -> bool:
    """Whether its hours are fixed, so that a civil time is its key."""
    if recurrence.rhythm is Rhythm.CRON:
        return not recurrence.spec.split()[1].startswith("*")
    return recurrence.rhythm is Rhythm.ONCE


def key_of(recurrence: Recurrence, timezone: str, due_at: datetime) -> str:
    """What one firing is known by, in every process and after every restart."""
    if not is_civil(recurrence):
        return due_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if recurrence.rhythm is Rhythm.ONCE:
        return recurrence.spec
    zone = ZoneInfo(timezone)
    local = due_at.astimezone(zone).replace(tzinfo=None)
    names = [civil for civil in _civil_times(recurrence.spec, local) if _moment(civil, zone) == due_at]
    return (names[0] if names else local).isoformat(timespec="minutes")


def last_before(
    recurrence: Recurrence, timezone: str, first: datetime, now: datetime, began_at: datetime
) -> tuple[datetime, int]:
    """The newest moment from ``first`` up to ``now``, and how many there were before it, counted to MANY."""
    if recurrence.rhythm is Rhythm.EVERY:
        every = timedelta(seconds=int(recurrence.spec))
        steps = (now - first) // every
        return first + steps * every, steps
    newest, missed = first, 0
    while (following := next_after(recurrence, timezone, newest, began_at)) and following <= now:
        newest, missed = following, missed + 1
        if missed == MANY:  # nobody looked for ages: on from shortly before now
            newest = max(newest, _shortly_before(recurrence, ZoneInfo(timezone), now))
    return newest, min(missed, MANY)


def _shortly_before(recurrence: Recurrence, zone: ZoneInfo, now: datetime) -> datetime:
    """A moment from which the newest one is a few steps away, however long nobody looked."""
    local = now.astimezone(zone).replace(tzinfo=None)
    back: datetime = croniter(recurrence.spec, local).get_prev(datetime)
    return _moment(back, zone) - _GAP


def coming(
    recurrence: Recurrence, timezone: str, after: datetime, began_at: datetime, count: int
) -> Iterator[datetime]:
    """The next few moments."""
    at: datetime | None = after
    for _ in range(count):
        at = next_after(recurrence, timezone, at, began_at)
        if at is None:
            return
        yield at


def _next_civil(spec: str, zone: ZoneInfo, after: datetime) -> datetime:
    """Where the clock jumps, civil times can change their order: the earliest of those near each other."""
    local = after.astimezone(zone).replace(tzinfo=None)
    best: datetime | None = None
    best_civil = local
    times = croniter(spec, local - _GAP)
    while True:
        civil: datetime = times.get_next(datetime)
        if best is not None and civil > best_civil + _GAP:
            return best
        moment = _moment(civil, zone)
        if moment > after and (best is None or moment < best):
            best, best_civil = moment, civil


def _civil_times(spec: str, local: datetime) -> Iterator[datetime]:
    """Those that may be shown as ``local``: itself, or one that the clock jumped over."""
    times = croniter(spec, local - _GAP - timedelta(minutes=1))
    while (civil := times.get_next(datetime)) <= local:
        yield civil


def _next_of(spec: str, after: datetime) -> datetime:
    found: datetime = croniter(spec, after).get_next(datetime)
    return found


def _moment(civil: datetime, zone: ZoneInfo) -> datetime:
    """The first moment at which the clock shows it; where it never does, an hour later."""
    return civil.replace(tzinfo=zone, fold=0).astimezone(UTC)
