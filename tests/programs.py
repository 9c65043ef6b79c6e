"""Programs that tests need and a machine may lack: named when they are missing, never counted as passed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from adapters.specialists.child.environment import Marker
from adapters.specialists.child.process import Identity, identify, kill_tree, marked

ROOT: Final = Path(__file__).parent.parent
ORPHANS: Final = [sys.executable, "-m", "adapters.rehearsal.orphans"]


def need(*programs: str) -> None:
    """Skip the test, naming what is missing."""
    if missing := [program for program in programs if shutil.which(program) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")


def as_in_a_terminal() -> None:
    """For ``preexec_fn``: tests that run in the background are started with the interrupt ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@asynccontextmanager
async def started(
    command: Sequence[str], marker: Marker, environment: Mapping[str, str] | None = None
) -> AsyncGenerator[asyncio.subprocess.Process]:
    """A program with a readable standard output that carries ``marker``; it and its strays end here."""
    everything = {**(os.environ if environment is None else environment), **marker.variables()}
    process = await asyncio.create_subprocess_exec(
        *command, env=everything, cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        await kill_tree(identify(process.pid), 0, marker)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                await process.wait()


async def ready(process: asyncio.subprocess.Process) -> list[Identity]:
    """The processes that ``orphans`` says it started."""
    assert process.stdout
    async with asyncio.timeout(20):
        word, *pids = (await process.stdout.readline()).split()
    assert word == b"ready"
    return [identity for pid in pids if (identity := identify(int(pid)))]


async def none_left(marker: Marker, within_s: float = 20.0) -> None:
    """Return when no process carries ``marker`` any more."""
    async with asyncio.timeout(within_s):
        while marked(marker):  # noqa: ASYNC110 - other processes set no event
            await asyncio.sleep(0.01)


async def output_ends(process: asyncio.subprocess.Process, within_s: float = 20.0) -> None:
    """Return when nobody holds the standard output any more: every process that inherited it is gone."""
    assert process.stdout
    async with asyncio.timeout(within_s):
        await process.stdout.read()
