"""Who runs the house of a state directory: written into its lock by who holds it, read by everybody else."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.model.leases import Holder

LOCK: Final = "house.lock"

_MAX_BYTES: Final = 4096


def this_process(command: str = "") -> Holder:
    """``command`` is what somebody typed to start it, without what they gave it to keep."""
    return Holder(os.getpid(), socket.gethostname(), datetime.now(UTC), command)


def sign(descriptor: int, holder: Holder) -> None:
    """Write into the lock who holds it."""
    said = [holder.pid, holder.host, holder.since.isoformat(), holder.command]
    os.truncate(descriptor, 0)
    os.pwrite(descriptor, f"{json.dumps(said)}\n".encode(), 0)


def holding(home: Path) -> Holder | None:
    """Who runs the house of this directory; None when nobody does, or when they have not signed yet."""
    try:
        descriptor = os.open(home / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _parse(os.pread(descriptor, _MAX_BYTES, 0))
    else:
        return None  # nobody holds it
    finally:
        os.close(descriptor)


def _parse(said: bytes) -> Holder | None:
    try:
        pid, host, since, command = json.loads(said)
        return Holder(int(pid), str(host), datetime.fromisoformat(since), str(command))
    except (ValueError, TypeError):
        return None


def signature(home: Path) -> str:
    """This process as others shall read of it, with its command when it holds the directory's lock."""
    found = holding(home)
    return str(found if found is not None and found.pid == os.getpid() else this_process())
