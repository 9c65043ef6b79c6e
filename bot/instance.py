"""One house per state directory: the operating system's lock says who runs it, and how to wake them."""

from __future__ import annotations

import fcntl
import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from bot.errors import Refused

WAKE_SIGNAL: Final = signal.SIGUSR1
"""Sent to the house by a client after its commit: look at the rows now."""


class InstanceLock:
    """Held by the process that runs the house; the kernel lets go when that process dies."""

    def __init__(self, home: Path) -> None:
        self._path = home / "house.lock"
        self._descriptor: int | None = None

    def take(self) -> bool:
        """True when this process runs the house from now on."""
        descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        signal.signal(WAKE_SIGNAL, signal.SIG_IGN)  # its default is to kill; clients may wake us from here on
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        if self._descriptor is not None:
            os.truncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        if not self.take():
            raise Refused(f"A house already runs here (process {holder(self._path.parent)}); stop it first.")
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def holder(home: Path) -> int | None:
    """The process that runs the house of this directory, if one does."""
    try:
        descriptor = os.open(home / "house.lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        digits = os.pread(descriptor, 32, 0).decode().strip()
        return int(digits) if digits.isdigit() else None
    else:
        return None  # nobody holds it
    finally:
        os.close(descriptor)


def held_since(home: Path) -> datetime | None:
    """When the process that runs the house took it; None when none does."""
    if holder(home) is None:
        return None
    return datetime.fromtimestamp((home / "house.lock").stat().st_mtime, UTC)


def wake(home: Path) -> None:
    """Tell the house of this directory to look at its rows; nothing happens when none runs."""
    pid = holder(home)
    if pid is not None and pid != os.getpid():
        try:
            os.kill(pid, WAKE_SIGNAL)
        except (ProcessLookupError, PermissionError):
            return  # it ended meanwhile, or belongs to somebody else; its sweep looks by itself
