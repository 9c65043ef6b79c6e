"""Who writes next: one at a time and in order, but what a platform waits for goes before what it does not."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final


class Turnstile:
    """A lock with two lanes. It is handed on, so nobody slips in between.

    Of the urgent ones no two follow each other while others wait: a flood is let in quickly, and what it
    asks for is still done.
    """

    def __init__(self) -> None:
        self._taken = False
        self._was_urgent = False
        self._lanes: Final[dict[bool, deque[asyncio.Future[None]]]] = {True: deque(), False: deque()}

    async def enter(self, *, urgent: bool, within_s: float) -> None:
        """Raises TimeoutError when our turn does not come; who has entered must leave."""
        async with asyncio.timeout(within_s):
            await self._enter(urgent)

    async def _enter(self, urgent: bool) -> None:
        if not self._taken:
            self._taken, self._was_urgent = True, urgent
            return
        mine = asyncio.get_running_loop().create_future()
        self._lanes[urgent].append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if not mine.cancelled():  # it was handed to us in the same moment
                self.leave()
            raise

    def leave(self) -> None:
        for urgent in (not self._was_urgent, self._was_urgent):
            while lane := self._lanes[urgent]:
                following = lane.popleft()
                if not following.done():  # else it was cancelled
                    self._was_urgent = urgent
                    following.set_result(None)
                    return
        self._taken = False
