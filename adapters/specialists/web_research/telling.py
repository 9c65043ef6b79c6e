"""The way from a run's work to whoever stores its events, and the certainty that they are stored."""

from __future__ import annotations

import asyncio

from bot.model import events as ev


class Telling:
    def __init__(self) -> None:
        self._events: asyncio.Queue[ev.Event] = asyncio.Queue()

    def tell(self, event: ev.Event) -> None:
        self._events.put_nowait(event)

    async def kept(self) -> None:
        """Returns when everything that was told so far has been stored."""
        await self._events.join()

    async def next(self) -> ev.Event:
        return await self._events.get()

    def is_kept(self) -> None:
        """Whoever took the last event has come back for more: it is stored."""
        self._events.task_done()
