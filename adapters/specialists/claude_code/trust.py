"""What a repository may say to Claude Code: its CLAUDE.md as plain text, or (trust = "all") its settings too.

Settings of a repository run programs and can send the credential elsewhere, so they are off unless the
operator wrote ``trust = "all"`` for the project; `would_execute` tells beforehand what that would run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from adapters.specialists.claude_code.payload import Payload, items, table, text

MAX_GUIDANCE_BYTES: Final = 40_000
_GUIDANCE: Final = ("CLAUDE.md", ".claude/CLAUDE.md")
_SETTINGS: Final = (".claude/settings.json", ".claude/settings.local.json")
_PROGRAMS: Final = (
    "apiKeyHelper",
    "statusLine",
    "awsAuthRefresh",
    "awsCredentialExport",
    "otelHeadersHelper",
)


def guidance(directory: str) -> str:
    """The repository's CLAUDE.md as labelled text; empty when it has none."""
    root = Path(directory).resolve()
    found = [(name, root / name) for name in _GUIDANCE if _lies_inside(root / name, root)]
    return "\n\n".join(f'<file name="{name}">\n{_capped(path)}\n</file>' for name, path in found)


def would_execute(directory: str) -> tuple[str, ...]:
    """One line for each program, server and variable that ``trust = "all"`` would let this repository set."""
    root = Path(directory)
    lines = [line for name in _SETTINGS for line in _of_settings(name, _read(root / name))]
    servers = table(_read(root / ".mcp.json").get("mcpServers"))
    lines += [f".mcp.json: MCP server {name}: {_command(table(server))}" for name, server in servers.items()]
    return tuple(lines)


def _of_settings(name: str, settings: Payload) -> Iterator[str]:
    for event, matchers in table(settings.get("hooks")).items():
        for matcher in map(table, items(matchers)):
            for hook in map(table, items(matcher.get("hooks"))):
                yield f"{name}: {event} hook runs {_command(hook)}"
    for variable, value in table(settings.get("env")).items():
        yield f"{name}: sets {variable}={value}"
    for key in _PROGRAMS:
        if key in settings:
            yield f"{name}: {key} runs {_command(table(settings[key])) or settings[key]}"
    for rule in items(table(settings.get("permissions")).get("allow")):
        yield f"{name}: allows {rule} without asking"


def _command(entry: Payload) -> str:
    arguments = " ".join(str(one) for one in items(entry.get("args")))
    return f"{text(entry.get('command') or entry.get('url'))} {arguments}".strip()


def _read(path: Path) -> Payload:
    try:
        return table(json.loads(path.read_text(encoding="utf-8-sig")))
    except (OSError, ValueError):
        return {}


def _lies_inside(path: Path, root: Path) -> bool:
    return path.is_file() and path.resolve().is_relative_to(root)


def _capped(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(MAX_GUIDANCE_BYTES + 1)
    words = data[:MAX_GUIDANCE_BYTES].decode(errors="ignore").replace("\0", "")
    return words + ("\n[cut here: the file is longer]" if len(data) > MAX_GUIDANCE_BYTES else "")
