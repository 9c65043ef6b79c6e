"""Who writes next: one at a time and in order, but what a platform waits for goes before what it does not.

SQLite has one writer, and lets the others look again and again: in a busy house a thread that looks never
finds a moment in which nobody of ours writes. So the writers of one process, tasks and threads, queue here.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

BETWEEN: Final = 8
"""So many of the others are let in after an urgent one before the next may go first."""


class Turnstile:
    """A lock with two lanes. It is handed on, so nobody slips in between.

    Between two urgent ones some of the others go, if they wait: a flood is let in quickly, and what was let
    in before is still done.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()  # held for a few steps, never while anybody waits
        self._taken = False
        self._others = BETWEEN  # let in since the last urgent one
        self._lanes: Final[dict[bool, deque[_Place]]] = {True: deque(), False: deque()}

    @property
    def waiting(self) -> int:
        return sum(map(len, self._lanes.values()))

    async def enter(self, *, urgent: bool, within_s: float) -> None:
        """Raises TimeoutError when our turn does not come; who has entered must leave."""
        loop, thread = asyncio.get_running_loop(), threading.get_ident()
        mine = loop.create_future()

        def wake() -> None:
            if threading.get_ident() == thread:
                _set(mine)
            else:
                loop.call_soon_threadsafe(_set, mine)

        place = self._line_up(urgent, wake)
        if place is None:
            return
        try:
            async with asyncio.timeout(within_s):
                await mine
        except (asyncio.CancelledError, TimeoutError):
            if not self._step_out(place):  # it was handed to us in the same moment
                self.leave()
            raise

    def enter_in_thread(self, *, within_s: float) -> bool:
        """For a thread that has no loop; False when our turn does not come."""
        called = threading.Event()
        place = self._line_up(False, called.set)
        return place is None or called.wait(within_s) or not self._step_out(place)

    def leave(self) -> None:
        """From any thread."""
        with self._guard:
            place = self._next()
            self._taken = place is not None
            if place is not None:
                self._note(place.urgent)
        if place is not None:
            place.wake()

    def _line_up(self, urgent: bool, wake: Callable[[], None]) -> _Place | None:
        """None when there is no line, and it is our turn."""
        with self._guard:
            if not self._taken:
                self._taken = True
                self._note(urgent)
                return None
            place = _Place(urgent, wake)
            self._lanes[urgent].append(place)
            return place

    def _step_out(self, place: _Place) -> bool:
        """False when it is our turn by now."""
        with self._guard:
            if place not in self._lanes[place.urgent]:
                return False
            self._lanes[place.urgent].remove(place)
            return True

    def _next(self) -> _Place | None:
        first = self._others >= BETWEEN
        for urgent in (first, not first):
            if lane := self._lanes[urgent]:
                return lane.popleft()
        return None

    def _note(self, urgent: bool) -> None:
        self._others = 0 if urgent else self._others + 1


class _Place:
    """Somebody in a lane, and how they are called."""

    __slots__ = ("urgent", "wake")

    def __init__(self, urgent: bool, wake: Callable[[], None]) -> None:
        self.urgent = urgent
        self.wake = wake


def _set(mine: asyncio.Future[None]) -> None:
    if not mine.done():
        mine.set_result(None)


_of_files: WeakValueDictionary[Path, Turnstile] = WeakValueDictionary()
_finding: Final = threading.Lock()


def turnstile_of(database: Path) -> Turnstile:
    """The one of all writers of that file in this process, as SQLite's own lock is one for all of them."""
    with _finding:
        return _of_files.setdefault(database.resolve(), Turnstile())
