"""Whole process trees are ended, never single processes: a run that is over must not go on writing.

A process is known by its identity (pid, start time, boot), because pids are used again; it is found by its
parents and, when those are gone, by the marker in its environment.

Linux reads /proc. Elsewhere one call of ``ps`` gives the same tree, but no environments: a process that has
left its tree is then found by nobody (its own supervisor still adopts nothing there), so a reboot of the
machine or ``ps`` by hand is the last resort.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Self

from adapters.specialists.child.environment import Marker

_PROC: Final = Path("/proc")
_KILL_WAIT_S: Final = 5.0  # a killed process is gone at once, unless the kernel holds it in I/O
_SANDBOX_PARENTS: Final = frozenset({"bwrap"})
"""Not asked to end: they would answer by killing their whole tree before it had written its state."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One process of one boot; never another one that got the same pid later."""

    pid: int
    started: str  # Linux: clock ticks since boot; elsewhere: date and time to the second
    boot: str

    def to_json(self) -> str:
        return json.dumps({"pid": self.pid, "started": self.started, "boot": self.boot})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises ValueError when ``text`` is no identity."""
        try:
            fields = json.loads(text)
            return cls(int(fields["pid"]), str(fields["started"]), str(fields["boot"]))
        except (KeyError, TypeError) as missing:
            raise ValueError(f"not the identity of a process: {text[:80]!r}") from missing


@dataclass(frozen=True, slots=True)
class Seen:
    """A process as it stands in the process table; zombies are not in it."""

    identity: Identity
    parent: int
    name: str


Table = dict[int, Seen]


def identify(pid: int) -> Identity | None:
    """Who has this pid now; None when nobody has, or only a zombie."""
    if sys.platform == "linux":
        seen = _read_stat(pid, boot())
        return seen.identity if seen else None
    seen = _table_of_ps().get(pid)
    return seen.identity if seen else None


def alive(identity: Identity) -> bool:
    """Whether that very process runs; a zombie does not, and neither does a successor with its pid."""
    return identify(identity.pid) == identity


def descendants(identity: Identity) -> list[Identity]:
    """Children, grandchildren and so on, while their line to ``identity`` is unbroken."""
    return [seen.identity for seen in _below({identity.pid}, table())]


def marked(marker: Marker) -> list[Identity]:
    """Every process of our user that carries ``marker``, wherever it stands in the tree. Linux only."""
    return [seen.identity for seen in table().values() if _carries(seen.identity.pid, marker)]


async def kill_tree(
    identity: Identity | None, grace_s: float, marker: Marker | None = None
) -> tuple[Identity, ...]:
    """Ask the tree to end, and kill what has not after ``grace_s``. Returns what survived: normally nothing.

    With ``marker``, processes that left the tree (setsid, dead parents) end too. A second call is harmless.
    Cancelling it kills at once.
    """

    known = {identity} if identity else set[Identity]()

    def find() -> list[Seen]:
        found = _ours(known, marker)
        known.update(seen.identity for seen in found)
        return found

    first = await asyncio.to_thread(find)
    if not first:  # one look more: something may have forked and ended during this one
        return await _kill_until_gone(find)
    try:
        _signal_all((s.identity for s in first if s.name not in _SANDBOX_PARENTS), signal.SIGTERM)
        await _until_gone(find, grace_s)
    finally:
        _kill_now(first)
    return await _kill_until_gone(find)


async def reap(marker: Marker) -> tuple[Identity, ...]:
    """Kill at once what an earlier house left running; returns what was found. For start-up, Linux only.

    The caller holds the house's instance lock, so nobody else can be using these processes.
    """
    found = tuple(s.identity for s in await asyncio.to_thread(_ours, set[Identity](), marker))
    await kill_tree(None, 0, marker)
    return found


# ── the process table ────────────────────────────────────────────────────────────────────────────────────


def table() -> Table:
    """All processes now, by pid."""
    return _table_of_proc() if sys.platform == "linux" else _table_of_ps()


@cache
def boot() -> str:
    """Names this boot of this machine, so that an identity stored before a reboot fits nobody."""
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        asked = subprocess.run(["sysctl", "-n", "kern.boottime"], capture_output=True, text=True, check=False)
        return asked.stdout.strip()


def _table_of_proc() -> Table:
    stats = (_read_stat(int(entry.name), boot()) for entry in os.scandir(_PROC) if entry.name.isdecimal())
    return {seen.identity.pid: seen for seen in stats if seen}


def _read_stat(pid: int, this_boot: str) -> Seen | None:
    try:
        stat = _read(f"/proc/{pid}/stat").decode(errors="replace")
    except OSError:
        return None
    name, fields = stat[stat.index("(") + 1 : stat.rindex(")")], stat[stat.rindex(")") + 2 :].split()
    state, parent, started = fields[0], int(fields[1]), fields[19]
    return None if state in "ZX" else Seen(Identity(pid, started, this_boot), parent, name)


def _table_of_ps() -> Table:
    columns = ["ps", "-A", "-o", "pid=,ppid=,stat=,lstart=,comm="]
    lines = subprocess.run(
        columns, capture_output=True, text=True, check=True, env={"LC_ALL": "C", "PATH": os.defpath}
    )
    rows = (line.split(None, 8) for line in lines.stdout.splitlines())
    return {
        int(row[0]): Seen(Identity(int(row[0]), " ".join(row[3:8]), boot()), int(row[1]), row[8])
        for row in rows
        if len(row) == 9 and not row[2].startswith("Z")
    }


def _below(roots: set[int], processes: Table) -> list[Seen]:
    found: list[Seen] = []
    known = set(roots)
    while fresh := [s for s in processes.values() if s.parent in known and s.identity.pid not in known]:
        found += fresh
        known |= {s.identity.pid for s in fresh}
    return found


def _carries(pid: int, marker: Marker) -> bool:
    try:
        return marker.marks(_read(f"/proc/{pid}/environ"))
    except OSError:  # gone, or of another user
        return False


def _read(path: str) -> bytes:
    """Hundreds of these are read at once, so without what pathlib and decoding streams add to each."""
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        return file.readall()


def _ours(known: set[Identity], marker: Marker | None) -> list[Seen]:
    """The known, the marked and all below them; never ourselves or those who started us."""
    processes = table()
    own = _self_and_ancestors(processes)
    roots = {pid for pid, seen in processes.items() if seen.identity in known}
    if marker:
        roots |= {pid for pid in processes if _carries(pid, marker)}
    roots -= own
    below = [seen for seen in _below(roots, processes) if seen.identity.pid not in own]
    return [processes[pid] for pid in roots] + below


def _self_and_ancestors(processes: Table) -> set[int]:
    line = {os.getpid(), 0, 1}
    pid = os.getpid()
    while (seen := processes.get(pid)) and seen.parent not in line:
        pid = seen.parent
        line.add(pid)
    return line


# ── ending ───────────────────────────────────────────────────────────────────────────────────────────────


async def _until_gone(find: Callable[[], list[Seen]], within_s: float) -> bool:
    deadline = asyncio.get_running_loop().time() + within_s
    pause_s = 0.01
    while await asyncio.to_thread(find):
        if asyncio.get_running_loop().time() >= deadline:
            return False
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, 0.2)
    return True


async def _kill_until_gone(find: Callable[[], list[Seen]]) -> tuple[Identity, ...]:
    """Look again after every kill: a tree may fork while it is being killed."""
    deadline = asyncio.get_running_loop().time() + _KILL_WAIT_S
    while (left := await asyncio.to_thread(find)) and asyncio.get_running_loop().time() < deadline:
        _kill_now(left)
        await asyncio.sleep(0.01)
    return tuple(seen.identity for seen in left)


def _kill_now(processes: Iterable[Seen]) -> None:
    """Freeze all, then kill all, so that none can start another in between."""
    identities = [seen.identity for seen in processes]
    _signal_all(identities, signal.SIGSTOP)
    _signal_all(identities, signal.SIGKILL)


def _signal_all(identities: Iterable[Identity], number: signal.Signals) -> None:
    for identity in identities:
        _signal(identity, number)


def _signal(identity: Identity, number: signal.Signals) -> None:
    """Signal that very process or nobody: the descriptor holds it while its identity is compared."""
    try:
        held = os.pidfd_open(identity.pid) if sys.platform == "linux" else None
    except ProcessLookupError:
        return
    except OSError:  # a kernel or sandbox without pidfd
        held = None
    try:
        if not alive(identity):
            return
        if held is None:
            os.kill(identity.pid, number)
        elif sys.platform == "linux":
            signal.pidfd_send_signal(held, number)
    except (ProcessLookupError, PermissionError):
        return
    finally:
        if held is not None:
            os.close(held)
