"""What wakes a queue's thread: the engine looks when something was committed, and not only when it polls."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

REST_S: Final = 0.1
"""The longest rest between two looks that follow each other."""


class Bell(threading.Event):
    """The stop event of a queue thread, whose ``wait`` also returns (False) when somebody rings.

    A look is followed by a rest of the same length, so that under load one look serves many rings and the
    thread leaves half of its time to the work; a ring after a quiet moment is heard at once.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._rung = threading.Event()
        self._now = now
        self.looked_at = now()
        """When the thread last came back from a look; one that hangs falls behind."""
        self._look_began = math.inf  # the first one follows no other

    def ring(self) -> None:
        self._rung.set()

    def set(self) -> None:
        super().set()
        self._rung.set()

    def wait(self, timeout: float | None = None) -> bool:
        self.looked_at = self._now()
        looked_s = time.monotonic() - self._look_began
        if not self.is_set() and not super().wait(min(looked_s, REST_S)):
            self._rung.wait(timeout)
            self._rung.clear()  # before the look that follows, so a ring during the look is not lost
        self._look_began = time.monotonic()
        return self.is_set()
