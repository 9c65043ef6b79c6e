"""What others overtook is tried again, and not for ever."""

from __future__ import annotations

import pytest

from bot.errors import Conflict, Refused
from bot.retrying import TIMES, on_conflict


class Attempts:
    """The first so many of them are overtaken."""

    def __init__(self, overtaken: int) -> None:
        self.made = 0
        self._overtaken = overtaken

    async def __call__(self) -> int:
        self.made += 1
        if self.made <= self._overtaken:
            raise Conflict("somebody else was first")
        return self.made


async def test_the_first_attempt_that_nobody_overtakes_counts() -> None:
    """None is made after it."""
    attempts = Attempts(2)
    assert await on_conflict(attempts) == 3
    assert attempts.made == 3


async def test_who_is_always_overtaken_is_told() -> None:
    """With the conflict of the last attempt."""
    attempts = Attempts(TIMES)
    with pytest.raises(Conflict, match="somebody else was first"):
        await on_conflict(attempts)
    assert attempts.made == TIMES


async def test_a_refusal_is_not_tried_again() -> None:
    """It would be refused again."""
    made: list[int] = []

    async def refused() -> None:
        made.append(1)
        raise Refused("not yours")

    with pytest.raises(Refused):
        await on_conflict(refused)
    assert len(made) == 1
