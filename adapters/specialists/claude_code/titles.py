"""One line for the card about what a tool is being used for."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from adapters.specialists.claude_code.payload import Payload, text

MAX_CHARS: Final = 80
_TELLING: Final = ("file_path", "notebook_path", "command", "pattern", "url", "query", "description", "path")
_PATHS: Final = frozenset({"file_path", "notebook_path", "path"})


def title(tool: str, given: Payload, directory: str) -> str:
    """``Edit src/app.py``, ``pytest -q``: relative to the directory, cut to MAX_CHARS."""
    key = next((key for key in _TELLING if text(given.get(key)).strip()), None)
    if key is None:
        return _cut(tool.removeprefix("mcp__").replace("__", " "))
    said = text(given[key]).strip()
    shown = relative(said, directory) if key in _PATHS else said
    return _cut(shown if tool == "Bash" else f"{tool} {shown}")


def relative(path: str, directory: str) -> str:
    inside = Path(path).is_relative_to(directory)
    return str(Path(path).relative_to(directory)) if inside else path


def _cut(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= MAX_CHARS else line[: MAX_CHARS - 1] + "…"
