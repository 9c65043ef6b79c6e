"""The clock of schedules: APScheduler says when to look, and knows nothing else; the only file that knows it.

What is due, and that it fires once, stands in rows. So every process that talks with people runs this clock
beside the others', without a leader: whoever looks first makes the row.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # pyright: ignore[reportMissingTypeStubs]
from apscheduler.triggers.date import DateTrigger  # pyright: ignore[reportMissingTypeStubs]
from apscheduler.triggers.interval import IntervalTrigger  # pyright: ignore[reportMissingTypeStubs]

from bot.errors import FrontdeskError

_log = structlog.get_logger("schedule")

LOOK_EVERY_S: Final = 5.0
"""How soon a schedule that another process has saved or moved is known here."""

_LIBRARY: Final = "apscheduler"


class Scheduler:
    """``look`` fires what is due and says when it should be called next, by ``now``."""

    def __init__(self, look: Callable[[], Awaitable[datetime | None]], now: Callable[[], datetime]) -> None:
        self._look = look
        self._now = now
        self._looking = asyncio.Lock()
        self._scheduler: Any = None  # the library has no types
        self.looked_at = now()
        """When it last saw the rows; a clock that hangs or finds no database falls behind."""

    async def run(self) -> None:
        """Until cancelled."""
        logging.getLogger(_LIBRARY).setLevel(logging.ERROR)  # a look that is late is no news
        scheduler: Any = AsyncIOScheduler(timezone=UTC, event_loop=asyncio.get_running_loop())
        steady: dict[str, Any] = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
        every = IntervalTrigger(seconds=int(LOOK_EVERY_S), timezone=UTC)
        first = datetime.now(UTC)
        scheduler.add_job(self.look, every, id="look", next_run_time=first, **steady)
        scheduler.start()
        self._scheduler = scheduler
        try:
            await asyncio.Event().wait()
        finally:
            self._scheduler = None
            scheduler.shutdown(wait=False)
            async with self._looking:  # nothing is cut off in the middle of a transaction
                pass

    def ring(self) -> None:
        """Look now; from the loop's own thread."""
        self._at("ring", datetime.now(UTC))

    async def look(self) -> None:
        async with self._looking:
            try:
                next_at = await self._look()
                self.looked_at = self._now()
            except FrontdeskError as error:  # the database is away, or somebody changed a row first
                _log.warning("schedule.clock_failed", error=str(error))
                return
            except Exception:  # noqa: BLE001  without this clock nothing starts by itself any more
                _log.exception("schedule.clock_failed")
                return
        wait_s = (next_at - self._now()).total_seconds() if next_at else LOOK_EVERY_S
        if wait_s < LOOK_EVERY_S:
            self._at("due", datetime.now(UTC) + timedelta(seconds=max(wait_s, 0.0)))

    def _at(self, id: str, when: datetime) -> None:
        if self._scheduler is not None:
            trigger = DateTrigger(when, timezone=UTC)
            self._scheduler.add_job(self.look, trigger, id=id, replace_existing=True, misfire_grace_time=None)
