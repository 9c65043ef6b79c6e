"""What a schedule of everybody's looks like, in the table of rights."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from bot.model.schedules import Plan, Recurrence, Rhythm, Schedule, ScheduleState, What

NOON: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FAR_OFF: Final = datetime(2100, 1, 1, tzinfo=UTC)
PLAN: Final = Plan(What.DISPATCH, "daily look", Recurrence(Rhythm.CRON, "0 9 * * *"), "UTC", "look", "api")


def two_schedules(
    active: str, paused: str, owner: str, conversation: str, cause: str
) -> tuple[Schedule, Schedule]:
    """One of each state."""

    def one(id: str, state: ScheduleState) -> Schedule:
        return Schedule(id, owner, conversation, cause, PLAN, NOON, NOON, state, next_at=FAR_OFF)

    return one(active, ScheduleState.ACTIVE), one(paused, ScheduleState.PAUSED)
