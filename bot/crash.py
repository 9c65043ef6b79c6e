"""Named places where a test can make the process die as if the power had gone; inert without ``CRASH_AT``.

``CRASH_AT=after_model`` kills at the first passage of that point, ``CRASH_AT=after_model:3`` at the third.
"""

from __future__ import annotations

import itertools
import os
import signal
from enum import StrEnum


class Point(StrEnum):
    """Where losing the process is most likely to lose or double something."""

    AFTER_INSERT = "after_insert"
    AFTER_ACK = "after_ack"
    AFTER_MODEL = "after_model"
    AFTER_APPLY = "after_apply"
    AFTER_RESERVE = "after_reserve"  # not yet committed
    AFTER_SPAWN = "after_spawn"
    AFTER_EVENT = "after_event"
    AFTER_ANSWER = "after_answer"
    AFTER_DEFER = "after_defer"
    BEFORE_PARK_COMMIT = "before_park_commit"
    BEFORE_SETTLE = "before_settle"
    AFTER_SETTLE = "after_settle"  # not yet committed
    AFTER_RESULT = "after_result"
    AFTER_TOPIC = "after_topic"  # opened, not yet committed
    AFTER_FIRING = "after_firing"  # promised, not begun
    AFTER_FIRED = "after_fired"  # begun, not yet committed
    BEFORE_SEND = "before_send"
    AFTER_SEND = "after_send"
    AFTER_MARK = "after_mark"
    MID_MIGRATION = "mid_migration"


def _armed(setting: str) -> tuple[Point | None, int]:
    name, _, passage = setting.partition(":")
    if not name:
        return None, 0
    try:
        return Point(name), int(passage or 1)
    except ValueError as error:
        raise ValueError(
            f"CRASH_AT={setting} is not a crash point: use one of {', '.join(Point)}, then maybe :k"
        ) from error


_point, _passage = _armed(os.environ.get("CRASH_AT", ""))
_passages = itertools.count(1)


def arm(setting: str) -> None:
    """Ask for it in a process that was forked after the environment had been read; "" asks for nothing."""
    global _point, _passage
    _point, _passage = _armed(setting)


def crash_point(name: Point) -> None:
    """Kill this process with SIGKILL if it was asked for here."""
    if name is _point and next(_passages) == _passage:
        os.kill(os.getpid(), signal.SIGKILL)
