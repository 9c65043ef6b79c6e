"""Where runs have worked: a configuration that appears there may be theirs, so it is used only when named.

One line of JSON for each directory, in the user's own state directory and not in the house's, because the
question comes up before any configuration is read. No sandbox lets a run write there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

from bot.errors import SettingsError

FILE_NAME: Final = "frontdesk-worked-in"


def remember(directory: Path, config: Path | None, environ: Mapping[str, str]) -> None:
    """A run may write in ``directory`` from now on; ``config`` is the house's own, which it cannot change.

    A second call with the same is harmless. Raises OSError.
    """
    path = _path(environ)
    place = directory.resolve()
    own = str(config.resolve()) if config and config.resolve().is_relative_to(place) else ""
    line = {"directory": str(place), "config": own}
    if path is None or line in _lines(path):
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def refuse_a_runs_own(config: Path, environ: Mapping[str, str]) -> None:
    """Raises SettingsError for a configuration that nobody named and that a run could have written."""
    path, real = _path(environ), config.resolve()
    for line in _lines(path) if path else ():
        place, own = str(line.get("directory", "")), str(line.get("config", ""))
        if place and own != str(real) and real.is_relative_to(place):
            raise SettingsError(
                f"{config}: lies in {place}, where runs have worked, so a run may have written it. Read it; "
                "if it is yours, name it with --config, or keep it in ~/.config/frontdesk."
            )


def _path(environ: Mapping[str, str]) -> Path | None:
    if state := environ.get("XDG_STATE_HOME"):
        return Path(state, FILE_NAME)
    home = environ.get("HOME")
    return Path(home, ".local/state", FILE_NAME) if home else None


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for line in text.splitlines():
        try:
            read: object = json.loads(line)
        except ValueError:
            continue
        if isinstance(read, dict):
            yield cast("dict[str, Any]", read)
