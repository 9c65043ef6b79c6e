"""Rewrites a configuration file with the new names of its keys; or leaves it as it was."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import SettingsError
from bot.settings.editing import keep_copy, replace_file, with_moved
from bot.settings.loading import settings_of
from bot.settings.renames import RENAMES, Rename, renamed
from bot.settings.sources import find_file, read_file


@dataclass(frozen=True, slots=True)
class Migrated:
    file: Path
    copy: Path | None  # of the file as it was; None when nothing had to be done
    renamed: tuple[tuple[str, str], ...]  # old and new key, dotted


def migrate(config: str | None, renames: Sequence[Rename] = RENAMES) -> Migrated:
    """Raises SettingsError, and changes nothing, when the new file would not be usable."""
    path = find_file(config, os.environ, Path.cwd())
    if path is None:
        raise SettingsError("There is no frontdesk.toml to migrate; `frontdesk init` writes one.")
    moves = renamed(read_file(path), renames)
    if not moves:
        return Migrated(path, None, ())
    text = path.read_text(encoding="utf-8")
    for move in moves:
        text = with_moved(text, move.old, move.new)
    check(text, path)
    copy = keep_copy(path)
    replace_file(path, text)
    return Migrated(path, copy, tuple((".".join(move.old), ".".join(move.new)) for move in moves))


def check(text: str, path: Path, environ: Mapping[str, str] = os.environ) -> None:
    """Raises SettingsError when a file of this text at this place could not be used."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: the new text would not be TOML; change the file by hand.") from error
    settings_of(tables, environ=environ, directory=path.resolve().parent)
