"""How soon people hear back: acknowledgement and first reply, one at a time and in a burst.

python -m bench.latency [postgresql://…]

In the burst the house must acknowledge while it works; what it then has to answer is drained afterwards.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from adapters.rehearsal.scripted_chat import Platform, ScriptedChat
from bot.app import RunningHouse, open_house
from bot.brief import Brief
from bot.model.conversations import Address, Wrote
from bot.model.decisions import Decision
from bot.model.people import Identity
from bot.model.posts import Part
from bot.settings import Settings, settings_of

MESSAGES: Final = 100
PER_SECOND: Final = 200
BURST_S: Final = 5.0
CONVERSATIONS: Final = 50
CHAT: Final = "scripted"


class Listening(ScriptedChat):
    """A platform that notes when a conversation hears something."""

    def __init__(self) -> None:
        super().__init__(Platform(name=CHAT))
        self.heard = asyncio.Event()
        self.count = 0

    async def send(self, where: Address, part: Part, key: str, again: bool) -> str:  # noqa: ARG002
        self.count += 1
        self.heard.set()
        return key

    async def heard_so_many(self, count: int) -> None:
        while self.count < count:
            self.heard.clear()
            await self.heard.wait()


async def at_once(_: Brief) -> Decision:
    """A model that needs no time: what is left is ours."""
    return Decision("Yes.")


def settings_in(directory: Path, database: str | None) -> Settings:
    frontdesk = {"home": str(directory / "home")} | ({"database": database} if database else {})
    people = {"ann": {"role": "admin", "accounts": {CHAT: "ann"}}}
    return settings_of({"frontdesk": frontdesk, "people": people}, directory=directory)


def messages(kind: str) -> Iterator[Wrote]:
    n = 0
    while True:
        where = Address(CHAT, f"{kind}{n % CONVERSATIONS}")
        yield Wrote(Identity(CHAT, "ann"), where, f"{kind}:{n}", f"what about {n}?", "ann")
        n += 1


async def one_by_one(house: RunningHouse, chat: Listening) -> tuple[list[float], list[float]]:
    """Milliseconds until the acknowledgement, and until the reply reached the platform."""
    acknowledged: list[float] = []
    replied: list[float] = []
    for message, _ in zip(messages("single"), range(MESSAGES), strict=False):
        chat.heard.clear()
        began = time.perf_counter()
        await house.desk.receive(message)
        acknowledged.append((time.perf_counter() - began) * 1000)
        await chat.heard.wait()
        replied.append((time.perf_counter() - began) * 1000)
    return acknowledged, replied


async def burst(house: RunningHouse) -> list[float]:
    """Milliseconds until the acknowledgement of messages that come at a steady rate, whatever happens."""
    acknowledged: list[float] = []

    async def deliver(message: Wrote, due: float) -> None:
        await asyncio.sleep(due - time.perf_counter())
        await house.desk.receive(message)
        acknowledged.append((time.perf_counter() - due) * 1000)

    began = time.perf_counter() + 0.1
    async with asyncio.TaskGroup() as group:
        for n, message in zip(range(int(PER_SECOND * BURST_S)), messages("burst"), strict=False):
            group.create_task(deliver(message, began + n / PER_SECOND))
    return acknowledged


def line(name: str, figures: list[float]) -> str:
    cuts = statistics.quantiles(figures, n=100)
    return f"{name}: p50 {cuts[49]:.0f} ms, p95 {cuts[94]:.0f} ms, p99 {cuts[98]:.0f} ms"


async def measure(directory: Path, database: str | None) -> None:
    chat = Listening()
    settings = settings_in(directory, database)
    async with open_house(settings, chats={CHAT: chat}, specialists={}, decide=at_once, drain_s=0) as house:
        acknowledged, replied = await one_by_one(house, chat)
        print(line("acknowledged, one at a time", acknowledged))
        print(line("first reply on the platform", replied))
        before, began = chat.count, time.perf_counter()
        in_burst = await burst(house)
        print(line(f"acknowledged at {PER_SECOND}/s for {BURST_S:g} s", in_burst))
        await chat.heard_so_many(before + len(in_burst))
        took = time.perf_counter() - began
        print(f"answered in the burst and after it: {len(in_burst) / took:.0f} messages/s")
        ratio = statistics.median(replied) / statistics.median(acknowledged)
        print(f"ratio of first reply to acknowledgement: {ratio:.1f}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        asyncio.run(measure(Path(temporary), sys.argv[1] if len(sys.argv) > 1 else None))
