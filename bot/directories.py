"""One runner per working directory: the operating system's lock, behind the engine's and the admission's."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bot.errors import Reason, SpecialistError
from bot.house import House

WAIT_S: Final = 30.0
"""How long a run waits for a directory that somebody else's process still holds."""


def home(house: House) -> Path:
    return house.settings.home


def private(path: Path) -> Path:
    """The directory, made if missing, readable by its owner only."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


@asynccontextmanager
async def directory_lock(house: House, directory: str) -> AsyncGenerator[None]:
    """Hold the directory for the block; released by the kernel when the process dies, however it dies."""
    name = hashlib.sha256(os.path.realpath(directory).encode()).hexdigest()[:32]
    path = private(home(house) / "locks") / name
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        await _acquire(descriptor, directory)
        yield
    finally:
        os.close(descriptor)


async def _acquire(descriptor: int, directory: str) -> None:
    deadline = asyncio.get_running_loop().time() + WAIT_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if asyncio.get_running_loop().time() > deadline:
                raise SpecialistError(
                    f"Another process works in {directory}; stop it, then retry.", reason=Reason.CRASHED
                ) from None
            await asyncio.sleep(0.2)
        else:
            return
