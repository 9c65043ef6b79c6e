"""What happened on the scripted platform, in order: in memory, or in a file that processes share."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import cast

Record = dict[str, object]


class Journal:
    """Records that survive the process once ``append`` has returned, if there is a file."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._memory: list[Record] = []
        self._read_to = 0
        if path is not None:
            _end_torn_line(path)

    def append(self, record: Record) -> None:
        if self._path is None:
            self._memory.append(record)
            return
        line = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        fd = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(fd, line)  # one write: lines of several processes never mix
            os.fsync(fd)
        finally:
            os.close(fd)

    def news(self) -> Iterator[Record]:
        """The records since the last call, also those of other processes."""
        if self._path is None:
            fresh, self._read_to = self._memory[self._read_to :], len(self._memory)
            yield from fresh
            return
        with self._path.open("rb") as file:
            file.seek(self._read_to)
            whole = file.read()
        whole = whole[: whole.rfind(b"\n") + 1]
        self._read_to += len(whole)
        for line in whole.splitlines():
            if record := _parsed(line):
                yield record


def _end_torn_line(path: Path) -> None:
    """A process that died while writing leaves half a line: it did not happen, the next must not join it."""
    path.touch(mode=0o600)
    with path.open("rb") as file:
        file.seek(max(file.seek(0, os.SEEK_END) - 1, 0))
        torn = file.read() not in (b"", b"\n")
    if torn:
        with path.open("ab") as file:
            file.write(b"\n")


def _parsed(line: bytes) -> Record | None:
    try:
        record: object = json.loads(line)
    except ValueError:
        return None
    return cast("Record", record) if isinstance(record, dict) else None
