"""A run can never act as a person: commands that do so refuse when they are started inside one.

The sandbox is what keeps a run from the house's rows; this says so in words, where it is tried in the open.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bot.errors import Refused

MARK: Final = "FRONTDESK_RUN"

_PROC: Final = Path("/proc")
_MAX_ANCESTORS: Final = 256


def refuse_inside_run(command: str) -> None:
    """Raises Refused when this process, or any it descends from, belongs to a run."""
    if run := os.environ.get(MARK) or next(_runs_of_ancestors(), None):
        raise Refused(
            f"`frontdesk {command}` is for people and was started inside the run {run}. "
            "Nothing was done; ask for it in your result instead."
        )


def _runs_of_ancestors() -> Iterator[str]:
    """The marks that ancestors were started with: clearing one's own environment does not remove those."""
    mark = f"{MARK}=".encode()
    for pid in _ancestors():
        try:
            entries = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
        except OSError:
            continue  # another user's, or the house itself, which hides its own
        yield from (
            entry.removeprefix(mark).decode(errors="replace") for entry in entries if entry.startswith(mark)
        )


def _ancestors() -> Iterator[int]:
    pid = os.getppid()
    for _ in range(_MAX_ANCESTORS):
        if pid <= 1:
            return
        yield pid
        try:
            # The name in brackets may hold anything, so the fields are counted from its end.
            fields = (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
            pid = int(fields[1])
        except (OSError, IndexError, ValueError):
            return
