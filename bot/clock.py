"""When to look next: the earliest reminder, expiry, hold or reset time, at the latest after a minute."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.errors import FrontdeskError
from bot.house import House

_log = structlog.get_logger("clock")

EVERY: Final = timedelta(seconds=60)
REST_S: Final = 0.05
"""Between two looks, so that a burst of wake-ups costs one."""
GLANCE_S: Final = 5.0
"""How often the next moment is asked for: one small query, because runs make new ones at any time."""
AFTER_FAILURE_S: Final = 2.0


class Clock:
    """Calls ``look`` at start, when something is due, and when ``ring`` is called."""

    def __init__(self, house: House, look: Callable[[], Awaitable[None]]) -> None:
        self._house = house
        self._look = look
        self._bell = asyncio.Event()
        self._later: dict[str, datetime] = {}
        self._seen_to: datetime | None = None  # what was due by then has been seen to, or is not ours
        self.looked_at = house.now()
        """When it last saw the rows; a clock that hangs or finds no database falls behind."""

    def ring(self) -> None:
        """Look soon; from the loop's own thread."""
        self._bell.set()

    def later(self, conversation: str, when: datetime) -> None:
        """Look at ``when``: a conversation is on hold, or its card was drawn a moment ago."""
        known = self._later.get(conversation)
        if known is None or when < known:  # the look itself reports what still waits: it must not ring again
            self._later[conversation] = when
            self._bell.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._bell.clear()
            try:
                looked_at = self._house.now()
                self._later = {id: when for id, when in self._later.items() if when > looked_at}
                await self._look()
                self._seen_to = looked_at
                await self._rest()
            except FrontdeskError as error:  # the database is away, or somebody changed a row first
                _log.warning("clock.failed", error=str(error))
                await asyncio.sleep(AFTER_FAILURE_S)
            except Exception:  # noqa: BLE001  without this loop nothing lost is ever found again
                _log.exception("clock.failed")
                await asyncio.sleep(AFTER_FAILURE_S)
            await asyncio.sleep(REST_S)

    async def _rest(self) -> None:
        """Until somebody rings, something is due, or a minute is over; what becomes due meanwhile counts."""
        until = time.monotonic() + EVERY.total_seconds()
        while not self._bell.is_set() and time.monotonic() < until:
            wait_s = await self._wait_s()
            if wait_s <= 0:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(wait_s, GLANCE_S)):
                    await self._bell.wait()

    async def _wait_s(self) -> float:
        now = self._house.now()
        async with self._house.store.reading() as unit:
            due = await unit.next_due(self._seen_to)
        self.looked_at = now
        moments = [now + EVERY, *self._later.values(), *([due] if due else [])]
        return (min(moments) - now).total_seconds()
