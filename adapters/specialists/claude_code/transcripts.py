"""Claude Code's own record of a session on disk: whether it exists, what it waits for, and taking one over.

A transcript is ``<config dir>/projects/<working directory, with dashes>/<session>.jsonl``. It is found by its
id alone, because a session resumes from anywhere but stays in the file where it began.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.specialists.claude_code.payload import Payload, items, number, table, text
from bot.errors import Reason, SpecialistError

_ADOPTED: Final = "sessionId"


@dataclass(frozen=True, slots=True)
class Deferred:
    """The tool call that a parked session waits with."""

    id: str
    tool: str
    input: Payload
    first_id: str  # of the first call with the same input: an approval was asked under it


@dataclass(frozen=True, slots=True)
class Adopted:
    """A copy of a terminal session in the house's own config directory."""

    session: str
    directory: str
    session_usd: float
    title: str


def find(config_dir: str, session: str) -> Path | None:
    """The session's transcript; None when there is none or nothing was ever written to it."""
    found = Path(config_dir, "projects").glob(f"*/{uuid.UUID(session)}.jsonl")
    return next((path for path in found if path.stat().st_size > 0), None)


def deferred(transcript: Path) -> Deferred | None:
    """The call whose answer the session waits for; None when it waits for nothing."""
    waiting: Deferred | None = None
    calls: list[tuple[str, str, str]] = []
    for entry in _entries(transcript):
        attachment, content = (
            table(entry.get("attachment")),
            items(table(entry.get("message")).get("content")),
        )
        for block in map(table, content):
            if block.get("type") == "tool_use":
                calls.append((text(block.get("id")), text(block.get("name")), _canonical(block.get("input"))))
            elif waiting and block.get("tool_use_id") == waiting.id:
                waiting = None
        if attachment.get("type") == "hook_deferred_tool":
            waiting = _deferred(attachment, calls)
    return waiting


def _deferred(attachment: Payload, calls: list[tuple[str, str, str]]) -> Deferred:
    id, tool, given = (
        text(attachment.get("toolUseID")),
        text(attachment.get("toolName")),
        attachment.get("toolInput"),
    )
    written = next((known for call, _, known in calls if call == id), _canonical(given))
    first = next((call for call, name, known in calls if name == tool and known == written), id)
    return Deferred(id, tool, table(given), first)


def mentions(transcript: Path, words: str) -> bool:
    """Whether a person's ``words`` have reached the session."""
    return any(
        entry.get("type") == "user" and words in json.dumps(entry.get("message"), ensure_ascii=False)
        for entry in _entries(transcript)
    ) or any(json.dumps(words, ensure_ascii=False)[1:-1] in line for line in _lines(transcript))


def cost_usd(transcript: Path) -> float:
    """What the session has cost so far, by Claude Code's own reckoning."""
    totals = [
        entry.get("totalCostUSD") for entry in _entries(transcript) if entry.get("type") == "cost-state"
    ]
    return max(0.0, number(totals[-1])) if totals else 0.0


def resume_line(session: str, config_dir: str, directory: str) -> str:
    """The exact line with which a person continues a copy of the session in their own terminal."""
    words = (shlex.quote(directory), shlex.quote(config_dir), shlex.quote(session))
    return "cd {} && CLAUDE_CONFIG_DIR={} claude --resume {} --fork-session".format(*words)


def adopt(session: str, *, from_config_dir: str, to_config_dir: str) -> Adopted:
    """Fork a terminal session into the house's config directory, under an id of its own.

    The original stays as it is; raises SpecialistError when there is no such session.
    """
    source = _existing(session, from_config_dir)
    forked = str(uuid.uuid4())
    entries = list(_entries(source))
    directory = next((text(entry.get("cwd")) for entry in entries if entry.get("cwd")), "")
    room = Path(to_config_dir, "projects", re.sub(r"[^A-Za-z0-9]", "-", directory))
    room.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = room / f"{forked}.jsonl"
    target.touch(mode=0o600)
    with target.open("w", encoding="utf-8") as file:
        for entry in entries:
            renamed = {**entry, _ADOPTED: forked} if _ADOPTED in entry else entry
            file.write(json.dumps(renamed, ensure_ascii=False) + "\n")
    beside = source.with_suffix("")
    if beside.is_dir():  # long tool results and subagents
        shutil.copytree(beside, room / forked)
    return Adopted(forked, directory, cost_usd(source), _title(entries))


def _existing(session: str, config_dir: str) -> Path:
    try:
        found = find(config_dir, session)
    except ValueError:
        found = None
    if found is None:
        raise SpecialistError(
            f"There is no Claude Code session {session} in {config_dir}: `claude --resume` lists the "
            "sessions of a directory, `/status` inside one shows its id.",
            reason=Reason.NOT_FOUND,
        )
    return found


def _title(entries: list[Payload]) -> str:
    for entry in entries:
        said = table(entry.get("message")).get("content")
        if entry.get("type") == "user" and isinstance(said, str) and not entry.get("isMeta"):
            return said.strip().splitlines()[0][:80] if said.strip() else ""
    return ""


def _canonical(given: object) -> str:
    return json.dumps(given, sort_keys=True, ensure_ascii=False)


def _lines(transcript: Path) -> Iterator[str]:
    with transcript.open(encoding="utf-8", errors="replace") as file:
        yield from file


def _entries(transcript: Path) -> Iterator[Payload]:
    """Every whole line; the last may be cut off by a crash."""
    for line in _lines(transcript):
        try:
            yield table(json.loads(line))
        except ValueError:
            continue
