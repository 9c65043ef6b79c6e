"""The ways to run a house: ``serve`` until it is told to stop, ``chat`` with a person in front of it."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from bot.app import RunningHouse, open_desk, open_house
from bot.desk import Desk
from bot.directories import private
from bot.instance import WAKE_SIGNAL, InstanceLock
from bot.model.conversations import Inbound, Receipt
from bot.model.people import Person
from bot.model.posts import OutboxRow, Post
from bot.model.work_items import Kind

if TYPE_CHECKING:
    from bot.redact import Redactor
    from bot.settings import Settings

_log = structlog.get_logger("house")

LISTEN: Final = {
    None: frozenset(Kind),
    "chats": frozenset({Kind.TURN, Kind.POST, Kind.FIRING}),
    "runs": frozenset({Kind.RUN}),
}
"""What a process of a house that is spread over several machines takes on."""

LOOK_EVERY_S: Final = 0.1
"""How often a terminal looks for new posts while something is going on: a few small reads."""
LOOK_IDLY_EVERY_S: Final = 0.5
IDLE_AFTER_S: Final = 5.0

TAKE_OVER_EVERY_S: Final = 0.5


async def serve(settings: Settings, redactor: Redactor, only: str | None = None) -> int:
    """Run the house until SIGTERM or SIGINT, then drain it; the exit code."""
    from bot.settings import reread

    private(settings.home)
    with InstanceLock(settings.home, "frontdesk serve" + (f" --only {only}" if only else "")):
        house = open_house(settings, listen=LISTEN[only], redactor=redactor, reread=reread)
        async with house as running:
            with Signals(running) as stopped:
                gc.freeze()  # what a start has made stays: looking through it again would only cost pauses
                print("Frontdesk is open. Stop it with Ctrl-C.", file=sys.stderr, flush=True)
                asked = asyncio.ensure_future(stopped.wait())
                await asyncio.wait([asked, running.lost], return_when=asyncio.FIRST_COMPLETED)
                asked.cancel()
                why = running.lost.result() if running.lost.done() else "Closing"
                print(f"{why}: running work is given a moment, then it is put back.", file=sys.stderr)
    return 1 if running.lost.done() else 0


async def serve_until(
    settings: Settings, redactor: Redactor, reached: Callable[[Desk], Awaitable[None]], command: str
) -> bool:
    """Let people write, start no runs, until it is ``reached``; False when somebody ended it before."""
    private(settings.home)
    with InstanceLock(settings.home, command):
        async with open_house(settings, listen=LISTEN["chats"], redactor=redactor) as running:
            with Signals(running) as stopped:
                waits = [asyncio.ensure_future(each) for each in (reached(running.desk), stopped.wait())]
                try:
                    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                    if waits[0].done():
                        await waits[0]
                    return waits[0].done()
                finally:
                    for each in waits:
                        each.cancel()
                    await asyncio.wait(waits)


class Signals:
    """SIGTERM and SIGINT end the house, the wake-up signal makes it look, SIGHUP makes a service read its
    configuration again. In a terminal SIGHUP means that the window was closed."""

    def __init__(self, running: RunningHouse, *, ends: bool = True) -> None:
        self._running = running
        self._stopped = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._calls: dict[signal.Signals, Callable[[], object]] = {WAKE_SIGNAL: self._look}
        if ends:
            self._calls |= dict.fromkeys((signal.SIGTERM, signal.SIGINT), self._stopped.set)
            hung_up = self._stopped.set if sys.stderr.isatty() else running.reload.ask
            self._calls[signal.SIGHUP] = hung_up

    def __enter__(self) -> asyncio.Event:
        for number, call in self._calls.items():
            self._loop.add_signal_handler(number, call)
        return self._stopped

    def __exit__(self, *_: object) -> None:
        for number in self._calls:
            self._loop.remove_signal_handler(number)
        for late in (WAKE_SIGNAL, signal.SIGHUP):  # must not kill the closing house
            signal.signal(late, signal.SIG_IGN)

    def _look(self) -> None:
        self._running.clock.ring()
        self._running.reload.glance()


class TerminalHouse:
    """What the terminal needs, over the house in this process or over the database of another's."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._busy_until = 0.0

    async def receive(self, inbound: Inbound) -> Receipt:
        self._something_happened()
        return await self.desk.receive(inbound)

    async def posts(self, conversation_key: str, after: int) -> list[OutboxRow]:
        rows = await self.desk.posts(conversation_key, after)
        if rows:
            self._something_happened()
        return rows

    async def card(self, row: OutboxRow) -> Post | None:
        return await self.desk.card(row)

    async def idle(self, conversation_key: str) -> bool:
        idle = await self.desk.idle(conversation_key)
        if not idle:
            self._something_happened()
        return idle

    async def changed(self, timeout_s: float) -> None:
        busy = time.monotonic() < self._busy_until
        await asyncio.sleep(min(timeout_s, LOOK_EVERY_S if busy else LOOK_IDLY_EVERY_S))

    def _something_happened(self) -> None:
        self._busy_until = time.monotonic() + IDLE_AFTER_S


