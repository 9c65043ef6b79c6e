"""The way from work that goes on to the house: an event is stored before whoever told it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from bot.model.events import Event, Finished, Parked


class Telling:
    def __init__(self) -> None:
        self._queue: asyncio.Queue[tuple[Event, asyncio.Future[None] | None]] = asyncio.Queue()

    def tell(self, event: Event) -> None:
        self._queue.put_nowait((event, None))

    async def stored(self, event: Event) -> None:
        """Returns when the house has it in its rows."""
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((event, kept))
        await kept

    async def events(self) -> AsyncGenerator[Event, None]:
        """Up to the last one; whoever asks for the next has stored the one before."""
        while True:
            event, kept = await self._queue.get()
            yield event
            if kept is not None and not kept.done():
                kept.set_result(None)
            if isinstance(event, Finished | Parked):
                return
