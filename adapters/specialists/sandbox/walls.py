"""Which paths a run may write, and which do not exist for it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.errors import Reason, SpecialistError

_CREDENTIALS: Final = (
    ".ssh", ".gnupg", ".aws", ".azure", ".kube", ".netrc", ".git-credentials", ".pypirc", ".npmrc", ".claude",
    ".codex", ".docker/config.json", ".config/gh", ".config/gcloud", ".config/op", ".local/share/keyrings",
    ".password-store", ".cargo/credentials.toml", ".vault-token", ".pgpass",
)  # fmt: skip
"""What tools keep in their user's home to act as that user."""
_RUN_BY_GIT: Final = (".git/hooks", ".git/config", "hooks", "config")
"""What git executes later, outside the sandbox: of a working copy, and of a repository directory itself."""


@dataclass(frozen=True, slots=True)
class Walls:
    """Absolute paths; the deepest one that covers a file decides about it."""

    directory: str  # the working directory, writable
    config_dir: str  # the specialist's own state, writable
    scratch: str  # becomes /tmp, and keeps its own name too
    denied: tuple[str, ...]  # the house's home, configuration and secret files
    writable: tuple[
        str, ...
    ] = ()  # a worktree's repository, caches; never taken from a file a worker can write
    readable: tuple[str, ...] = ()  # what a denied or replaced place would hide

    def opened(self) -> tuple[str, ...]:
        """Real paths that may be written."""
        places = (self.directory, self.config_dir, self.scratch, *self.writable)
        return tuple(dict.fromkeys(os.path.realpath(place) for place in places))

    def hidden(self) -> tuple[str, ...]:
        """Real paths that exist and must not for the run: what is denied, and the operator's own credentials.

        Raises SpecialistError when a place is denied and opened at once.
        """
        opened = self.opened()
        denied = [os.path.realpath(path) for path in self.denied]
        if both := [path for path in denied if path in opened]:
            raise SpecialistError(
                f"{both[0]} belongs to the house and cannot be a place where runs write: give the project a "
                "directory of its own.",
                reason=Reason.SANDBOX,
            )
        own = (os.path.realpath(Path.home() / name) for name in _CREDENTIALS)
        paths = dict.fromkeys([*denied, *(path for path in own if path not in opened)])
        return tuple(path for path in paths if os.path.lexists(path))

    def frozen(self) -> tuple[str, ...]:
        """Files and directories in writable places that are executed by others later: read-only."""
        places = (os.path.realpath(place) for place in (self.directory, *self.writable))
        inside = [Path(place, name) for place in places for name in _frozen_names(place)]
        return tuple(str(path) for path in inside if path.exists() and os.path.realpath(path) == str(path))


def _frozen_names(place: str) -> tuple[str, ...]:
    is_repository = Path(place, "HEAD").is_file() and Path(place, "objects").is_dir()
    return _RUN_BY_GIT[2:] if is_repository else _RUN_BY_GIT[:2]


def within(path: str, place: str) -> bool:
    """Whether ``path`` is ``place`` or below it; both real."""
    return path == place or path.startswith(place.rstrip("/") + "/")
