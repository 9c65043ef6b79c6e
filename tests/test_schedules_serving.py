"""A real house, whose clock alone is moved, goes through the nights of a year in which clocks are changed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from adapters.rehearsal.contracts import examples
from adapters.specialists.child.environment import Marker
from adapters.specialists.child.process import kill_tree
from bot.model.schedules import Firing, FiringState, Plan, Recurrence, Rhythm, Schedule, What
from bot.recurrence import next_after
from bot.settings import load
from storage.migrate import migrate
from storage.store import SqlStore
from tests.commands import ROOT
from tests.houses import LOOK_EVERY_S
from tests.servings import OPEN, PATIENCE_S, Serving, configure

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
SCHEDULES: Final = {
    "s1": (Rhythm.CRON, "30 2 * * *", BERLIN),
    "s2": (Rhythm.CRON, "30 1 * * *", NEW_YORK),
    "s3": (Rhythm.CRON, "30 2 * * *", NEW_YORK),
    "s4": (Rhythm.CRON, "0 9 * * 1-5", BERLIN),
    "s5": (Rhythm.EVERY, "3600", BERLIN),
    "s6": (Rhythm.ONCE, "2026-03-29T02:30", BERLIN),  # a time that this night leaves out
}

SPRING_IN_NEW_YORK, SPRING_IN_BERLIN = date(2026, 3, 8), date(2026, 3, 29)
AUTUMN_IN_BERLIN, AUTUMN_IN_NEW_YORK = date(2026, 10, 25), date(2026, 11, 1)

FIRED: Final = {
    SPRING_IN_NEW_YORK: {
        "s1@2026-03-08T02:30": "2026-03-08T01:30",
        "s2@2026-03-08T01:30": "2026-03-08T06:30",
        "s3@2026-03-08T02:30": "2026-03-08T07:30",  # 03:30 there: 02:30 is left out
        "s1@2026-03-09T02:30": "2026-03-09T01:30",
        "s2@2026-03-09T01:30": "2026-03-09T05:30",
        "s3@2026-03-09T02:30": "2026-03-09T06:30",
        "s4@2026-03-09T09:00": "2026-03-09T08:00",
    },
    SPRING_IN_BERLIN: {
        "s1@2026-03-29T02:30": "2026-03-29T01:30",  # 03:30 there: 02:30 is left out
        "s6@2026-03-29T02:30": "2026-03-29T01:30",
        "s2@2026-03-29T01:30": "2026-03-29T05:30",
        "s3@2026-03-29T02:30": "2026-03-29T06:30",
        "s1@2026-03-30T02:30": "2026-03-30T00:30",
        "s2@2026-03-30T01:30": "2026-03-30T05:30",
        "s3@2026-03-30T02:30": "2026-03-30T06:30",
        "s4@2026-03-30T09:00": "2026-03-30T07:00",
    },
    AUTUMN_IN_BERLIN: {
        "s1@2026-10-25T02:30": "2026-10-25T00:30",  # the first of the two
        "s2@2026-10-25T01:30": "2026-10-25T05:30",
        "s3@2026-10-25T02:30": "2026-10-25T06:30",
        "s1@2026-10-26T02:30": "2026-10-26T01:30",
        "s2@2026-10-26T01:30": "2026-10-26T05:30",
        "s3@2026-10-26T02:30": "2026-10-26T06:30",
        "s4@2026-10-26T09:00": "2026-10-26T08:00",
    },
    AUTUMN_IN_NEW_YORK: {
        "s1@2026-11-01T02:30": "2026-11-01T01:30",
        "s2@2026-11-01T01:30": "2026-11-01T05:30",  # the first of the two
        "s3@2026-11-01T02:30": "2026-11-01T07:30",
        "s1@2026-11-02T02:30": "2026-11-02T01:30",
        "s2@2026-11-02T01:30": "2026-11-02T06:30",
        "s3@2026-11-02T02:30": "2026-11-02T07:30",
        "s4@2026-11-02T09:00": "2026-11-02T08:00",
    },
}
"""From Saturday 22:00 to Monday 08:00 UTC: each key with its moment in UTC; and s5 every hour."""

MISSED: Final = {
    SPRING_IN_NEW_YORK: set[str](),
    SPRING_IN_BERLIN: {
        "s1@2026-03-28T02:30",
        "s2@2026-03-28T01:30",
        "s3@2026-03-28T02:30",
        "s4@2026-03-27T09:00",
        "s5@2026-03-09T09:00:00Z",
    },
    AUTUMN_IN_BERLIN: {
        "s1@2026-10-24T02:30",
        "s2@2026-10-24T01:30",
        "s3@2026-10-24T02:30",
        "s4@2026-10-23T09:00",
        "s5@2026-03-30T09:00:00Z",
    },
    AUTUMN_IN_NEW_YORK: {
        "s1@2026-10-31T02:30",
        "s2@2026-10-31T01:30",
        "s3@2026-10-31T02:30",
        "s4@2026-10-30T09:00",
        "s5@2026-10-26T09:00:00Z",
    },
}
"""The clock leaps from one of these nights to the next: one row for each schedule says what nobody saw."""

HALF_AN_HOUR: Final = timedelta(minutes=30)
RESTARTS: Final = {SPRING_IN_NEW_YORK: 7, SPRING_IN_BERLIN: 1, AUTUMN_IN_BERLIN: 1, AUTUMN_IN_NEW_YORK: 6}
"""The hour in UTC at which the house is killed and another begins: between the two hours, or in the gap."""


class Year:
    """The house, its rows, and the clock in the hand of the test."""

    def __init__(self, configuration: Path, began: datetime) -> None:
        self._configuration = configuration
        self._settings = load(str(configuration), environ={})
        self.store = SqlStore(self._settings.database_url)
        self.at = began

    async def furnish(self) -> None:
        await migrate(self._settings.database_url)
        async with self.store.transaction() as unit:
            place = replace(examples.conversation("c1"), chat="terminal", key="main", direct=True)
            await unit.add(place, examples.message(1, "c1"))
            for id, (rhythm, spec, zone) in SCHEDULES.items():
                plan = Plan(What.DIGEST, "Digest", Recurrence(rhythm, spec), zone)
                at = next_after(plan.recurrence, zone, self.at, self.at)
                cause = examples.message(1, "c1").id
                await unit.add(Schedule(id, "ann", "c1", cause, plan, self.at, self.at, next_at=at))

    async def through(self, moments: Sequence[datetime], killed_at: datetime) -> None:
        """Each moment, once everything due at the one before has fired; killed and opened anew in between."""
        before = [at for at in moments if at <= killed_at]
        async with self.open() as house:
            await self.steps(house, before)
            await house.kill()
        async with self.open() as house:
            await self.steps(house, [at for at in moments if at > killed_at])
            assert house.process.stdin
            house.process.stdin.close()
            assert await house.ended() == 0

    async def fired(self, since: datetime) -> list[Firing]:
        async with self.store.reading() as unit:
            return [firing for firing in await unit.find(Firing) if firing.made_at >= since]

    async def steps(self, house: Serving, moments: Iterable[datetime]) -> None:
        for self.at in moments:
            await tell(house, self.at)
            await self._until_nothing_is_due(house)

    async def _until_nothing_is_due(self, house: Serving) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while house.process.returncode is None:
                async with self.store.reading() as unit:
                    next_at = await unit.next_firing()
                    begun = not await unit.find(Firing, state=FiringState.PROMISED, limit=1)
                if begun and (next_at is None or next_at > self.at):
                    return
                await asyncio.sleep(LOOK_EVERY_S)
        raise AssertionError(f"The house ended with {house.process.returncode}.")

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Serving]:
        program = ("-m", "tests.clocked_house", str(self._configuration), self.at.isoformat())
        with (self._configuration.parent / "house.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, *program),
                cwd=self._configuration.parent,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=asyncio.subprocess.PIPE,
            )
        house = Serving(process)
        try:
            await house.until_said(OPEN)
            yield house
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.communicate()
            await kill_tree(None, 0, Marker.of(self._configuration.parent / "home"))


@asynccontextmanager
async def year(directory: Path, began: datetime) -> AsyncGenerator[Year]:
    found = Year(configure(directory / "house", ""), began)
    try:
        await found.furnish()
        yield found
    finally:
        await found.store.close()


async def tell(house: Serving, at: datetime) -> None:
    """What time it is now, for that process."""
    assert house.process.stdin
    house.process.stdin.write(f"{at.isoformat()}\n".encode())
    await house.process.stdin.drain()


def utc(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def every_half_hour(first: datetime, last: datetime) -> list[datetime]:
    return [first + timedelta(minutes=30 * n) for n in range(int((last - first) / timedelta(minutes=30)) + 1)]


def hourly(first: datetime, last: datetime) -> dict[str, str]:
    return {
        f"s5@{at:%Y-%m-%dT%H:%M:%SZ}": f"{at:%Y-%m-%dT%H:%M}"
        for at in every_half_hour(first, last)
        if not at.minute
    }


def compare(firings: Sequence[Firing], fired: dict[str, str], missed: set[str]) -> None:
    """Each at its moment and not a step later, begun, and nothing else."""
    seen = [row for row in firings if row.state is not FiringState.MISSED]
    assert {row.id: f"{row.due_at:%Y-%m-%dT%H:%M}" for row in seen} == fired
    assert [row.id for row in seen if row.made_at != row.due_at] == []
    assert {row.state for row in seen} <= {FiringState.QUIET, FiringState.DONE}
    assert {row.id for row in firings} - {row.id for row in seen} == missed


async def test_the_hour_that_comes_twice_fires_once_although_the_house_is_killed_in_it(
    tmp_path: Path,
) -> None:
    """Berlin in autumn: 02:30 comes twice; between the two the house is killed and another one opens."""
    began, last = utc(AUTUMN_IN_BERLIN, 0), utc(AUTUMN_IN_BERLIN, 2)
    async with year(tmp_path, began) as found:
        await found.through(every_half_hour(began, last)[1:], utc(AUTUMN_IN_BERLIN, 1))
        expected = {"s1@2026-10-25T02:30": "2026-10-25T00:30"} | hourly(utc(AUTUMN_IN_BERLIN, 1), last)
        compare(await found.fired(began), expected, set())


@pytest.mark.full
@pytest.mark.timeout(300)
async def test_a_year_of_changed_clocks_fires_exactly_what_is_expected(tmp_path: Path) -> None:
    """Both nights of Berlin and both of New York, in one house that is killed and opened anew in each."""
    async with year(tmp_path, utc(SPRING_IN_NEW_YORK - timedelta(days=1), 21)) as found:
        for sunday, fired in FIRED.items():
            first, last = utc(sunday - timedelta(days=1), 22), utc(sunday + timedelta(days=1), 8)
            await found.through(every_half_hour(first, last), utc(sunday, RESTARTS[sunday]))
            compare(await found.fired(first), fired | hourly(first, last), MISSED[sunday])


@pytest.mark.full
@pytest.mark.postgres
@pytest.mark.timeout(300)
@pytest.mark.parametrize("sunday", [SPRING_IN_BERLIN, AUTUMN_IN_BERLIN])
async def test_two_processes_on_one_postgres_fire_each_date_once(
    postgres_database: str, tmp_path: Path, sunday: date
) -> None:
    """One clock is an hour ahead, then an hour behind; the process with the right one is killed twice."""
    began, last = utc(sunday, 0), utc(sunday, 8)
    first = Year(configure(tmp_path / "one", "", database=postgres_database, node="one"), began)
    second = Year(configure(tmp_path / "two", "", database=postgres_database, node="two"), began)
    try:
        await first.furnish()
        async with second.open() as other:
            for until, wrong in ((utc(sunday, 1), 1), (last, -1)):
                async with first.open() as house:
                    for at in every_half_hour(first.at + HALF_AN_HOUR, until):
                        await tell(other, at + wrong * timedelta(hours=1))
                        await first.steps(house, [at])
                    await house.kill()
        firings = [row for row in await first.fired(began) if row.state is not FiringState.MISSED]
        assert {row.state for row in firings} <= {FiringState.QUIET, FiringState.DONE}
        daily = sorted(row.id for row in firings if not row.id.startswith("s5@"))
        assert daily == sorted(
            key
            for key, at in FIRED[sunday].items()
            if f"{began:%Y-%m-%dT%H:%M}" < at <= f"{last:%Y-%m-%dT%H:%M}"
        )
        ticks = [row.due_at for row in firings if row.id.startswith("s5@")]
        assert len(set(ticks)) == len(ticks) >= 8
    finally:
        await first.store.close()
        await second.store.close()
