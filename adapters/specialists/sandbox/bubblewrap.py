"""The strict level: the whole program in a namespace of its own, with Linux's bubblewrap."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from adapters.specialists.sandbox.walls import Walls, within
from bot.errors import Reason, SpecialistError

INSTALL: Final = "install bubblewrap (for example: sudo apt-get install bubblewrap)"
_REPLACED: Final = ("/tmp", "/run", "/var/run", "/var/tmp")  # noqa: S108 - hidden, not used
"""Other programs leave sockets there through which one can act: Docker, the session bus, an ssh agent."""
_ISOLATION: Final = (
    "--die-with-parent",
    "--new-session",
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-cgroup-try",
    *("--cap-drop", "ALL"),  # a house that runs as root does not share that
    *("--ro-bind", "/", "/"),
    *("--dev", "/dev"),
    *("--proc", "/proc"),
)
_READ_ONLY_PROC: Final = ("--remount-ro", "/proc")
"""The kernel's settings in /proc/sys belong to uid 0, with or without capabilities, and bubblewrap 0.8 covers
them only when the directory itself is writable: a house that runs as root would hand them to its runs."""


def wrap(walls: Walls, program: str) -> tuple[str, ...]:
    """The command line that goes before ``program`` and its arguments.

    Raises SpecialistError (SANDBOX) without bubblewrap, or when a place is denied and opened at once.
    """
    found = shutil.which("bwrap")
    if found is None:
        raise SpecialistError(
            f'The sandbox level "strict" needs bubblewrap, which is not installed: {INSTALL}.',
            reason=Reason.SANDBOX,
        )
    mounts = sorted(_mounts(walls, program), key=lambda mount: mount[0].count("/"))
    arguments = [argument for _, option in mounts for argument in option]
    sealed = [argument for path in _emptied(walls) for argument in ("--remount-ro", path)]
    return (
        found,
        *_ISOLATION,
        *arguments,
        *sealed,
        *_READ_ONLY_PROC,
        "--chdir",
        os.path.realpath(walls.directory),
        "--",
    )


Mount = tuple[str, tuple[str, ...]]


def _mounts(walls: Walls, program: str) -> Iterator[Mount]:
    """In any order: the caller sorts by depth, so that the deepest path has the last word."""
    for path in _emptied(walls):
        yield path, ("--tmpfs", path)
    for path in (path for path in walls.hidden() if not Path(path).is_dir()):
        yield path, ("--ro-bind", os.devnull, path)
    for path in _replaced():
        if path == "/tmp":  # noqa: S108
            yield path, ("--bind", os.path.realpath(walls.scratch), path)
    for path in walls.opened():
        yield path, ("--bind", path, path)
    for path in (*walls.frozen(), *_shown(walls, program)):
        yield path, ("--ro-bind", path, path)


def _replaced() -> list[str]:
    return [path for path in _REPLACED if os.path.isdir(path) and not os.path.islink(path)]  # noqa: PTH112, PTH114


def _emptied(walls: Walls) -> list[str]:
    """Directories of which only what is mounted inside them again exists."""
    directories = [path for path in walls.hidden() if Path(path).is_dir()]
    return [*directories, *(path for path in _replaced() if path != "/tmp")]  # noqa: S108


def _shown(walls: Walls, program: str) -> list[str]:
    """What is needed although it lies in a hidden or replaced place: programs, our Python, name look-up."""
    needed = [
        *walls.readable,
        program,
        sys.prefix,
        sys.base_prefix,
        "/etc/resolv.conf",
        "/run/current-system",
    ]
    real = dict.fromkeys(os.path.realpath(path) for path in needed if os.path.exists(path))  # noqa: PTH110
    gone = [*walls.hidden(), *_replaced()]
    return [
        path for path in real if any(within(path, place) for place in gone) and path not in walls.opened()
    ]
