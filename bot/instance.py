"""One house per state directory, and per node: a file lock says who runs it and how to wake them, on Postgres
also a lease, because several machines share the rows."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self
from uuid import uuid4

import structlog

from bot.errors import FrontdeskError, Refused
from bot.model.leases import Lease
from bot.ports import Store

_log = structlog.get_logger("house")

WAKE_SIGNAL: Final = signal.SIGUSR1
"""Sent to the house by a client after its commit: look at the rows now."""

LASTS: Final = timedelta(seconds=30)
"""How long a lease is good without being renewed, by the database's clock."""

RENEW_S: Final = 5.0


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


class NodeLease:
    """This process's right to be its node among the machines that share a Postgres.

    The state directory's own lock comes first: whoever holds that has outlived the lease's last holder.
    """

    def __init__(self, store: Store, node: str, home: Path) -> None:
        process = f"process {os.getpid()} on {socket.gethostname()}"
        self._store = store
        self._mine = Lease(node, uuid4().hex, _identity(home), process, datetime.now(UTC))

    async def take(self) -> None:
        """Raises Refused when another process renews it."""
        if other := await self._claim(first=True):
            raise Refused(
                f"The node {other.id} is run by {other.process}; stop it there, or give this house a "
                "frontdesk.node of its own. If that process is dead, try again in half a minute."
            )

    async def keep(self, lost: Callable[[str], None]) -> None:
        """Renew until cancelled; calls ``lost`` with a sentence, and ends, when another process has it."""
        while True:
            await asyncio.sleep(RENEW_S)
            try:
                other = await self._claim(first=False)
            except FrontdeskError as error:
                _log.warning("lease.not_renewed", node=self._mine.id, error=str(error))
                continue
            if other is not None:
                _log.error("lease.lost", node=other.id, process=other.process)
                lost(f"The node {other.id} is run by {other.process} now")
                return

    async def release(self) -> None:
        """Let a successor begin at once; while the database is away, the lease ends by itself."""
        with contextlib.suppress(FrontdeskError):
            async with self._store.transaction() as unit:
                held = await unit.get(Lease, self._mine.id, lock=True)
                if held is not None and held.holder == self._mine.holder:
                    await unit.change(held, until=await unit.clock())

    async def _claim(self, *, first: bool) -> Lease | None:
        """Take or renew it; the lease that stands in the way."""
        mine = self._mine
        async with self._store.transaction() as unit:
            held = await unit.get(Lease, mine.id, lock=True)
            now = await unit.clock()
            if held is None:
                await unit.add(replace(mine, until=now + LASTS))
            elif mine.holder == held.holder or held.until < now or (first and mine.home == held.home):
                new = {"holder": mine.holder, "home": mine.home, "process": mine.process}
                await unit.change(held, until=now + LASTS, **new)
            else:
                return held
        return None


async def dead_nodes(store: Store) -> list[str]:
    """Whose lease has ended: others do their work that needs no directory."""
    async with store.reading() as unit:
        leases = await unit.find(Lease)
        now = await unit.clock() if leases else None
    return [lease.id for lease in leases if now is not None and lease.until < now]


def _identity(home: Path) -> str:
    """Of the state directory; written once."""
    path = home / "identity"
    if not path.exists():
        path.write_text(f"{uuid4().hex}\n")
    return path.read_text().strip()
