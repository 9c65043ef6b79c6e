"""A schedule that fires every two seconds while the house is killed, and what its firings must look like."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from bot.desk import Desk
from bot.model.people import Person, Role
from bot.model.posts import PostKind
from bot.model.schedules import Firing, FiringState, Plan, Recurrence, Rhythm, What

if TYPE_CHECKING:
    from bench.kill.evidence import Evidence
    from bench.kill.stage import Stage

ANN: Final = Person("ann", "ann", Role.ADMIN)
EVERY: Final = timedelta(seconds=2)
LOOK_EVERY_S: Final = 0.1
PLAN: Final = Plan(
    What.DISPATCH,
    "by the clock",
    Recurrence(Rhythm.EVERY, str(int(EVERY.total_seconds()))),
    "UTC",
    "scheduled work",
    "p5",
)

OVER: Final = (FiringState.DONE, FiringState.SKIPPED, FiringState.MISSED)


async def keep(stage: Stage, desk: Desk) -> None:
    """Save it once, and delete it when the kills are over."""
    if not stage.enough.exists() and not await desk.timetables.listed(ANN):
        await desk.timetables.add(ANN, PLAN, "every two seconds, scheduled work")
    while not stage.enough.exists():  # noqa: ASYNC110  another process makes the file, and tells nobody
        await asyncio.sleep(LOOK_EVERY_S)
    for each in await desk.timetables.listed(ANN):
        await desk.timetables.delete(ANN, each.schedule.id)


def lost(evidence: Evidence) -> Iterator[str]:
    """Moments without a row, rows without an end, ends without a post."""
    yield from (f"firing {row.id} is {row.state}" for row in evidence.firings if row.state not in OVER)
    posted = _posts(evidence)
    yield from (
        f"nobody saw the result of {row.id}"
        for row in evidence.firings
        if row.state is FiringState.DONE and not posted[row.dispatch or ""]
    )
    yield from _gaps(sorted(evidence.firings, key=lambda row: row.due_at))


def doubled(evidence: Evidence) -> Iterator[str]:
    """Begun, or posted, more than once."""
    causes = {message.id: message.platform_key for message in evidence.messages}
    begun = Counter(causes.get(item.cause, "") for item in evidence.dispatches)
    yield from (
        f"{key} began {times} times"
        for key, times in begun.items()
        if key.startswith("firing:") and times > 1
    )
    yield from (
        f"the result of {row.id} was posted {times} times"
        for row in evidence.firings
        if row.dispatch and (times := _posts(evidence)[row.dispatch]) > 1
    )


def _posts(evidence: Evidence) -> Counter[str]:
    return Counter(
        row.dispatch or "" for row in evidence.outbox if row.kind is PostKind.RESULT and row.edits is None
    )


def _gaps(rows: Sequence[Firing]) -> Iterator[str]:
    """One row for each moment, or one that says how many were missed together."""
    for row, following in pairwise(rows):
        more = re.search(r"and (\d+) more", row.detail) if row.state is FiringState.MISSED else None
        covered = 1 + int(more[1]) if more else 1
        if following.due_at - row.due_at != covered * EVERY:
            yield f"after {row.id} comes {following.id}"
