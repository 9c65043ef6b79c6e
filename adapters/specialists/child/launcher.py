"""The file that is executed in place of a specialist's program, since libraries hand on all they have.

``claude_agent_sdk`` starts ``cli_path`` with the house's whole environment merged in, whatever its options
say. So ``cli_path`` is a launcher: a shell line that empties the environment, then ``supervisor``, which
reads the real one from a file that only our user can read; nothing secret stands in an argument list.

    launcher (sh, 0700) ── env -i ── supervisor PLAN ── (sandbox) ── program
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.specialists.child import supervisor
from adapters.specialists.child.channel import Channel
from adapters.specialists.child.environment import DEPTH, HOUSE, RUN
from adapters.specialists.child.resources import Verdict, limits_of_a_run, limits_of_processes
from bot.ports import Resources

CLAUDE_SDK_VARIABLES: Final = (
    "CLAUDE_CODE_ENTRYPOINT",
    "CLAUDE_AGENT_SDK_VERSION",
    "CLAUDE_AGENT_SDK_CLIENT_APP",
    "CLAUDE_CODE_SDK_READS_SESSION_STATE",
    "CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING",
    "PWD",
)
"""What claude-agent-sdk sets for its CLI (``connect`` in its ``subprocess_cli.py``); harmless and needed."""

_SANDBOX_LAYERS: Final = 2
"""bubblewrap outside its namespace, and bubblewrap as the first process inside."""


@dataclass(frozen=True, slots=True)
class Launcher:
    """A launcher on disk, good for any number of starts by the process that wrote it."""

    path: Path
    plan: Path
    channel: Channel  # on which the supervisor says that a limit was passed

    def expect(self) -> None:
        """Before a start: hear what its supervisor says."""
        self.channel.listen()

    def bite(self) -> Verdict | None:
        """The limit that ended the run that was expected; None when none did."""
        return Verdict.parse(self.channel.last_word())

    def remove(self) -> None:
        """A second call is harmless."""
        self.channel.close()
        for file in (self.path, self.plan):
            file.unlink(missing_ok=True)


def write_launcher(
    path: str | Path,
    program: str,
    environment: Mapping[str, str],
    *,
    sandbox: Sequence[str] = (),
    passed: Sequence[str] = (),
    grace_s: float = 4.0,
    resources: Resources | None = None,
) -> Launcher:
    """Write ``path`` (0700) and, beside it, its plan (0600).

    ``program`` is started with the launcher's own arguments and exactly ``environment``, plus the variables
    ``passed`` if whoever executes the launcher has set them. ``sandbox`` is the command line that goes before
    ``program`` (``sandbox.wrap``). Only this process may execute it, from a thread that lives as long as the
    house: the program dies with that thread. ``grace_s`` is what the program gets between being asked to end
    and being killed. ``resources`` is what all of it may use.
    """
    launcher = Launcher(Path(path), Path(f"{path}.plan"), Channel())
    allowed = resources or Resources()
    plan = {
        "command": [*sandbox, os.path.realpath(program)],
        "environment": dict(environment),
        "passed": list(passed),
        "house": os.getpid(),
        "layers": _SANDBOX_LAYERS if sandbox else 0,
        "grace_s": grace_s,
        "rlimits": limits_of_processes(allowed),
        "limits": limits_of_a_run(allowed),
        "scratch": str(launcher.path.parent),
        "channel": launcher.channel.address,
    }
    _write(launcher.plan, 0o600, json.dumps(plan))
    _write(launcher.path, 0o700, _script(launcher.plan, environment, passed))
    return launcher


def _script(plan: Path, environment: Mapping[str, str], passed: Sequence[str]) -> str:
    marks = [
        shlex.quote(f"{name}={environment[name]}") for name in (HOUSE, RUN, DEPTH) if name in environment
    ]
    through = [f'${{{name}+"{name}=${name}"}}' for name in passed]
    start = [shlex.quote(part) for part in (sys.executable, "-I", "-S", supervisor.__file__, str(plan))]
    return f'#!/bin/sh\nexec /usr/bin/env -i {" ".join([*marks, *through, *start])} "$@"\n'


def _write(path: Path, mode: int, text: str) -> None:
    """Never, not even for a moment, with wider permissions than ``mode``."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
