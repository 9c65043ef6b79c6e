"""What the house does to itself so that a worker of the same user learns nothing from it."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4


def protect_house() -> bool:
    """Make ``/proc/<us>/environ`` and memory unreadable for our own user; False where that does not exist.

    It also forbids debuggers and core dumps of the house. Root may read it all the same, and it ends with an
    ``exec``: what holds on this machine is for the sandbox's canary to say. The house is not made a
    subreaper: the orphans it would adopt are unknown to asyncio, which never waits for them, so they would
    stay zombies. Each run's supervisor adopts its own; in a container an init as PID 1 does the rest.
    """
    if sys.platform != "linux":
        return False
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        return False
    return os.geteuid() != 0
