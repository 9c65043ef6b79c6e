"""Each local date once: zones, changes of the clocks, restarts, jumps, and two houses on the same rows."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from adapters.rehearsal.contracts import examples
from bot.due import fire_due
from bot.house import Current, House
from bot.model.schedules import Firing, FiringState, Plan, Recurrence, Rhythm, Schedule, ScheduleState, What
from bot.recurrence import next_after
from bot.settings import settings_of
from storage.migrate import migrate
from storage.store import SqlStore
from tests.test_recurrence import ZONES, moved

SPEC: Final = "30 2 * * *"
DAYS: Final = 6
HOUR: Final = timedelta(hours=1)


@dataclass(slots=True)
class Clock:
    at: datetime

    def now(self) -> datetime:
        return self.at


class Machine:
    """One process of a house, as far as its clock and its connection to the rows are concerned."""

    def __init__(self, database: str, directory: Path) -> None:
        self._database, self._directory = database, directory
        self.clock = Clock(datetime(2026, 1, 1, tzinfo=UTC))
        self.house = self._opened()

    def _opened(self) -> House:
        settings = settings_of(
            {"frontdesk": {"home": str(self._directory / "home")}}, directory=self._directory
        )
        return House(SqlStore(self._database), Current(settings), now=self.clock.now)

    async def restart(self) -> None:
        await self.house.store.close()
        self.house = self._opened()


@asynccontextmanager
async def two_machines(database: str, directory: Path) -> AsyncGenerator[tuple[Machine, Machine]]:
    await migrate(database)
    one, other = Machine(database, directory), Machine(database, directory)
    try:
        async with one.house.store.transaction() as unit:
            await unit.add(examples.conversation("c1"), examples.message(1, "c1"))
        yield one, other
    finally:
        await one.house.store.close()
        await other.house.store.close()


def schedule(id: str, zone: str, began: datetime, spec: str = SPEC) -> Schedule:
    plan = Plan(What.DIGEST, "Digest", Recurrence(Rhythm.CRON, spec), zone)
    at = next_after(plan.recurrence, zone, began, began)
    return Schedule(id, "ann", "c1", examples.message(1, "c1").id, plan, began, began, next_at=at)


def looks(zone: str, began: datetime) -> list[datetime]:
    """Shortly before, at, and some time after each moment that could be taken for 02:30."""
    found: list[datetime] = []
    tz, day = ZoneInfo(zone), began.astimezone(ZoneInfo(zone)).date()
    for n in range(DAYS + 1):
        for fold in (0, 1):
            civil = datetime.combine(day + timedelta(days=n), datetime.min.time()).replace(hour=2, minute=30)
            at = civil.replace(tzinfo=tz, fold=fold).astimezone(UTC)
            found += [at + timedelta(minutes=m) for m in (-10, 0, 1, 40)]
    return sorted({at for at in found if at > began})


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.full])]
)
async def test_each_local_date_fires_once(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """security R17, OC #61028, #60985, #11912: five zones, every change of their clocks, a restart, a clock
    that is an hour ahead and then an hour behind, and two processes that look at the same moment."""
    url = str(tmp_path / "s.sqlite3")
    if database == "postgres":
        url = request.getfixturevalue("postgres_server").create()
    table = [(zone, change - timedelta(days=3)) for zone in ZONES for change in moved(ZoneInfo(zone))]
    async with two_machines(url, tmp_path) as (one, other):
        for n, (zone, began) in enumerate(table, 1):
            row = schedule(f"s{n}", zone, began)
            async with one.house.store.transaction() as unit:
                await unit.add(row)
            for step, at in enumerate(looks(zone, began)):
                wrong = HOUR if step % 7 in (2, 3) else -HOUR if step % 7 == 5 else timedelta()
                one.clock.at, other.clock.at = at + wrong, at
                await asyncio.gather(fire_due(one.house), fire_due(other.house))
                if step % 11 == 4:
                    await one.restart()
            async with one.house.store.transaction() as unit:
                fired = await unit.find(Firing, schedule=row.id)
                current = await unit.get(Schedule, row.id)
                assert current is not None
                await unit.change(current, state=ScheduleState.PAUSED, next_at=None)
            dates = Counter(firing.id.partition("@")[2] for firing in fired)
            first = began.astimezone(ZoneInfo(zone)).date()
            wanted = {f"{first + timedelta(days=day)}T02:30" for day in range(1, DAYS)}
            assert wanted <= set(dates), (zone, began)
            assert set(dates.values()) == {1}, (zone, began)
            assert {firing.state for firing in fired} == {FiringState.PROMISED}


async def test_what_was_missed_runs_once_or_is_noted(tmp_path: Path) -> None:
    """OC #10021, #34744: within the grace the newest one runs, older ones are one row that says so."""
    began = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    async with two_machines(str(tmp_path / "s.sqlite3"), tmp_path) as (one, _):
        async with one.house.store.transaction() as unit:
            await unit.add(schedule("s1", "UTC", began, "0 10 * * *"))
            await unit.add(schedule("s2", "UTC", began, "*/15 * * * *"))
        one.clock.at = datetime(2026, 3, 5, 10, 30, tzinfo=UTC)
        next_at = await fire_due(one.house)
        assert next_at == datetime(2026, 3, 5, 10, 45, tzinfo=UTC)
        async with one.house.store.reading() as unit:
            fired = {row.id: (row.state, row.detail) for row in await unit.find(Firing)}
        assert fired == {
            "s1@2026-03-02T10:00": (
                FiringState.MISSED,
                "Nobody was there at 2026-03-02 10:00 UTC, and 2 more.",
            ),
            "s1@2026-03-05T10:00": (FiringState.PROMISED, ""),
            "s2@2026-03-02T09:15:00Z": (
                FiringState.MISSED,
                "Nobody was there at 2026-03-02 09:15 UTC, and 292 more.",
            ),
            "s2@2026-03-05T10:30:00Z": (FiringState.PROMISED, ""),
        }
        one.clock.at += timedelta(days=2, hours=5)
        await fire_due(one.house)
        async with one.house.store.reading() as unit:
            late = await unit.get(Firing, "s1@2026-03-07T10:00")
        assert late is not None
        assert late.state is FiringState.MISSED


async def test_a_schedule_does_not_fire_because_the_house_starts(tmp_path: Path) -> None:
    """OC #11912: a new process looks at what is stored, and computes nothing from its own start."""
    began = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    async with two_machines(str(tmp_path / "s.sqlite3"), tmp_path) as (one, other):
        async with one.house.store.transaction() as unit:
            await unit.add(schedule("s1", "Europe/Berlin", began, "0 9 * * *"))
        for machine in (one, other):
            machine.clock.at = began + HOUR
            await machine.restart()
            assert await fire_due(machine.house) == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
        async with one.house.store.reading() as unit:
            assert await unit.find(Firing) == []
