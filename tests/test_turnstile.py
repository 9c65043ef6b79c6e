"""Who writes next, where there is one writer at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from storage.turnstile import BETWEEN, Turnstile


async def _settle() -> None:
    """Let everybody go as far as they can without the turnstile."""
    for _ in range(5):
        await asyncio.sleep(0)


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110  a thread gives no sign
            await asyncio.sleep(0)


class Writers:
    """Each notes its name when it is let in, and lets the next one in when it is told to."""

    def __init__(self) -> None:
        self.turnstile = Turnstile()
        self.order: list[str] = []

    def come(self, name: str, *, urgent: bool = False) -> asyncio.Task[None]:
        async def write() -> None:
            await self.turnstile.enter(urgent=urgent, within_s=60)
            self.order.append(name)
            await asyncio.sleep(0)
            self.turnstile.leave()

        return asyncio.create_task(write())


async def test_the_urgent_go_first_and_some_of_the_others_between_them() -> None:
    """In each lane the order is that of arrival."""
    writers = Writers()
    await writers.turnstile.enter(urgent=False, within_s=60)
    others = [f"a{n}" for n in range(2 * BETWEEN)]
    tasks = [writers.come(name) for name in others]
    await _settle()
    tasks += [writers.come(name, urgent=True) for name in ("U", "V", "W")]
    await _settle()
    writers.turnstile.leave()
    await asyncio.gather(*tasks)
    assert writers.order == ["U", *others[:BETWEEN], "V", *others[BETWEEN:], "W"]


async def test_whoever_gives_up_waiting_holds_nobody_up() -> None:
    """Neither one that was cancelled while it waited, nor one that was let in at that very moment."""
    writers = Writers()
    await writers.turnstile.enter(urgent=False, within_s=60)
    first, second, third = (writers.come(name) for name in ("a", "b", "c"))
    await _settle()
    first.cancel()
    writers.turnstile.leave()  # hands on to b, which has not run yet
    second.cancel()
    await asyncio.gather(first, second, third, return_exceptions=True)
    assert writers.order == ["c"]


async def test_a_turn_that_does_not_come_in_time_is_a_timeout() -> None:
    """And the turnstile is as it was."""
    turnstile = Turnstile()
    await turnstile.enter(urgent=False, within_s=60)
    with pytest.raises(TimeoutError):
        await turnstile.enter(urgent=True, within_s=0)
    turnstile.leave()
    await turnstile.enter(urgent=False, within_s=60)


async def test_a_thread_stands_in_the_same_line() -> None:
    """It comes in when it is its turn, and whoever comes after waits for it."""
    writers = Writers()
    await writers.turnstile.enter(urgent=False, within_s=60)
    before = writers.come("before")
    await _settle()
    with ThreadPoolExecutor(1) as threads:
        entered = asyncio.wrap_future(threads.submit(writers.turnstile.enter_in_thread, within_s=60))
        await _until(lambda: writers.turnstile.waiting == 2)
        after = writers.come("after")
        await _settle()
        writers.turnstile.leave()
        assert await entered
        assert before.done()
        assert not after.done()
        await asyncio.wrap_future(threads.submit(writers.turnstile.leave))
        await after
    assert writers.order == ["before", "after"]


async def test_a_thread_gives_up_as_well() -> None:
    """And nobody is handed a turn that nobody would take."""
    turnstile = Turnstile()
    await turnstile.enter(urgent=False, within_s=60)
    assert not await asyncio.to_thread(turnstile.enter_in_thread, within_s=0.001)
    turnstile.leave()
    await turnstile.enter(urgent=False, within_s=60)
