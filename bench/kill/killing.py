"""One process of the house: started, killed or brought to its end; and what it left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.specialists.child.process import kill_tree
from bench.kill.stage import Stage

ROOT: Final = Path(__file__).parents[2]
OPEN_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Process:
    """A running house."""

    process: asyncio.subprocess.Process

    async def opened(self) -> bool:
        """Wait until it is open; False when it died before."""
        assert self.process.stdout is not None
        async with asyncio.timeout(OPEN_S):
            return await self.process.stdout.readline() == b"open\n"

    async def died(self, within_s: float) -> bool:
        """Whether it died by SIGKILL in time; any other end is a failure of its own."""
        try:
            async with asyncio.timeout(within_s):
                code = await self.process.wait()
        except TimeoutError:
            return False
        if code != -signal.SIGKILL:
            raise HouseFailed(f"The house ended by itself with exit code {code}.")
        return True

    async def kill(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def close(self, within_s: float) -> float:
        """SIGTERM; the seconds that it took."""
        clock = asyncio.get_running_loop().time
        began = clock()
        self.process.terminate()
        async with asyncio.timeout(within_s):
            code = await self.process.wait()
        if code != 0:
            raise HouseFailed(f"The house ended with exit code {code} after SIGTERM.")
        return clock() - began


class HouseFailed(Exception):
    """The house did something that nobody had asked of it."""


@asynccontextmanager
async def started(stage: Stage, *, seed: int = 0, crash_at: str = "") -> AsyncGenerator[Process]:
    """A house on the stage; whatever happens, it is dead at the end of the block."""
    command = [sys.executable, "-m", "bench.kill.house", str(stage.directory), "--seed", str(seed)]
    if not stage.lookup:
        command.append("--no-look-up")
    with stage.log.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=ROOT,
            env={**os.environ, "CRASH_AT": crash_at},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    house = Process(process)
    try:
        yield house
    finally:
        await house.kill()


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
        os.kill(pid, signal.SIGKILL)
