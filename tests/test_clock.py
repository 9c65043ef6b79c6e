"""The clock looks when somebody asked it to, and not only when the minute is over."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from bot.app import open_house
from bot.clock import Clock
from tests.story_house import story_settings


async def test_a_moment_that_was_asked_for_is_looked_at_when_it_has_come(tmp_path: Path) -> None:
    """A card that was drawn a moment ago shows its last state soon: Telegram's and Slack's wait for it."""
    looks: asyncio.Queue[None] = asyncio.Queue()

    async def look() -> None:
        looks.put_nowait(None)

    async with open_house(story_settings({}, tmp_path), chats={}, specialists={}) as running:
        house = running.desk.house
        clock = Clock(house, look)
        ticking = asyncio.create_task(clock.run())
        try:
            await looks.get()
            clock.later("c1", house.now() + timedelta(seconds=0.5))
            await looks.get()  # the bell: it may be earlier than what it waited for
            async with asyncio.timeout(20):
                await looks.get()
        finally:
            ticking.cancel()
            with suppress(asyncio.CancelledError):
                await ticking
