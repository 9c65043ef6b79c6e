"""Where the raw configuration comes from: one TOML file, the environment over it, every origin kept."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from bot.errors import SettingsError
from bot.settings.mistakes import keys_of, nearest, table_at
from bot.settings.renames import RENAMES, Moved, Rename, is_over, new_parts, renamed
from bot.settings.secrets import read_secret
from bot.settings.tables import HouseSettings, Tables
from bot.settings.worked import refuse_a_runs_own

FILE_NAME: Final = "frontdesk.toml"
PREFIX: Final = "FRONTDESK_"
RESERVED: Final = frozenset(
    {"FRONTDESK_CONFIG", "FRONTDESK_HOUSE", "FRONTDESK_RUN", "FRONTDESK_DEPTH", "FRONTDESK_TRACEBACK"}
)
"""Names with the prefix that are not settings."""

BUILT_IN_SPECIALISTS: Final = ("claude-code", "completion", "scripted", "web-research")

MAX_FILE_BYTES: Final = 1024 * 1024

Raw = dict[str, Any]


@dataclass(slots=True)
class Found:
    """The raw tables, where each value (by dotted key) came from, and what was wrong on the way."""

    tables: Raw = field(default_factory=dict[str, Any])
    file: Path | None = None
    origins: dict[str, str] = field(default_factory=dict[str, str])
    mistakes: list[str] = field(default_factory=list[str])
    warnings: list[str] = field(default_factory=list[str])


def find_file(config: str | None, environ: Mapping[str, str], directory: Path) -> Path | None:
    """--config, else FRONTDESK_CONFIG, else the directory, else the user's; what is named must exist."""
    if named := config or environ.get("FRONTDESK_CONFIG"):
        path = Path(named).expanduser()
        if not path.is_file():
            origin = "--config" if config else "FRONTDESK_CONFIG"
            raise SettingsError(f"{origin}: there is no file {path}")
        return path.absolute()
    user_dir = user_directory(environ, "XDG_CONFIG_HOME", ".config")
    if (here := directory / FILE_NAME).is_file():
        refuse_a_runs_own(here, environ)
        return here
    users = user_dir / "frontdesk" / FILE_NAME if user_dir else None
    return users if users and users.is_file() else None


def user_directory(environ: Mapping[str, str], variable: str, below_home: str) -> Path | None:
    """The directory of the XDG convention; None for a user without a home, as containers have them."""
    if given := environ.get(variable):
        return Path(given)
    try:
        return Path.home() / below_home
    except RuntimeError:
        return None


