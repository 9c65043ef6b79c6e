"""Keeps Claude Code's own file tools out of the house's home, configuration and secrets.

Shell commands are the sandbox's part. Every path is judged as it resolves, so a link does not help, and the
deepest place that covers it decides. A search below the working directory skips denied files by Claude Code's
own rules (`rules`); one that begins above it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from adapters.specialists.claude_code.payload import Payload, text
from bot.ports import Work

_ONE_FILE: Final = ("file_path", "notebook_path")
_SEARCHES: Final = frozenset({"Grep", "Glob", "LS"})
_READS: Final = _SEARCHES | {"Read"}


@dataclass(frozen=True, slots=True)
class Fence:
    """Real paths: what is closed to file tools, and what is open inside of that."""

    directory: Path
    closed: tuple[Path, ...]
    open: tuple[Path, ...]
    readable: tuple[Path, ...]

    @classmethod
    def of(cls, work: Work) -> Self:
        """Claude Code keeps long tool results beside its transcripts and reads them from there."""
        config_dir = Path(work.config_dir).resolve()
        directory = Path(work.directory).resolve()
        return cls(
            directory,
            closed=(*(Path(place).resolve() for place in work.denied_paths), config_dir),
            open=(directory, Path(work.scratch).resolve()),
            readable=(config_dir / "projects",),
        )

    def forbidden(self, tool: str, given: Payload) -> str | None:
        """The path that ``tool`` would touch and may not."""
        for path in _paths(tool, given, self.directory):
            touched = path.resolve()
            if self._is_closed(tool, touched) or (tool in _SEARCHES and self._is_above(touched)):
                return str(path)
        return None

    def _is_closed(self, tool: str, touched: Path) -> bool:
        opened = self.open + (self.readable if tool in _READS else ())
        return _depth(touched, self.closed) > _depth(touched, opened)

    def _is_above(self, touched: Path) -> bool:
        """A search from here would come through a closed place."""
        own = any(touched.is_relative_to(place) for place in self.open + self.readable)
        return not own and any(place.is_relative_to(touched) for place in self.closed)

    def rules(self) -> list[str]:
        """The same in Claude Code's own syntax, for the searches that begin inside the working directory."""
        inside = [place for place in self.closed if place.is_relative_to(self.directory)]
        return [
            f"{tool}(/{place}{rest})" for place in inside for tool in ("Read", "Edit") for rest in ("", "/**")
        ]


def _depth(touched: Path, places: tuple[Path, ...]) -> int:
    """Of the deepest of ``places`` that covers ``touched``; 0 when none does."""
    return max((len(place.parts) for place in places if touched.is_relative_to(place)), default=0)


def _paths(tool: str, given: Payload, directory: Path) -> Iterator[Path]:
    for key in _ONE_FILE:
        if name := text(given.get(key)):
            yield directory / Path(name).expanduser()
    if tool in _SEARCHES:
        start = directory / Path(text(given.get("path"))).expanduser()
        yield start
        if tool == "Glob":
            yield start / _fixed_part(text(given.get("pattern")))


def _fixed_part(pattern: str) -> Path:
    """The folders of a pattern before its first wildcard."""
    fixed: list[str] = []
    for part in Path(pattern).parts:
        if any(mark in part for mark in "*?[{"):
            break
        fixed.append(part)
    return Path(*fixed)
