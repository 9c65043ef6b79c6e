"""The commented ``frontdesk.toml`` that ``init`` writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.cli.setup.surroundings import Surroundings

RULES: Final = "rules"
MODES: Final = {
    "plan": "it reads and says what it would change",
    "default": "it asks before each change",
    "acceptEdits": "it edits files by itself and asks before the rest",
}
WITHOUT_WALLS: Final = (
    "no sandbox: a run can do whatever this user can, also act as you in Frontdesk itself; "
    'each card says so. "auto" takes the best sandbox that holds here'
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What was decided."""

    person: str
    account: str  # login name on this machine
    project: str
    directory: Path
    description: str
    mode: str
    sandbox: str
    model: str


def text_of(draft: Draft, found: Surroundings, file: Path) -> str:
    lines = [
        "# Frontdesk: who may use it, where it works, and for how much.",
        "# Every key is in docs/configuration.md; `frontdesk config check` prints what is in force.",
        "# Keys and tokens do not belong here: they come from the environment, or from files (…_FILE).",
        "",
        "[secretary]",
        *_secretary(draft, found),
        "",
        f"[people.{draft.person}]",
        'role = "admin"                # admin, approver, user or viewer; who is not named here is nobody',
        *([f"terminal = {_quoted(draft.account)}"] if draft.account != draft.person else []),
        "",
        *_project(draft, file),
        "",
        "[specialists.claude-code]",
        *_claude(found),
        "",
        "[budgets]                     # US dollars; reached, work waits and its session is kept",
        "person_day_usd = 10.0",
        "total_day_usd = 50.0",
        "total_month_usd = 400.0",
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _secretary(draft: Draft, found: Surroundings) -> Iterator[str]:
    yield "# Reads every message and decides what happens with it; cheap and quick is right."
    found_none = draft.model == found.choice.model == RULES
    if found_none:
        yield "# Nothing was found, so it works by rules until OPENAI_API_KEY or ANTHROPIC_API_KEY is set, or"
        yield '# Ollama runs. Any provider:model can be named, and "rules" is no model at all.'
        yield '# model = "openai:gpt-6-luna"'
    else:
        why = f"  # {found.choice.why}" if draft.model == found.choice.model else ""
        yield f"model = {_quoted(draft.model)}{why}"
    others = [f"ollama:{name}" for name in found.ollama if f"ollama:{name}" != draft.model]
    if others:
        yield f"# Ollama also has: {', '.join(others[:8])}"


def _project(draft: Draft, file: Path) -> Iterator[str]:
    yield f"[projects.{draft.project}]"
    yield f"directory = {_quoted(shown_directory(draft.directory, file.parent))}"
    yield f"description = {_quoted(draft.description)}  # what the secretary chooses by"
    yield f"permission_mode = {_quoted(draft.mode)}  # {MODES[draft.mode]}"
    yield from (
        f"# permission_mode = {_quoted(mode)}: {words}" for mode, words in MODES.items() if mode != draft.mode
    )
    yield '# allowed_tools = ["Bash(pytest *)"]  # calls that need nobody, in Claude Code\'s syntax'
    if draft.sandbox == "none":
        yield f"# {WITHOUT_WALLS}."
    yield f"sandbox = {_quoted(draft.sandbox)}"
    yield "max_usd_per_dispatch = 2.0"


def _claude(found: Surroundings) -> Iterator[str]:
    auth = found.claude.facts.get("auth", "login")
    if found.claude.ok:
        yield f"auth = {_quoted(auth)}  # api-key, oauth-token or login: the only credential that reaches it"
    else:
        yield "# Its credential is the one that is there: ANTHROPIC_API_KEY, CLAUDE_CODE_OAUTH_TOKEN, or your"
        yield "# own `claude` login. auth = names one: api-key, oauth-token or login."
    if found.agents:
        yield f"# Also on this machine: {', '.join(name for name, _ in found.agents)} (docs/adapters.md)."


def shown_directory(directory: Path, base: Path) -> str:
    """As short as it can be written in a file that lies in ``base``."""
    if directory.resolve() == base.resolve():
        return "."
    home = Path.home()
    return f"~/{directory.relative_to(home)}" if directory.is_relative_to(home) else str(directory)


def _quoted(text: str) -> str:
    """A basic string of TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
