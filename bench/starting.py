"""version_s and ready_s: how long people wait for the program itself."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Final

from bench.figures import Figure, measured
from bench.ground import configure
from bench.programs import PATIENCE_S, ROOT, ending, took_s

TRIES: Final = 7


async def version() -> list[Figure]:
    values = [await took_s("-m", "bot", "--version") for _ in range(TRIES)]
    return [measured("version_s", values)]


async def ready(root: Path) -> list[Figure]:
    """The first start, which makes the database, is not counted."""
    configuration = configure(root)
    values = [await _open_s(configuration) for _ in range(TRIES)]
    return [measured("ready_s", values[1:])]


async def _open_s(configuration: Path) -> float:
    began = time.perf_counter()
    command = (sys.executable, "-m", "bot", "--config", str(configuration), "serve")
    quiet = asyncio.subprocess.DEVNULL
    house = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdin=quiet, stdout=quiet, stderr=asyncio.subprocess.PIPE
    )
    async with ending(house), asyncio.timeout(PATIENCE_S):
        said = house.stderr or asyncio.StreamReader()
        while b"is open" not in (line := await said.readline()):
            if not line:
                raise RuntimeError("The house ended before it was open.")
        return time.perf_counter() - began
