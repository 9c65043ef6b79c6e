"""One house per state directory, and per node: a file lock says who runs it and how to wake them, on Postgres
also a lease, because several machines share the rows."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final, Self

import structlog

from bot.errors import FrontdeskError, Refused
from bot.holding import LOCK, holding, sign, this_process
from bot.leases import Claim
from bot.ports import Store

_log = structlog.get_logger("house")

WAKE_SIGNAL: Final = signal.SIGUSR1
"""Sent to the house by a client after its commit: look at the rows now."""

LASTS: Final = timedelta(seconds=30)
"""How long a lease is good without being renewed, by the database's clock."""

RENEW_S: Final = 5.0

WAIT_S: Final = 2.0
"""For who looks at the lock at the moment of a start, or has just taken it."""
LOOK_EVERY_S: Final = 0.02


class InstanceLock:
    """Held by the process that runs the house; the kernel lets go when that process dies."""

    def __init__(self, home: Path, command: str = "") -> None:
        """``command`` is what others are told that runs here."""
        self._home = home
        self._command = command
        self._descriptor: int | None = None

    def take(self) -> bool:
        """True when this process runs the house from now on."""
        descriptor = os.open(self._home / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        signal.signal(WAKE_SIGNAL, signal.SIG_IGN)  # its default is to kill; clients may wake us from here on
        sign(descriptor, this_process(self._command))
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        if self._descriptor is not None:
            os.truncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        until = time.monotonic() + WAIT_S
        while not self.take():
            found = holding(self._home)
            if found is not None or time.monotonic() > until:
                raise Refused(
                    f"A house already runs here: {found or 'a process that has not said its name'}. "
                    "Stop it first, or talk to it with `frontdesk chat`."
                )
            time.sleep(LOOK_EVERY_S)  # it is signing, or somebody only looks who holds it
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def holder(home: Path) -> int | None:
    """The process that runs the house of this directory, if one does."""
    found = holding(home)
    return found.pid if found else None


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
        self._claim = Claim(store, node, home, LASTS)

    async def take(self) -> None:
        """Raises Refused when another process renews it."""
        if other := await self._claim.take(from_predecessor=True):
            raise Refused(
                f"The node {other.id} is run by {other.process}; stop it there, or give this house a "
                "frontdesk.node of its own. If that process is dead, try again in half a minute."
            )

    async def keep(self, lost: Callable[[str], None]) -> None:
        """Renew until cancelled; calls ``lost`` with a sentence, and ends, when another process has it."""
        while True:
            await asyncio.sleep(RENEW_S)
            try:
                other = await self._claim.take()
            except FrontdeskError as error:
                _log.warning("lease.not_renewed", node=self._claim.mine.id, error=str(error))
                continue
            if other is not None:
                _log.error("lease.lost", node=other.id, process=other.process)
                lost(f"The node {other.id} is run by {other.process} now")
                return

    async def release(self) -> None:
        """Let a successor begin at once; while the database is away, the lease ends by itself."""
        await self._claim.give_back()
