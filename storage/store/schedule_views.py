"""Questions about schedules that go across rows, each one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Executable, Select, func, or_, select, union_all

from bot.model.dispatches import LIVE, RunState
from bot.model.schedules import FiringState, ScheduleState
from storage.tables import dispatches, firings, runs, schedules


def due(at: datetime) -> Select[str]:
    active = (schedules.c.state == ScheduleState.ACTIVE, schedules.c.next_at <= at)
    return select(schedules.c.id).where(*active).order_by(schedules.c.next_at, schedules.c.place)


def next_firing() -> Executable:
    scheduled = select(func.min(schedules.c.next_at).label("at")).where(
        schedules.c.state == ScheduleState.ACTIVE
    )
    held = select(func.min(firings.c.hold_until).label("at")).where(firings.c.state == FiringState.HELD)
    moments = union_all(scheduled, held).subquery()
    return select(func.min(moments.c.at))


def touched(columns: Sequence[Column[Any]], since: datetime) -> Select[Any]:
    last = func.coalesce(dispatches.c.activity_at, dispatches.c.created_at)
    wanted = or_(last >= since, dispatches.c.status.in_(LIVE))
    return select(*columns).where(wanted).order_by(dispatches.c.number)


def spent_usd(schedule: str, since: datetime) -> Select[float]:
    of_schedule = (firings.c.schedule == schedule, firings.c.made_at >= since)
    settled = (
        select(func.coalesce(func.sum(dispatches.c.cost_usd), 0.0))
        .join(firings, firings.c.dispatch == dispatches.c.id)
        .where(*of_schedule)
    )
    admitted = (RunState.QUEUED, RunState.RUNNING)
    reserved = (
        select(func.coalesce(func.sum(runs.c.reserved_usd + runs.c.lost_usd), 0.0))
        .join(firings, firings.c.dispatch == runs.c.dispatch)
        .where(*of_schedule, runs.c.state.in_(admitted))
    )
    return select(settled.scalar_subquery() + reserved.scalar_subquery())
