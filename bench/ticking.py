"""schedules_1000_cpu_percent, schedules_list_ms: what a thousand schedules cost while nothing is due."""

from __future__ import annotations

import asyncio
import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from adapters.rehearsal.contracts import examples
from bench.asking import house
from bench.figures import Figure, measured
from bench.ground import configure
from bench.programs import cpu_percent
from bot.app import open_desk
from bot.desk import Desk
from bot.model.people import Person, Role
from bot.model.schedules import Plan, Recurrence, Rhythm, Schedule, What
from bot.recurrence import next_after
from bot.settings import load
from storage.store import SqlStore

SCHEDULES: Final = 1_000
ANN: Final = Person("ann", "ann", Role.ADMIN)
LISTS: Final = 50
SETTLE_S: Final = 3.0
LOOKS: Final = 6
LOOK_S: Final = 5.0


async def measure(root: Path) -> list[Figure]:
    with_them, without = configure(root / "with"), configure(root / "without")
    listed = await _fill(with_them)
    return [
        measured("schedules_list_ms", listed),
        measured("schedules_1000_cpu_percent", await _extra_cpu(with_them, without)),
    ]


async def _fill(configuration: Path) -> list[float]:
    """A thousand schedules of one person, none of them due today; milliseconds to list them."""
    settings = load(str(configuration))
    now = datetime.now(UTC)
    async with open_desk(settings) as desk:
        store = desk.house.store
        assert isinstance(store, SqlStore)  # noqa: S101  what open_desk makes
        async with store.transaction() as unit:
            await unit.add(examples.conversation("c1"), examples.message(1, "c1"))
            for n in range(1, SCHEDULES + 1):
                await unit.add(_schedule(n, now))
        return [await _list_ms(desk) for _ in range(LISTS)]


def _schedule(n: int, now: datetime) -> Schedule:
    """On some minute of a day that is neither today nor tomorrow."""
    day = now + timedelta(days=2 + n % 5)
    recurrence = Recurrence(Rhythm.CRON, f"{n % 60} {n % 24} * * {(day.weekday() + 1) % 7}")
    plan = Plan(What.DISPATCH, f"look {n}", recurrence, "Europe/Berlin", f"look for new {n}", "api")
    at = next_after(recurrence, plan.timezone, now, now)
    return Schedule(f"s{n}", ANN.id, "c1", examples.message(1, "c1").id, plan, now, now, next_at=at)


async def _list_ms(desk: Desk) -> float:
    began = time.perf_counter()
    found = await desk.timetables.listed(ANN)
    assert len(found) == SCHEDULES  # noqa: S101  else something else was measured
    return (time.perf_counter() - began) * 1000


async def _extra_cpu(with_them: Path, without: Path) -> list[float]:
    """Both houses at the same time, so that what else goes on weighs on both."""
    for configuration in (with_them, without):
        async with house(configuration):
            pass  # the first start of all loads what makes the tables
    async with house(with_them) as one, house(without) as other:
        await asyncio.sleep(SETTLE_S)
        pairs = [
            await asyncio.gather(cpu_percent(one.pid, LOOK_S), cpu_percent(other.pid, LOOK_S))
            for _ in range(LOOKS)
        ]
    extra = [busy - idle for busy, idle in pairs]
    print(f"without schedules {statistics.median(idle for _, idle in pairs):.2f} %", flush=True)
    return extra
