"""One process of the house: started, killed or brought to its end; and what it left behind.

Processes are forked from a template that has imported everything: a start takes a tenth of a second, so that
there can be hundreds, and a kill soon after it meets the house and not the imports.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Final

from adapters.specialists.child.process import kill_tree
from bench.kill import house
from bench.kill.stage import Stage

OPEN_S: Final = 60.0

Program = Callable[[Stage, int, str, Connection], None]
"""The life of a process: its stage, its seed, where it crashes, and whom it tells that it is open."""

_template = multiprocessing.get_context("forkserver")
_template.set_forkserver_preload(
    [
        house.__name__,
        "bench.telegram.house",
        "bot.workflows",
        "storage.migrate",
        "storage.store",
        "psycopg",
        "tzdata",
    ]
)
"""With what a house imports only when it opens."""


class HouseFailed(Exception):
    """The house did something that nobody had asked of it."""


@dataclass(frozen=True, slots=True)
class Process:
    """A running house."""

    process: BaseProcess
    ready: Connection

    async def opened(self) -> None:
        """Returns when it is open."""
        await _readable(self.ready.fileno(), OPEN_S)
        try:
            self.ready.recv()
        except EOFError:
            raise HouseFailed("The house died before it opened.") from None

    async def died(self, within_s: float) -> bool:
        """Whether it died by SIGKILL in time; any other end is a failure of its own."""
        try:
            code = await self._ended(within_s)
        except TimeoutError:
            return False
        if code != -signal.SIGKILL:
            raise HouseFailed(f"The house ended by itself with exit code {code}.")
        return True

    async def kill(self) -> None:
        self.process.kill()
        await self._ended(OPEN_S)

    async def close(self, within_s: float) -> float:
        """SIGTERM; the seconds that it took."""
        clock = asyncio.get_running_loop().time
        began = clock()
        self.process.terminate()
        code = await self._ended(within_s)
        if code != 0:
            raise HouseFailed(f"The house ended with exit code {code} after SIGTERM.")
        return clock() - began

    async def _ended(self, within_s: float) -> int | None:
        if self.process.exitcode is None:
            await _readable(self.process.sentinel, within_s)
            self.process.join(OPEN_S)
        return self.process.exitcode


@asynccontextmanager
async def started(
    stage: Stage, *, seed: int = 0, crash_at: str = "", program: Program = house.run
) -> AsyncGenerator[Process]:
    """A house on the stage; whatever happens, it is dead at the end of the block."""
    ours, theirs = _template.Pipe(duplex=False)
    process = _template.Process(target=program, args=(stage, seed, crash_at, theirs))
    await asyncio.to_thread(process.start)
    theirs.close()
    running = Process(process, ours)
    try:
        yield running
    finally:
        await running.kill()
        process.close()
        ours.close()


async def _readable(descriptor: int, within_s: float) -> None:
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        async with asyncio.timeout(within_s):
            await ready.wait()
    finally:
        loop.remove_reader(descriptor)


def left_over(stage: Stage) -> list[int]:
    """Processes that work below the stage's directory, whatever they have done to hide."""
    top = os.path.realpath(stage.directory)
    found: list[int] = []
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal():
            try:
                where = os.readlink(f"/proc/{entry.name}/cwd")  # noqa: PTH115  half a thousand of them
            except OSError:
                continue  # gone, or not ours
            if where == top or where.startswith(top + "/"):
                found.append(int(entry.name))
    return found


async def clean_up(stage: Stage) -> None:
    """Nothing of a failed test goes on running."""
    await kill_tree(None, 0, stage.marker)
    for pid in left_over(stage):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
