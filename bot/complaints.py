"""What the engine's library complains about, as events of our log; by itself it would print to stderr.

A complaint also means that something may have been claimed and lost, so somebody should look soon.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

import structlog

_log = structlog.get_logger("engine")

REPEAT_S: Final = 30.0
"""How often the same complaint is worth a line: while a database is away, every thread repeats its own."""


class BodyFailed(Exception):
    """A body raised; already logged, this is only what the engine writes down."""


def relay_complaints(library: str, heard: Callable[[], None] | None = None) -> None:
    """From now on log them here and call ``heard`` in this loop for each; without ``heard`` only log."""
    logger = logging.getLogger(library)
    for old in [handler for handler in logger.handlers if isinstance(handler, _Relay)]:
        logger.removeHandler(old)
    loop = asyncio.get_running_loop()
    logger.addHandler(_Relay(None if heard is None else lambda: loop.call_soon_threadsafe(heard)))
    logger.propagate = False


class _Relay(logging.Handler):
    def __init__(self, heard: Callable[[], object] | None) -> None:
        super().__init__()
        self._heard = heard
        self._said_at: dict[str, float] = {}  # by the complaint's place in the library

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno < logging.WARNING:
            return  # the library resets the level of its logger while it launches
        if record.exc_info and isinstance(record.exc_info[1], BodyFailed):
            return
        if self._heard is not None:
            self._heard()
        place = f"{record.filename}:{record.lineno}"
        if record.created - self._said_at.get(place, 0.0) >= REPEAT_S:
            self._said_at[place] = record.created
            _log.log(record.levelno, "engine.dbos", message=record.getMessage(), exc_info=record.exc_info)
