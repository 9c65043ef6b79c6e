"""`frontdesk` as a process of its own: how long it takes, and what it uses while it runs."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import psutil

ROOT: Final = Path(__file__).parent.parent
PATIENCE_S: Final = 120.0
MAX_ANSWER_BYTES: Final = 4 * 1024 * 1024
"""One line, which has a number for each of thousands of messages."""


async def start(
    *command: str, environ: Mapping[str, str] | None = None, log: int = asyncio.subprocess.DEVNULL
) -> asyncio.subprocess.Process:
    """Python with ``command``; stdin and stdout are pipes, stderr goes to the descriptor ``log``."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, *command),
        cwd=ROOT,
        env=dict(environ) if environ is not None else None,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=log,
        limit=MAX_ANSWER_BYTES,
    )


async def took_s(*command: str) -> float:
    """From the start of a command to its end."""
    began = time.perf_counter()
    process = await start(*command)
    await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}.")
    return time.perf_counter() - began


@asynccontextmanager
async def ending(process: asyncio.subprocess.Process) -> AsyncGenerator[None]:
    """The process is over when this is, whatever happened."""
    try:
        yield
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(30):
                    await process.communicate()
            except TimeoutError:
                process.kill()
                await process.communicate()


def rss_mb(pid: int) -> float:
    return psutil.Process(pid).memory_info().rss / 1024**2


async def cpu_percent(pid: int, seconds: float) -> float:
    """Of one core, over so long."""
    process = psutil.Process(pid)
    before, began = process.cpu_times(), time.perf_counter()
    await asyncio.sleep(seconds)
    after, took = process.cpu_times(), time.perf_counter() - began
    return 100 * (after.user + after.system - before.user - before.system) / took
