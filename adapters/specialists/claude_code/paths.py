"""Keeps Claude Code's own file tools out of the house's home, configuration and secrets.

Shell commands are the sandbox's part. Every path is judged as it resolves, so a link does not help.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from adapters.specialists.claude_code.payload import Payload, text

_ONE_FILE: Final = ("file_path", "notebook_path")
_SEARCHED: Final = frozenset({"Grep", "Glob", "LS"})


def forbidden(tool: str, given: Payload, directory: str, denied: tuple[str, ...]) -> str | None:
    """The path that ``tool`` would touch and may not; a search may not even begin above a denied place."""
    for path in _paths(tool, given, Path(directory)):
        touched = path.resolve()
        for place in map(Path, denied):
            kept = place.resolve()
            if touched.is_relative_to(kept) or (tool in _SEARCHED and kept.is_relative_to(touched)):
                return str(path)
    return None


def _paths(tool: str, given: Payload, directory: Path) -> Iterator[Path]:
    for key in _ONE_FILE:
        if name := text(given.get(key)):
            yield directory / Path(name).expanduser()
    if tool in _SEARCHED:
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
