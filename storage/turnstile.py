"""Who writes next: one at a time and in order, but what a platform waits for goes before what it does not."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

BETWEEN: Final = 8
"""So many of the others are let in after an urgent one before the next may go first."""


class Turnstile:
    """A lock with two lanes. It is handed on, so nobody slips in between.

    Between two urgent ones some of the others go, if they wait: a flood is let in quickly, and what was let
    in before is still done.
    """

    def __init__(self) -> None:
        self._taken = False
        self._others = BETWEEN  # let in since the last urgent one
        self._lanes: Final[dict[bool, deque[asyncio.Future[None]]]] = {True: deque(), False: deque()}

    async def enter(self, *, urgent: bool, within_s: float) -> None:
        """Raises TimeoutError when our turn does not come; who has entered must leave."""
        async with asyncio.timeout(within_s):
            await self._enter(urgent)

    async def _enter(self, urgent: bool) -> None:
        if not self._taken:
            self._taken = True
            self._note(urgent)
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
        first = self._others >= BETWEEN
        for urgent in (first, not first):
            while lane := self._lanes[urgent]:
                following = lane.popleft()
                if not following.done():  # else it was cancelled
                    self._note(urgent)
                    following.set_result(None)
                    return
        self._taken = False

    def _note(self, urgent: bool) -> None:
        self._others = 0 if urgent else self._others + 1
