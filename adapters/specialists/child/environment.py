"""A worker sees an allow-list, because whatever it sees it can print, post or send away."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.errors import Reason, SpecialistError

HOUSE: Final = "FRONTDESK_HOUSE"
RUN: Final = "FRONTDESK_RUN"
DEPTH: Final = "FRONTDESK_DEPTH"

_INHERITED: Final = re.compile(r"PATH|LANG|LANGUAGE|LC_[A-Z]+|TZ")
_HOUSE_SECRETS: Final = re.compile(r"(SLACK|TELEGRAM|FRONTDESK)_.*|PG(PASSWORD|PASSFILE)")
_PROVIDER_KEYS: Final = re.compile(
    r"(ANTHROPIC|OPENAI|GEMINI|GOOGLE|MISTRAL|GROQ|DEEPSEEK|OPENROUTER|COHERE|XAI|TOGETHER|AZURE_OPENAI)"
    r"_(API_KEY|AUTH_TOKEN|ADMIN_KEY)|CLAUDE_CODE_OAUTH_TOKEN"
)
_NOT_NESTED: Final = frozenset({"CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT"})
"""They tell Claude Code that another Claude Code started it, and it behaves differently."""
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Marker:
    """Carried by every process of a run, so that it is found even when its parents are gone."""

    house: str
    run: str = ""  # empty: any run of that house

    @classmethod
    def of(cls, home: str | Path, run: str = "") -> Marker:
        """The marker of the house whose state is in ``home``; the same for every process of that house."""
        real = os.path.realpath(home)
        return cls(hashlib.sha256(real.encode()).hexdigest()[:16], run)

    def variables(self) -> dict[str, str]:
        return {HOUSE: self.house} | ({RUN: self.run} if self.run else {})

    def marks(self, environ: bytes) -> bool:
        """Whether a process with this environment block (``/proc/<pid>/environ``) belongs to it."""
        entries = set(environ.split(b"\0"))
        return all(f"{name}={value}".encode() in entries for name, value in self.variables().items())


def worker_environment(
    *,
    home: str,
    scratch: str,
    marker: Marker,
    depth: int = 0,
    variables: Mapping[str, str] | None = None,
    credential: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """All that a worker sees: search path, language and zone, private directories, what the project names.

    ``credential`` is the one key or token the specialist logs in with. Raises SpecialistError when
    ``variables`` name one of the house's own secrets.
    """
    named = {name: value for name, value in (variables or {}).items() if name not in _NOT_NESTED}
    for name, value in named.items():
        _refuse_secret(name)
        _refuse_malformed(name, value)
    inherited = {name: value for name, value in os.environ.items() if _INHERITED.fullmatch(name)}
    private = {"HOME": home, "TMPDIR": scratch, "TERM": "dumb", DEPTH: str(depth)}
    return {
        "PATH": os.defpath,
        **inherited,
        **named,
        **(credential or {}),
        **private,
        **marker.variables(),
    }


def inside_run(environ: Mapping[str, str] = os.environ) -> str | None:
    """The run that this process belongs to; people-only commands refuse when there is one."""
    return environ.get(RUN) or None


def depth(environ: Mapping[str, str] = os.environ) -> int:
    """How many runs deep this process is; 0 outside any run, and for a value that is no number."""
    value = environ.get(DEPTH, "")
    return int(value) if value.isdecimal() else 0


def _refuse_secret(name: str) -> None:
    if _HOUSE_SECRETS.fullmatch(name.upper()) or _PROVIDER_KEYS.fullmatch(name.upper()):
        raise SpecialistError(
            f"{name} is a secret of the house and is never handed to a run: remove it from the project's "
            "env, and give the project a key of its own under another name.",
            reason=Reason.PERMISSION,
        )


def _refuse_malformed(name: str, value: str) -> None:
    if not _NAME.fullmatch(name) or "\0" in value:
        raise SpecialistError(
            f"{name!r} cannot be an environment variable: a name has letters, digits and _, a value no NUL. "
            "Correct the project's env.",
            reason=Reason.PERMISSION,
        )
