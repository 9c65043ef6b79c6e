"""A level is believed only after a canary inside it has failed at everything it must fail at.

The canary's word is not enough where the effect can be looked at from outside: what it wrote, and whether it
really could write where it may.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from adapters.specialists.child.environment import Marker, worker_environment
from adapters.specialists.child.launcher import write_launcher
from adapters.specialists.child.output import Ended, run
from adapters.specialists.child.process import identify
from adapters.specialists.sandbox import claude_own, probe
from adapters.specialists.sandbox.bubblewrap import wrap
from adapters.specialists.sandbox.walls import Walls
from bot.errors import SpecialistError

_TIMEOUT_S: Final = 30.0
_SERVICES: Final = (
    "/run/docker.sock", "/run/containerd/containerd.sock", "/run/podman/podman.sock",
    "/run/dbus/system_bus_socket", "/run/user/{uid}/bus", "/run/user/{uid}/podman/podman.sock",
    "/run/user/{uid}/docker.sock",
)  # fmt: skip
"""Sockets through which one can start programs outside any sandbox."""
_SETTINGS_OF_THE_MACHINE: Final = (
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/modprobe",
    "/proc/sysrq-trigger",
)
"""Files of the kernel through which root starts programs outside any sandbox; opened, never written."""


class Level(StrEnum):
    STRICT = "strict"
    CLAUDE = "claude"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing the canary tried."""

    check: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What a level is worth on this machine for one directory."""

    level: Level
    ok: bool
    facts: tuple[Fact, ...]

    @property
    def acts_as_you(self) -> bool:
        """Whether a run could do what its operator can: card and doctor say so."""
        return not self.ok or self.level is Level.NONE

    @property
    def sentence(self) -> str:
        """The first thing that failed, or that all held."""
        failed = [fact for fact in self.facts if not fact.passed]
        held = f"Sandbox {self.level}: all {len(self.facts)} attempts of the canary were stopped."
        return f"{failed[0].check}: {failed[0].detail}" if failed else held


@dataclass(frozen=True, slots=True)
class _Traps:
    """What was laid out for one canary."""

    plan: Path
    report: Path
    secret: Path
    outside: tuple[Path, ...]
    text: str  # what the secret says


async def prove(level: Level, walls: Walls, *, home: str, claude: str | None = None) -> Proof:
    """Run the canary in ``level``. ``home`` is the house's own, where a secret is planted for it.

    ``claude`` is the Claude Code program, needed for the level of that name. The level none is always ok, its
    facts say what a run could do.
    """
    try:
        with tempfile.TemporaryDirectory(
            prefix="c", dir=walls.scratch, ignore_cleanup_errors=True
        ) as scratch:
            inner = replace(walls, scratch=scratch)
            with _laid_out(inner, home) as traps:
                ended = await _release(level, inner, home, traps, claude)
                return _judge(level, traps, ended)
    except (SpecialistError, OSError) as broken:
        return Proof(level, False, (Fact("start the canary", False, str(broken)),))


async def _release(level: Level, walls: Walls, home: str, traps: _Traps, claude: str | None) -> Ended:
    marker = Marker.of(home, f"canary/{secrets.token_hex(4)}")
    environment = worker_environment(home=walls.scratch, scratch=walls.scratch, marker=marker)
    canary = shutil.copy(probe.__file__, walls.scratch)
    command = [os.path.realpath(sys.executable), "-I", "-S", str(canary), str(traps.plan)]
    if level is Level.CLAUDE:
        return await claude_own.run_in_bash(
            command, claude, walls, environment=environment, marker=marker, secret=str(traps.secret)
        )
    around = wrap(walls, command[0]) if level is Level.STRICT else ()
    launcher = write_launcher(Path(walls.scratch, "launcher"), command[0], environment, sandbox=around)
    return await run(
        [str(launcher.path), *command[1:]],
        environment=os.environ,
        directory=walls.directory,
        timeout_s=_TIMEOUT_S,
        marker=marker,
    )


# ── what is laid out, and what became of it ──────────────────────────────────────────────────────────────


@contextmanager
def _laid_out(walls: Walls, home: str) -> Generator[_Traps]:
    name = f".frontdesk-canary-{secrets.token_hex(8)}"
    directory = Path(walls.directory).resolve()
    outside = (directory.parent, Path.home(), Path(home), Path("/var/tmp"))  # noqa: S108
    traps = _Traps(
        plan=Path(walls.scratch, "plan.json"),
        report=directory / f"{name}.json",
        secret=Path(home, f"{name}.secret").resolve(),
        outside=tuple(place / f"{name}.outside" for place in outside),
        text=secrets.token_hex(16),
    )
    try:
        traps.secret.touch(mode=0o600)
        traps.secret.write_text(traps.text)
        traps.plan.write_text(json.dumps(_plan(traps, walls)))
        yield traps
    finally:
        for left in (traps.secret, traps.report, *traps.outside):
            with suppress(OSError):  # on a read-only root there is nothing to clean up
                left.unlink(missing_ok=True)


def _plan(traps: _Traps, walls: Walls) -> dict[str, object]:
    own = identify(os.getpid())
    house_files = [traps.secret, *(Path(path).resolve() for path in walls.denied if Path(path).exists())]
    return {
        "house": os.getpid(),
        "started": own.started if own else "",
        "report": str(traps.report),
        "secret": str(traps.secret),
        "house_files": {str(path): [path.stat().st_dev, path.stat().st_ino] for path in house_files},
        "outside": [str(path) for path in traps.outside],
        "machine": list(_SETTINGS_OF_THE_MACHINE),
        "sockets": [service.format(uid=os.getuid()) for service in _SERVICES],
    }


def _judge(level: Level, traps: _Traps, ended: Ended) -> Proof:
    try:
        report: dict[str, list[object]] = json.loads(traps.report.read_text())
    except (OSError, ValueError):
        said = " ".join((ended.stderr.text() or ended.stdout.text()).split())[:400]
        control = Fact("write in the working directory", False, said or "the canary left no report")
        return Proof(level, False, (control,))
    facts = (
        Fact("write in the working directory", True, "possible, as it must be"),
        _fact("read files of the house", [*report["read"], *_told(traps, ended)]),
        _fact("change files of the house", [*report["open"], *_changed(traps)]),
        _fact("read the environment of the house", report["environment"]),
        _fact("see the house among the processes", report["see"]),
        _fact("signal the house", report["signal"]),
        _fact("write outside the directory", [path for path in traps.outside if path.exists()]),
        _fact("change settings of the machine", report["machine"]),
        _fact("reach services that act for you", report["connect"]),
    )
    return Proof(level, level is Level.NONE or all(fact.passed for fact in facts), facts)


def _fact(check: str, reached: Sequence[object]) -> Fact:
    where = ", ".join(str(place) for place in reached[:3])
    return Fact(check, not reached, f"possible: {where}" if reached else "stopped")


def _told(traps: _Traps, ended: Ended) -> list[object]:
    """The secret that a file tool handed out, seen in what the canary's run said."""
    return [traps.secret] if traps.text in ended.stdout.text() else []


def _changed(traps: _Traps) -> list[object]:
    return [] if traps.secret.exists() and traps.secret.read_text() == traps.text else [traps.secret]