def read_file(path: Path) -> Raw:
    """The tables of the file; raises SettingsError, which names the place and never the content."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & stat.S_IWOTH:
                raise SettingsError(f"{path}: everybody can change this file; run `chmod go-w {path}`")
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error
    if len(content) > MAX_FILE_BYTES:
        raise SettingsError(f"{path}: is larger than {MAX_FILE_BYTES} bytes, so it is no configuration")
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: is not UTF-8 at byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: is not TOML {_place(error)}") from error
    except RecursionError as error:
        raise SettingsError(f"{path}: is nested too deeply to be a configuration") from error


def _place(error: tomllib.TOMLDecodeError) -> str:
    """Only "(at line 3, column 5)": the rest of the message can quote the file."""
    _, _, place = str(error).rpartition(" (")
    return f"({place}" if place.startswith("at ") else ""


def find(
    config: str | None,
    environ: Mapping[str, str],
    directory: Path,
    renames: Sequence[Rename] = RENAMES,
    version: str = "",
) -> Found:
    found = Found(file=find_file(config, environ, directory))
    if found.file:
        found.tables = read_file(found.file)
        for moved in renamed(found.tables, renames):
            _move(found, moved, version)
        found.origins = dict.fromkeys(_leaves(found.tables), "file")
    for variable, text in sorted(environ.items()):
        if variable.startswith(PREFIX) and variable not in RESERVED:
            _overlay(found, variable, text, renames, version)
    return found


def _move(found: Found, moved: Moved, version: str) -> None:
    """Take an old key of the file for the new one, and say so; both at once, or too late, is a mistake."""
    remedy = "`frontdesk config migrate` rewrites the file"
    name = found.file.name if found.file else FILE_NAME
    value = take(found.tables, moved.old)
    if is_over(moved.since, version):
        found.mistakes.append(f"{name}: {moved.words}; {remedy}")
    elif _has(found.tables, moved.new):
        found.mistakes.append(f"{name}: {moved.words} and both are set; remove the old one")
    elif _put(found.tables, list(moved.new), value):
        found.warnings.append(f"{moved.words}; {remedy}.")


def take(tables: Raw, key: Sequence[str]) -> object:
    """Remove and return the value there."""
    *above, last = key
    for part in above:
        tables = tables[part]
    return tables.pop(last)


def _has(tables: Raw, key: Sequence[str]) -> bool:
    here: object = tables
    for part in key:
        table = _table(here)
        if table is None or part not in table:
            return False
        here = table[part]
    return True


def _overlay(
    found: Found, variable: str, text: str, renames: Sequence[Rename] = RENAMES, version: str = ""
) -> None:
    """``FRONTDESK_BUDGETS__TOTAL_DAY_USD`` is budgets.total_day_usd; without ``__`` it is in [frontdesk]."""
    name = variable.removeprefix(PREFIX)
    try:
        if name == "DATABASE_FILE":
            name, text = "DATABASE", read_secret(Path(text).expanduser(), variable)
        parts = _new_name(found, variable, name.split("__"), renames, version)
        key, value = _key(parts, found.tables), _value(text)
    except SettingsError as error:
        found.mistakes.append(str(error))
    except (tomllib.TOMLDecodeError, RecursionError):
        found.mistakes.append(f'environment: {variable} must be a list as in TOML: ["one", "two"]')
    else:
        if key is None:
            found.mistakes.append(f"environment: {variable} is not a setting{_near_variable(name)}")
        elif _put(found.tables, key, value):
            found.origins[".".join(key)] = variable


def _new_name(
    found: Found, variable: str, parts: list[str], renames: Sequence[Rename], version: str
) -> list[str]:
    """The variable's name by its new key, if it was renamed and still works."""
    whole = ["frontdesk", *parts] if len(parts) == 1 else parts
    if (new := new_parts(whole, renames)) is None:
        return parts
    name = PREFIX + "__".join(new[0]).upper().replace("-", "_")
    words = f"{variable}: {new[1].words}; set {name} instead"
    if is_over(new[1].since, version):
        found.mistakes.append(f"environment: {words}")
    else:
        found.warnings.append(f"{words}.")
    return new[0]


def _put(tables: Raw, key: list[str], value: object) -> bool:
    """False when the file has a plain value where a table should be; that is reported as its mistake."""
    table = tables
    for part in key[:-1]:
        inner = _table(table.setdefault(part, {}))
        if inner is None:
            return False
        table = inner
    table[key[-1]] = value
    return True


def _key(parts: list[str], tables: Raw) -> list[str] | None:
    """The key in the spelling of the file or of the field, since a variable can hold no ``-`` and no case."""
    if len(parts) == 1:
        parts = ["frontdesk", *parts]
    key: list[str] = []
    here: object = tables
    for part in parts:
        written = _table(here) or {}
        table = table_at(key)
        built_in = BUILT_IN_SPECIALISTS if key == ["specialists"] else ()
        name = _spelling(part, [*(keys_of(table) if table else ()), *written, *built_in])
        if not part or (table and name is None):
            return None
        key.append(name or part.lower())
        here = written.get(key[-1])
    return key if len(key) > 1 and table_at(key) is None else None


def _table(value: object) -> Raw | None:
    return cast("Raw", value) if isinstance(value, dict) else None


def _spelling(part: str, names: list[str]) -> str | None:
    return next((name for name in names if name.replace("-", "_").lower() == part.lower()), None)


def _value(text: str) -> object:
    """A list is written as in TOML; anything else is text, which the field's type reads."""
    return tomllib.loads(f"value = {text}")["value"] if text.lstrip().startswith("[") else text


def _near_variable(name: str) -> str:
    valid = [key.upper() for key in keys_of(HouseSettings)]
    for table in keys_of(Tables):
        inner = table_at([table])
        valid += [f"{table}__{key}".upper() for key in (keys_of(inner) if inner else ())]
    if "__" in name and (parent := table_at([part.lower() for part in name.split("__")[:-1]])):
        prefix = name.rpartition("__")[0]
        valid += [f"{prefix}__{key}".upper() for key in keys_of(parent)]
    near = nearest(name, valid)
    return f"; did you mean {PREFIX}{near}?" if near else ""


def _leaves(table: Raw, prefix: str = "") -> list[str]:
    leaves: list[str] = []
    for name, value in table.items():
        path = f"{prefix}{name}"
        inner = _table(value)
        leaves += [path] if inner is None else _leaves(inner, f"{path}.")
    return leaves
