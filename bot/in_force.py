"""Which configuration the running house goes by: a small file beside its lock, which commands can read."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.errors import FrontdeskError, SettingsError
from bot.settings.home import write_private

if TYPE_CHECKING:
    from bot.settings import Settings

FILE_NAME: Final = "configuration.json"


@dataclass(frozen=True, slots=True)
class InForce:
    """What came of the last look at the configuration's files."""

    stamp: str  # of the files as they were looked at
    refused: tuple[str, ...] = ()  # its mistakes; what was in force before still is
    restart: tuple[str, ...] = ()  # keys whose change waits for the next start


def stamp_of(settings: Settings) -> str:
    """Changes when the file, or a file with secrets that it or the environment names, changes or appears."""
    from bot.settings.sources import find_file

    files = [path for path in settings.hidden_paths() if path != settings.home]
    if settings.file is None:
        with contextlib.suppress(SettingsError):  # one that a run may have written does not count
            files += filter(None, [find_file(None, settings.environ, Path.cwd())])
    return " ".join(_stamp(path) for path in files)


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return "gone"
    return f"{status.st_ino}:{status.st_size}:{status.st_mtime_ns}"


def keep(home: Path, found: InForce) -> None:
    """Written whole or not at all."""
    new = home / f"{FILE_NAME}.new"
    try:
        write_private(new, json.dumps(asdict(found)))
        new.replace(home / FILE_NAME)
    except OSError as error:
        raise FrontdeskError(f"{new} cannot be written ({error.strerror}); make room there.") from error


def read(home: Path) -> InForce | None:
    """What the house said last; None when there is nothing to read."""
    try:
        found = json.loads((home / FILE_NAME).read_text())
        return InForce(found["stamp"], tuple(found["refused"]), tuple(found["restart"]))
    except (OSError, ValueError, LookupError, TypeError):
        return None
