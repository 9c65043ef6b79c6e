"""What all processes of a run use together, looked at from beside them; nothing it sees can be argued with.

Imported by the supervisor, so it imports nothing but the standard library, and of that little. Linux only:
elsewhere nobody can cheaply tell what belongs to a run, and its limits are those of single processes.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, NamedTuple

LOOK_EVERY_S: Final = 0.5
SHARE: Final = 20  # a look that took 10 ms is followed by 200 ms of rest: never more than 5 % of a core
MAX_ENTRIES: Final = 1_000_000  # of a scratch directory; what is larger has passed its limit too
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Process(NamedTuple):
    """A line of the process table, as far as it says what is used."""

    pid: int
    parent: int
    cpu_s: float  # its own and that of children it has waited for
    bytes: int  # resident; what processes share counts for each


class Bite(NamedTuple):
    """A limit that was passed."""

    limit: str  # memory | cpu | processes | scratch
    used: float
    most: float


class Watch:
    """Looks at the run below the process ``top`` and in its scratch directory.

    ``limits`` has bytes, seconds or a number for each of memory, cpu, processes and scratch; one that is
    missing does not exist.
    """

    def __init__(self, top: int, limits: dict[str, float], scratch: str) -> None:
        self._top = top
        self._limits = limits
        self._scratch = scratch
        self._next = {"processes": 0.0, "scratch": 0.0}

    @property
    def rest_s(self) -> float | None:
        """Until the next look; None when there is nothing to look for."""
        if not self._limits or sys.platform != "linux":
            return None
        return max(0.0, min(self._next.values()) - time.monotonic())

    def look(self) -> Bite | None:
        """The first limit that is passed; cheap when called too early."""
        if self.rest_s is None:
            return None
        for kind, used in (("processes", self._processes), ("scratch", self._disk)):
            began = time.monotonic()
            if began >= self._next[kind]:
                bite = used()
                took = time.monotonic() - began
                self._next[kind] = began + max(LOOK_EVERY_S, SHARE * took)
                if bite:
                    return bite
        return None

    def _processes(self) -> Bite | None:
        run = below(self._top, table())
        own = os.times()
        cpu_s = own.children_user + own.children_system + sum(process.cpu_s for process in run)
        return (
            self._passed("processes", len(run))
            or self._passed("cpu", cpu_s)
            or (self._passed("memory", sum(process.bytes for process in run)) and self._memory(run))
        )

    def _memory(self, run: list[Process]) -> Bite | None:
        """Again, and exactly: a page that ten processes share counts once."""
        return self._passed("memory", sum(proportional_bytes(process) for process in run))

    def _disk(self) -> Bite | None:
        most = self._limits.get("scratch")
        return self._passed("scratch", disk_bytes(self._scratch, most)) if most is not None else None

    def _passed(self, limit: str, used: float) -> Bite | None:
        most = self._limits.get(limit)
        return Bite(limit, used, most) if most is not None and used > most else None


def table() -> dict[int, Process]:
    """All processes now."""
    numbers = (entry.name for entry in os.scandir("/proc") if entry.name.isdecimal())
    return {process.pid: process for number in numbers if (process := _read(number))}


def _read(pid: str) -> Process | None:
    """https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html; the name may hold anything."""
    try:
        with open(f"/proc/{pid}/stat", errors="replace") as file:  # noqa: PTH123 - pathlib is slow to import
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    cpu_s = sum(map(int, fields[11:15])) / _TICKS
    return Process(int(pid), int(fields[1]), cpu_s, int(fields[21]) * _PAGE)


def below(top: int, processes: dict[int, Process]) -> list[Process]:
    """The children of ``top``, their children, and so on; not ``top`` itself."""
    children: dict[int, list[Process]] = {}
    for process in processes.values():
        children.setdefault(process.parent, []).append(process)
    found: list[Process] = []
    parents = [top]
    while parents:
        born = children.get(parents.pop(), [])
        found += born
        parents += [process.pid for process in born]
    return found


def proportional_bytes(process: Process) -> int:
    """Of a shared page only this process's part; what is resident where the kernel does not tell."""
    try:
        with open(f"/proc/{process.pid}/smaps_rollup") as file:  # noqa: PTH123 - as above
            line = next((line for line in file if line.startswith("Pss:")), "")
    except OSError:
        return process.bytes
    return int(line.split()[1]) * 1024 if line else process.bytes


def disk_bytes(directory: str, enough: float) -> float:
    """What lies in ``directory``, counted until it is more than ``enough``; links are not followed."""
    total = 0.0
    for number, size in enumerate(_sizes(directory)):
        total += size
        if total > enough:
            break
        if number > MAX_ENTRIES:
            return enough + 1
    return total


def _sizes(directory: str) -> Iterator[int]:
    rooms = [directory]
    while rooms:
        with suppress(OSError), os.scandir(rooms.pop()) as entries:  # removed meanwhile, or closed to us
            for entry in entries:
                with suppress(OSError):
                    yield entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        rooms.append(entry.path)
