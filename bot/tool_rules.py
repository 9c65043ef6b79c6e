"""Rules that let calls of a tool pass without a person: read, normalised, and refused when they let all pass.

The syntax is Claude Code's own, as in ``allowed_tools``: ``Bash(pytest *)``. Which calls a rule covers is
decided by the specialist alone; here is only looked at what a rule says.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from bot import shown
from bot.errors import Refused

MAX_CHARS: Final = 400

_RULE: Final = re.compile(r"(?P<tool>[A-Za-z]\w*(?:-\w+)*\*?)(?:\((?P<what>.*)\))?", re.DOTALL)
_TOO_MUCH_ALONE: Final = frozenset(
    {"Bash", "Write", "Edit", "MultiEdit", "NotebookEdit", "WebFetch", "Agent", "Task"}
)
_KNOWN: Final = _TOO_MUCH_ALONE | {"Read", "Grep", "Glob", "LS", "WebSearch", "NotebookRead"}
_OPERATORS: Final = re.compile(r"[;&|<>\n`]|\$\(|\$\{")
_ASSIGNMENT: Final = re.compile(r"\w+=.*")

_INTERPRETERS: Final = re.compile(
    r"(?:(?:ba|z|da|k|c|tc|fi|a)?sh|busybox|python[\d.]*|pypy[\d.]*|perl[\d.]*|ruby[\d.]*|node|nodejs|deno|bun|"
    r"php[\d.]*|lua[\d.]*|Rscript|R|osascript|pwsh|powershell|cmd|tclsh|expect|awk|gawk|mawk)"
)
_WRAPPERS: Final = re.compile(
    r"env|sudo|doas|su|runuser|xargs|parallel|nohup|timeout|time|nice|ionice|stdbuf|setsid|setpriv|unshare|"
    r"chroot|nsenter|exec|eval|command|builtin|\.|source|ssh|script|watch|find|flock|strace|ltrace|gdb|npx|"
    r"bunx|uvx|pipx|docker|podman|kubectl|systemd-run|bwrap|screen|tmux|at|batch|crontab"
)
"""Programs whose arguments are programs."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A normalised rule with what a person should know before it holds."""

    rule: str
    passes: str  # an example, or in words
    asks: tuple[str, ...]  # what it does not cover
    warning: str = ""  # why it lets nearly everything pass; empty when it does not


def read(text: str) -> Meaning:
    """The rule that ``text`` is; raises Refused with a sentence where it is none."""
    text = text.strip()
    found = _RULE.fullmatch(text)
    if text != shown.visible(text) or "\n" in text:
        raise Refused(f"The rule has characters that do not show: {shown.visible(text)}. Write it anew.")
    if len(text) > MAX_CHARS:
        raise Refused(f"The rule has {len(text)} characters; {MAX_CHARS} can be read at a glance.")
    if found is None:
        raise Refused(f"A rule names a tool and what it may do, as in Bash(pytest *); {text!r} does not.")
    tool, what = found["tool"], found["what"]
    if what is None:
        return _whole_tool(tool)
    if "*" in tool:
        raise Refused(f"{tool} names no single tool.")
    if not what.strip():
        raise Refused(f"{tool}() says nothing; write {tool}(what *).")
    return _command(what) if tool == "Bash" else _other(tool, what.strip())


def exactly(command: str) -> str | None:
    """The rule for this one command and nothing else; None where there is no safe one."""
    fits = not _OPERATORS.search(command) and not re.search(r"[*()\\\\$]", command)
    if not fits or command != command.strip():
        return None
    try:
        meaning = read(f"Bash({command})")
    except Refused:
        return None
    return meaning.rule if meaning.rule == f"Bash({command})" and not meaning.warning else None


def _whole_tool(tool: str) -> Meaning:
    every = f"every call of {tool}, whatever it does"
    if tool in _TOO_MUCH_ALONE or "*" in tool:
        return Meaning(tool, every, (), f"{tool} alone lets {every} pass.")
    if tool.startswith("mcp__"):
        server_only = tool.count("__") < 2
        warning = f"{tool} lets every tool of that server pass." if server_only else ""
        return Meaning(tool, every, ("other tools of that server",), warning)
    warning = "" if tool in _KNOWN else f"{tool} is no tool that I know."
    return Meaning(tool, every, ("every other tool",), warning)


def _other(tool: str, what: str) -> Meaning:
    warning = "" if tool in _KNOWN else f"{tool} is no tool that I know."
    if not re.search(r"[\w]", what.replace("domain:", "")):
        warning = f"{tool}({what}) lets everything pass."
    return Meaning(f"{tool}({what})", f"{tool} of {what}", (f"{tool} of anything else",), warning)


# ── commands ─────────────────────────────────────────────────────────────────────────────────────────────


def _command(what: str) -> Meaning:
    command = _normalised(what)
    if _OPERATORS.search(command):
        raise Refused(
            "A rule is about one command: leave out ;, &, |, <, >, `, $( and ${. Each command of a line is "
            "looked at by itself."
        )
    warning = _too_broad(command)
    fixed = command.partition("*")[0].rstrip()
    program = fixed.split(" ", 1)[0]
    if "*" not in command:
        return Meaning(f"Bash({command})", command, (f"{command} --more", f"{command}; true"), warning)
    asks = (f"{fixed} x; rm -rf build", f"sudo {fixed} x" if program else "")
    return Meaning(f"Bash({command})", command.replace("*", "x"), tuple(filter(None, asks)), warning)


def _normalised(what: str) -> str:
    """One way to write a rule: ``pytest:*`` is ``pytest *``; spaces are single where nothing is quoted."""
    command = re.sub(r":\*$", " *", what.strip())
    return command if re.search(r"['\"\\]", command) else " ".join(command.split())


def _too_broad(command: str) -> str:
    """Why nearly everything would pass; empty when it would not."""
    first, rest = _split(command)
    if "*" in first:
        return f"Bash({command}) does not say which program: anything that begins so passes."
    if _ASSIGNMENT.fullmatch(first):
        return f"Bash({command}) begins with a variable, which can make a program do anything."
    name = PurePosixPath(first).name
    if _WRAPPERS.fullmatch(name):
        return f"{name} runs other programs: Bash({command}) may run anything." if _is_open(rest) else ""
    if _INTERPRETERS.fullmatch(name) and not _has_script(rest):
        return f"{name} runs whatever it is given: Bash({command}) may run anything."
    if rest == ["*"] and name in ("git", "npm", "pnpm", "yarn", "cargo", "go", "make", "pip", "uv"):
        return f"{name} has commands that run or publish anything: name one, as in Bash({name} status *)."
    return ""


def _split(command: str) -> tuple[str, list[str]]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise Refused(f"The quotes in Bash({command}) do not match.") from error
    return (words[0], words[1:]) if words else ("*", [])


def _is_open(rest: list[str]) -> bool:
    """Something may follow, by the rule or from a pipe."""
    return not rest or any("*" in word for word in rest)


def _has_script(rest: list[str]) -> bool:
    """What an interpreter runs is named: ``manage.py *``, ``-m pytest *``, or the whole command is fixed."""
    if not rest:
        return False
    if not any("*" in word for word in rest):
        return True
    if rest[0] == "-m" and len(rest) > 1:
        return "*" not in rest[1]
    return not rest[0].startswith("-") and "*" not in rest[0]
