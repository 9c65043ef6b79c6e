"""What people may allow themselves with ``self_approve = "low-risk"``: reading and editing a project's files.

By tool and input alone, and narrow on purpose. A tool that is not named here is not low-risk: no shell
command is, since what it changes cannot be seen from its words.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, cast

from bot.model.questions import Approval

PATHS: Final[dict[str, str]] = {
    "Read": "file_path",
    "Edit": "file_path",
    "MultiEdit": "file_path",
    "Write": "file_path",
    "NotebookRead": "notebook_path",
    "NotebookEdit": "notebook_path",
}
"""Claude Code's file tools, and the key of their input that says which file."""

ACTING: Final = frozenset({".git", ".claude", ".mcp.json", ".vscode", ".idea", ".envrc", ".github"})
"""Names inside a project that make programs act elsewhere or later."""


def objection(approval: Approval) -> str | None:
    """Why the call is not low-risk, to go after "and"; None when it is."""
    key = PATHS.get(approval.tool)
    if key is None:
        return f"{approval.tool} can change more than files of the project"
    directory = Path(approval.directory)
    named = _named(approval, key)
    if named is None or not directory.is_dir():
        return "which file it is about cannot be told"
    root = directory.resolve()
    file = (root / named).resolve()
    if not file.is_relative_to(root):
        return "its file lies outside the project"
    if ACTING & {part.lower() for part in file.relative_to(root).parts}:
        return "its file makes programs act"
    return None


def _named(approval: Approval, key: str) -> str | None:
    try:
        given: Any = json.loads(approval.input)
    except ValueError:
        return None
    name = cast("dict[str, Any]", given).get(key) if isinstance(given, dict) else None
    return name if isinstance(name, str) and name and "\x00" not in name else None
