"""What is to be forgotten, and what of it there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Purge:
    """What ended before a moment: everybody's, or only one person's, or only one dispatch."""

    before: datetime
    person: str | None = None  # their messages, and the work they asked for
    dispatch: str | None = None

    @property
    def whole(self) -> bool:
        """Of the whole house."""
        return self.person is None and self.dispatch is None


@dataclass(frozen=True, slots=True)
class Rows:
    """What goes, or has gone, from the database."""

    by_table: Mapping[str, int] = field(default_factory=dict[str, int])
    file_bytes: int = 0  # of files that were handed over; they are rows of ``blobs``
    sessions: frozenset[str] = frozenset()  # by which the specialists' own files are found

    @property
    def count(self) -> int:
        return sum(self.by_table.values())

    def __add__(self, other: Rows) -> Rows:
        names = sorted({*self.by_table, *other.by_table})
        return Rows(
            {name: self.by_table.get(name, 0) + other.by_table.get(name, 0) for name in names},
            self.file_bytes + other.file_bytes,
            self.sessions | other.sessions,
        )


@dataclass(frozen=True, slots=True)
class Purged:
    """What goes, or has gone, altogether."""

    rows: Mapping[str, int]  # by table
    files: int  # handed over, in the database
    file_bytes: int
    transcripts: int  # files of sessions, in the state directory of this process
    session_directories: int  # what lies beside them
    transcript_bytes: int

    @property
    def count(self) -> int:
        return sum(self.rows.values()) + self.transcripts + self.session_directories

    @property
    def bytes(self) -> int:
        return self.file_bytes + self.transcript_bytes
