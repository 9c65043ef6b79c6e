"""Our own pace: Telegram's limits are kept before it has to say so."""

from __future__ import annotations

import asyncio

from adapters.chats.telegram.pacing import Pace
from adapters.chats.telegram.places import Place

ANN, BOB, TEAM = Place(1), Place(2), Place(-1)


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def read(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def paced() -> tuple[Pace, Clock]:
    clock = Clock()
    return Pace(now=clock.read, sleep=clock.sleep), clock


async def test_a_private_chat_gets_one_message_a_second() -> None:
    """A second chat does not wait for the first."""
    pace, clock = paced()
    for _ in range(5):
        await pace.before_message(ANN)
    assert clock.now == 4.0
    await pace.before_message(BOB)
    assert clock.now == 4.0


async def test_a_group_gets_twenty_messages_a_minute() -> None:
    """And one a second."""
    pace, clock = paced()
    for _ in range(20):
        await pace.before_message(TEAM)
    assert clock.now == 19.0
    await pace.before_message(TEAM)
    assert clock.now == 60.0


async def test_edits_of_a_message_are_apart() -> None:
    """1.5 s in a private chat, 3 s in a group; of two messages each has its own."""
    pace, clock = paced()
    for place, message, at in (
        (ANN, "1", 0.0),
        (ANN, "2", 0.0),
        (ANN, "1", 1.5),
        (TEAM, "1", 1.5),
        (TEAM, "1", 4.5),
    ):
        await pace.before_edit(place, message)
        assert clock.now == at


async def test_all_together_are_thirty_a_second() -> None:
    """Whoever they are for."""
    pace, clock = paced()
    for chat in range(1, 62):
        await pace.before_message(Place(chat))
    assert clock.now == 2.0


async def test_who_asks_first_goes_first() -> None:
    """Several posts that wait at once leave in order, each in its own second."""
    pace, clock = paced()
    left: list[tuple[int, float]] = []

    async def post(n: int) -> None:
        await pace.before_message(ANN)
        left.append((n, clock.now))

    for n in range(3):
        await asyncio.create_task(post(n))
    assert left == [(0, 0.0), (1, 1.0), (2, 2.0)]
