"""A transaction that others overtook at the same rows is tried again, a moment later."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import uniform
from typing import Final, TypeVar

from bot.errors import Conflict

T = TypeVar("T")

TIMES: Final = 4
"""So often; who is still overtaken then is told."""


async def on_conflict(attempt: Callable[[], Awaitable[T]]) -> T:
    """What the first attempt gives that nobody overtook; raises Conflict when there was none."""
    for left in range(TIMES - 1, -1, -1):
        try:
            return await attempt()
        except Conflict:
            if left == 0:
                raise
            await asyncio.sleep(uniform(0.01, 0.1))  # noqa: S311  so that two do not meet again
    raise AssertionError
