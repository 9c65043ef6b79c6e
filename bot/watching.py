"""What the pages on loopback say: whether the house lives, whether it is ready, and what it counts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from bot import metrics
from bot.errors import FrontdeskError
from bot.house import House
from bot.model.dispatches import Run
from bot.model.health import Figures
from bot.vitals import Vitals, as_json

DAY: Final = timedelta(days=1)
JSON: Final = "application/json"
UNAVAILABLE: Final = 503

Answer = tuple[bytes, int, str]
"""Body, status, type."""


class Watching:
    def __init__(self, house: House, vitals: Vitals) -> None:
        self._house = house
        self._vitals = vitals

    async def healthz(self) -> Answer:
        """Whether a restart would help."""
        health = self._vitals.health()
        return as_json(health), 200 if health.alive else UNAVAILABLE, JSON

    async def readyz(self) -> Answer:
        """Whether every part does its work."""
        health = self._vitals.health()
        return as_json(health), 200 if health.ready else UNAVAILABLE, JSON

    async def metrics(self) -> Answer:
        """Answers while the database is away, too: then without what only the rows know."""
        figures = Figures({}, ())
        try:
            async with self._house.store.reading() as unit:
                figures = await unit.figures(self._house.now() - DAY)
        except FrontdeskError:
            pass  # frontdesk_part_ok{part="database"} says it
        said = metrics.text(self._house.meter, self._vitals.health(), figures)
        return said.encode(), 200, metrics.CONTENT_TYPE

    def counted(self, drive: Callable[[str], Awaitable[None]]) -> Callable[[str], Awaitable[str | None]]:
        """The body of a run, with the ends counted and told that only its row knows."""

        async def call(run_id: str) -> str | None:
            await drive(run_id)
            async with self._house.store.reading() as unit:
                run = await unit.get(Run, run_id)
            if run is None or run.ended_at is None:
                return "unfinished"
            self._house.meter.count("runs_total", end=run.outcome or "unknown")
            self._house.meter.count("run_attempts_repeated_total", max(run.attempt - 1, 0))
            return run.outcome

        return call
