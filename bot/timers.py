"""Joins the clock of schedules and the pictures of digests to a house: a part of the composition root."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from importlib.util import find_spec

from bot.due import fire_due
from bot.firings import Draw
from bot.house import House
from bot.model.schedules import Bar


class Timer:
    """The clock of this process; without ``house`` it does not talk with people, and has none."""

    def __init__(self, house: House | None) -> None:
        self._scheduler = None
        if house is not None:
            from adapters.doors.scheduler import Scheduler

            self._scheduler = Scheduler(partial(fire_due, house), house.now)

    async def run(self) -> None:
        if self._scheduler is not None:
            await self._scheduler.run()

    def ring(self) -> None:
        """A schedule may have been saved, or the clock may have been moved."""
        if self._scheduler is not None:
            self._scheduler.ring()

    def looks(self) -> dict[str, datetime]:
        """When it last looked, for the health of the house."""
        return {"schedules": self._scheduler.looked_at} if self._scheduler else {}


def drawer() -> Draw | None:
    """None where the library for pictures is not installed: a digest's words say the same."""
    if find_spec("PIL") is None:
        return None

    def draw(title: str, bars: Sequence[Bar]) -> bytes:
        from adapters.pictures.chart import png

        return png(title, bars)

    return draw
