"""What a run may use of the machine, as its supervisor is told, and what it says when that was too little."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final, Self

from bot.ports import Resources

_SETTINGS: Final = {
    "memory": ("max_memory_mb", "{:,.0f} MB of memory", 1024 * 1024),
    "cpu": ("max_cpu_s", "{:,.0f} s of processor time", 1),
    "processes": ("max_processes", "{:,.0f} processes", 1),
    "scratch": ("max_scratch_mb", "{:,.0f} MB of temporary files", 1024 * 1024),
}
"""By the supervisor's name of a limit: the project's setting, how people read it, and its unit."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The limit that ended a run."""

    limit: str
    most: float

    @classmethod
    def parse(cls, word: bytes) -> Self | None:
        """What a supervisor said; None when that is nothing, or nothing that can be understood."""
        try:
            said = json.loads(word)
            limit, most = str(said["limit"]), float(said["most"])
        except (ValueError, TypeError, KeyError, RecursionError):
            return None
        return cls(limit, most) if limit in _SETTINGS else None

    def sentence(self, project: str) -> str:
        """What happened and what to do, for whoever asked for the work."""
        setting, words, unit = _SETTINGS[self.limit]
        most = words.format(self.most / unit)
        return (
            f"It used more than its limit of {most} and was stopped; its session is kept. Ask for it in "
            f"smaller parts, or raise {setting} in [projects.{project}] of frontdesk.toml, then [Continue]."
        )


def limits_of_a_run(resources: Resources) -> dict[str, float]:
    """Watched by the supervisor over all processes together (``watching``)."""
    most = {
        "memory": resources.memory_bytes,
        "cpu": resources.cpu_s,
        "processes": resources.processes,
        "scratch": resources.scratch_bytes,
    }
    return {name: value for name, value in most.items() if value is not None}


def limits_of_processes(resources: Resources) -> dict[str, int]:
    """Enforced by the kernel on each process. It counts processes per user, so their number is watched."""
    most = {"RLIMIT_FSIZE": resources.file_bytes, "RLIMIT_NOFILE": resources.open_files}
    return {name: value for name, value in most.items() if value is not None}
