"""Keys that were renamed: the old one works for two minor versions, with a warning that names the new one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

Table = dict[str, Any]
ANY: Final = "*"
MINORS: Final = 2
"""For so many minor versions, the one of the renaming included, an old key still works."""


@dataclass(frozen=True, slots=True)
class Rename:
    old: str  # dotted; * stands for any name, in the same place of both: projects.*.max_usd
    new: str
    since: str  # the version that renamed it: 0.2


RENAMES: Final[tuple[Rename, ...]] = ()
"""Add a line when a key is renamed; remove it once its time is over."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One renamed key that stands in a configuration."""

    old: tuple[str, ...]
    new: tuple[str, ...]
    since: str

    @property
    def words(self) -> str:
        return f"{'.'.join(self.old)} is called {'.'.join(self.new)} since version {self.since}"


def is_over(since: str, version: str) -> bool:
    """Whether the old key of a renaming has stopped to work."""
    (major, minor), (then_major, then_minor) = _minor(version), _minor(since)
    return major > then_major or minor >= then_minor + MINORS


def _minor(version: str) -> tuple[int, int]:
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def renamed(tables: Table, renames: Sequence[Rename] = RENAMES) -> list[Moved]:
    """The old keys that stand in the tables."""
    return [
        Moved(old, _filled(rename.new, rename.old, old), rename.since)
        for rename in renames
        for old in _matches(tables, rename.old.split("."))
    ]


def new_parts(parts: Sequence[str], renames: Sequence[Rename] = RENAMES) -> tuple[list[str], Moved] | None:
    """For the parts of an old variable's name, those of the new one."""
    for rename in renames:
        pattern = rename.old.split(".")
        if len(pattern) == len(parts) and all(map(_same, pattern, parts)):
            new = _filled(rename.new, rename.old, tuple(parts))
            return list(new), Moved(tuple(pattern), tuple(rename.new.split(".")), rename.since)
    return None


def _same(pattern: str, part: str) -> bool:
    return pattern == ANY or pattern.replace("-", "_").lower() == part.replace("-", "_").lower()


def _matches(table: Table, pattern: list[str], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    head, *rest = pattern
    for name in list(table) if head == ANY else [head] if head in table else []:
        if not rest:
            yield (*above, name)
        elif isinstance(table[name], dict):
            yield from _matches(cast("Table", table[name]), rest, (*above, name))


def _filled(new: str, old: str, found: tuple[str, ...]) -> tuple[str, ...]:
    """The new key, with the names that the stars of the old one stood for."""
    names = iter(part for pattern, part in zip(old.split("."), found, strict=True) if pattern == ANY)
    return tuple(next(names) if part == ANY else part for part in new.split("."))