async def chat(settings: Settings, redactor: Redactor, person: Person, script: Path | None = None) -> int:
    """Talk in this terminal; runs the house in itself when nobody else does, else is a client of it."""
    from adapters.chats.terminal.session import converse

    private(settings.home)
    if script is None and sys.stdin.isatty() and sys.stdout.isatty():
        print("\n".join(await asyncio.to_thread(welcome, settings)), flush=True)
    async with _terminal_house(settings, redactor) as house:
        return await converse(
            house,
            people=await house.desk.members.ids(),
            person=person.id,
            conversation="main",
            stdin=sys.stdin,
            stdout=sys.stdout,
            script=script,
            history=settings.home / "history",
        )


def welcome(settings: Settings) -> list[str]:
    """What a newcomer should know: who decides, where work happens, and which line allows more."""
    from bot.settings.models import choose_model

    where = f"Configuration: {settings.file}." if settings.file else "There is no frontdesk.toml, so:"
    lines = [where, choose_model(settings).why]
    for name, project in settings.projects.items():
        mode = project.permission_mode
        lines.append(f"Project {name}: {project.directory} ({mode}), by {project.specialist}.")
    if settings.file is None:
        lines.append("It only reads. To let it edit, write into frontdesk.toml here: [projects.here] with")
        lines.append(
            'directory = "." and permission_mode = "acceptEdits". `frontdesk doctor` checks the rest.'
        )
    return lines


@asynccontextmanager
async def _terminal_house(settings: Settings, redactor: Redactor) -> AsyncGenerator[TerminalHouse]:
    lock = InstanceLock(settings.home, "frontdesk chat")
    async with AsyncExitStack() as stack:
        if lock.take():
            stack.callback(lock.release)
            running = await stack.enter_async_context(_own_house(settings, redactor))
            stack.enter_context(Signals(running, ends=False))
            yield TerminalHouse(running.desk)
            return
        house = TerminalHouse(await stack.enter_async_context(open_desk(settings)))
        successor = asyncio.create_task(_take_over(settings, redactor, lock, house), name="take-over")
        try:
            yield house
        finally:
            successor.cancel()
            await asyncio.gather(successor, return_exceptions=True)
            lock.release()


def _own_house(settings: Settings, redactor: Redactor) -> AbstractAsyncContextManager[RunningHouse]:
    from bot.settings import reread

    return open_house(settings, redactor=redactor, reread=reread)


async def _take_over(
    settings: Settings, redactor: Redactor, lock: InstanceLock, house: TerminalHouse
) -> None:
    """When the running house ends, this terminal becomes the house."""
    while not lock.take():  # noqa: ASYNC110  another process lets go of it, which nobody announces
        await asyncio.sleep(TAKE_OVER_EVERY_S)
    _log.info("house.taken_over")
    async with _own_house(settings, redactor) as running:
        house.desk = running.desk
        running.reload.ask()  # what was read when this terminal was opened may be old
        with Signals(running, ends=False):
            await asyncio.Event().wait()
