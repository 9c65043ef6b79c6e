"""The program that is measured: a whole house, which is told on stdin what to do and answers in JSON.

python -m bench.house frontdesk.toml

    replies N           milliseconds from each of N messages, one after another, to its first reply
    steady N PER_S      milliseconds until each of N messages is committed
    burst N PER_S       the same, and then how long it took until all were answered
    flood N PER_S       milliseconds to the first replies to one person, alone and while another sends N
    say TEXT            one message; answers when it has been replied to
    dispatch PROJECT    seconds from asking for a piece of work to the end of its run
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import bot.cli.root  # noqa: F401  # pyright: ignore[reportUnusedImport] - what `serve` has loaded too
from adapters.rehearsal.scripted_chat import Platform, ScriptedChat
from bench.ground import CHAT
from bot import plugins
from bot.app import RunningHouse, open_house
from bot.errors import ChatError
from bot.instance import InstanceLock
from bot.logs import configure_logs
from bot.model.conversations import Address, Message, MessageState, Wrote
from bot.model.dispatches import LIVE, Dispatch, Run
from bot.model.people import Identity
from bot.model.posts import OutboxRow, OutboxState, Part
from bot.ports import Supplies
from bot.redact import Redactor
from bot.settings import load

CONVERSATIONS: Final = 50
DRAIN_LIMIT_S: Final = 400.0
LOOK_EVERY_S: Final = 0.25
BOBS: Final = 25
"""Messages, twice: fewer than one person may write in a minute."""
BOB_RESTS_S: Final = 0.3

Answer = dict[str, object]


class Listening(ScriptedChat):
    """A platform that notes when a conversation hears something."""

    def __init__(self) -> None:
        super().__init__(Platform(name=CHAT))
        self.heard: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    async def send(self, where: Address, part: Part, key: str, again: bool) -> str:  # noqa: ARG002
        self.heard[where.key].set()
        return key


class Measured:
    """A running house and the people who write to it."""

    def __init__(self, house: RunningHouse, chat: Listening) -> None:
        self._house = house
        self._chat = chat
        self._numbers = iter(range(1_000_000))

    async def obey(self, words: list[str]) -> Answer:
        match words:
            case ["replies", n]:
                return {"ms": [await self._reply_ms(self._message()) for _ in range(int(n))]}
            case ["steady", n, per_s]:
                return {"ms": await self._received_ms(int(n), float(per_s))}
            case ["burst", n, per_s]:
                return await self._burst(int(n), float(per_s))
            case ["flood", n, per_s]:
                return await self._flooded(int(n), float(per_s))
            case ["say", *text]:
                return {"ms": [await self._reply_ms(self._message(" ".join(text)))]}
            case ["dispatch", project]:
                return {"s": [await self._dispatch_s(project)]}
            case _:
                raise ValueError(f"Nobody knows how to {words}.")

    def _message(self, text: str = "") -> Wrote:
        n = next(self._numbers)
        where = Address(CHAT, f"c{n % CONVERSATIONS}")
        return Wrote(Identity(CHAT, "ann"), where, f"{CHAT}:{n}", text or f"what about {n}?", "ann")

    async def _reply_ms(self, message: Wrote) -> float:
        took_ms = await self._heard_ms(message)
        await self._quiet(0.005)
        return took_ms

    async def _heard_ms(self, message: Wrote) -> float:
        heard = self._chat.heard[message.where.key]
        heard.clear()
        began = time.perf_counter()
        await self._house.desk.receive(message)
        await heard.wait()
        return (time.perf_counter() - began) * 1000

    async def _received_ms(self, n: int, per_s: float) -> list[float]:
        """At a steady rate, whatever happens; counted from when each was due."""
        received: list[float] = []

        async def deliver(message: Wrote, due: float) -> None:
            await asyncio.sleep(due - time.perf_counter())
            await self._house.desk.receive(message)
            received.append((time.perf_counter() - due) * 1000)

        began = time.perf_counter() + 0.1
        async with asyncio.TaskGroup() as group:
            for i in range(n):
                group.create_task(deliver(self._message(), began + i / per_s))
        return received

    async def _burst(self, n: int, per_s: float) -> Answer:
        received = await self._received_ms(n, per_s)
        began = time.perf_counter()
        left = await self._quiet(LOOK_EVERY_S)
        return {"ms": received, "drain_s": time.perf_counter() - began, "left": left}

    async def _flooded(self, n: int, per_s: float) -> Answer:
        """What bob waits for while nobody else writes, and while ann does; he writes as often both times."""
        await self._reply_ms(self._of_bob())  # the first one compiles statements
        alone = [await self._bob_waits_ms() for _ in range(BOBS)]
        flood = asyncio.create_task(self._received_ms(n, per_s))
        beside: list[float] = []
        while not flood.done() and len(beside) < BOBS:
            beside.append(await self._bob_waits_ms())
        await flood
        return {"alone": alone, "beside": beside}

    async def _bob_waits_ms(self) -> float:
        await asyncio.sleep(BOB_RESTS_S)
        return await self._heard_ms(self._of_bob())

    def _of_bob(self) -> Wrote:
        n = next(self._numbers)
        return Wrote(Identity(CHAT, "bob"), Address(CHAT, "bob"), f"{CHAT}:{n}", f"what about {n}?", "bob")

    async def _quiet(self, every_s: float) -> int:
        """Wait until every message is answered and every answer sent; 0, or how many are seen not to be."""
        until = time.monotonic() + DRAIN_LIMIT_S
        while True:
            left = await self._unanswered()
            if not left or time.monotonic() > until:
                return left
            await asyncio.sleep(every_s)

    async def _unanswered(self) -> int:
        """Of the oldest ones only, so that looking costs nothing worth speaking of."""
        async with self._house.desk.house.store.reading() as unit:
            waiting = await unit.find(Message, state=MessageState.WAITING, limit=1)
            unsent = await unit.find(OutboxRow, state=OutboxState.PENDING, limit=1)
        return len(waiting) + len(unsent)

    async def _dispatch_s(self, project: str) -> float:
        desk = self._house.desk
        ann = desk.house.settings.person(Identity(CHAT, "ann"))
        assert ann is not None  # noqa: S101  the configuration of the bench names her
        began = datetime.now(UTC)
        dispatch = await desk.dispatch(ann, project, "walk the ten steps")
        while True:
            await asyncio.sleep(LOOK_EVERY_S)  # seldom: the rows say when it was
            async with desk.house.store.reading() as unit:
                current = await unit.get(Dispatch, dispatch.id)
                (run,) = await unit.find(Run, dispatch=dispatch.id)
            if current is not None and current.status not in LIVE and run.ended_at is not None:
                if current.status != "done":
                    raise RuntimeError(f"The dispatch ended as {current.status}: {current}")
                return (run.ended_at - began).total_seconds()


def _commands() -> Iterator[list[str]]:
    for line in sys.stdin:
        yield line.split()


async def _no_content(sha256: str) -> bytes:
    raise ChatError(f"No file is handed over here: {sha256}")


@asynccontextmanager
async def _house(configuration: Path) -> AsyncGenerator[Measured]:
    settings = load(str(configuration))
    configure_logs(Redactor(settings.secret_values()), stream=sys.stderr)
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    chat = Listening()
    with InstanceLock(settings.home):
        async with AsyncExitStack() as stack:
            chats = await plugins.chats(stack, settings, Supplies(_no_content))
            house = await stack.enter_async_context(open_house(settings, chats={**chats, CHAT: chat}))
            gc.freeze()  # as `frontdesk serve` does
            yield Measured(house, chat)


async def main(configuration: Path) -> None:
    async with _house(configuration) as measured:
        commands = _commands()
        print(json.dumps({"open": True}), flush=True)
        while (words := await asyncio.to_thread(next, commands, None)) is not None:
            print(json.dumps(await measured.obey(words)), flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
