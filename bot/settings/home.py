"""The one directory with all state: made private, or refused when somebody else could get in."""

from __future__ import annotations

import os
from pathlib import Path

from bot.errors import SettingsError


def prepare_home(home: Path) -> Path:
    """Create the directory (0700) if need be, close it to others, return it; raises SettingsError."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = home.stat()
        if status.st_uid != os.getuid():
            raise SettingsError(
                f"frontdesk.home: {home} belongs to another user; choose a directory of your own."
            )
        if status.st_mode & 0o077:
            home.chmod(0o700)
    except FileExistsError as error:
        raise SettingsError(f"frontdesk.home: {home} is a file; choose a directory.") from error
    except OSError as error:
        raise SettingsError(f"frontdesk.home: {home} cannot be used ({error.strerror}).") from error
    return home


def write_private(path: Path, text: str) -> None:
    """Write a file of the home anew, its owner's alone whatever the umask is and whatever was there."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
