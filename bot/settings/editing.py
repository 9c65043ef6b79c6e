"""Changes the configuration file and keeps its comments and order; the only file that knows tomlkit."""

from __future__ import annotations

import os
import stat
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.errors import SettingsError

Key = Sequence[str]


def with_table(text: str, key: Key, values: Mapping[str, object], comment: str = "") -> str:
    """The text with one more table at its end; tables in it stand in one line each."""
    import tomlkit

    table = tomlkit.table()
    for line in comment.splitlines():
        table.add(tomlkit.comment(line))
    for name, value in values.items():
        table.add(name, _in_one_line(value))
    lines = tomlkit.dumps(table).strip()
    new = f"{text.rstrip()}\n\n[{'.'.join(_quoted(part) for part in key)}]\n{lines}\n".lstrip("\n")
    try:
        tomllib.loads(new)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"{'.'.join(key[:-1])} is written in one line, so no table can be added; add it there by hand."
        ) from error
    return new


def with_values(text: str, key: Key, values: Mapping[str, object]) -> str:
    """The text with these values in the table ``key``, which it has; everything else stays as it is."""
    import tomlkit

    document = tomlkit.parse(text)
    table = _at(document, key)
    for name, value in values.items():
        if isinstance(value, Mapping) and name in table:
            table[name].update(value)
        else:
            table[name] = _in_one_line(values[name])
    return tomlkit.dumps(document)


def _in_one_line(value: object) -> object:
    import tomlkit

    if not isinstance(value, Mapping):
        return value
    table: Any = tomlkit.inline_table()
    table.update(value)
    return table


def _quoted(part: str) -> str:
    import tomlkit

    return tomlkit.key(part).as_string()


def with_moved(text: str, old: Key, new: Key) -> str:
    """The text with the value of ``old`` under the key ``new``, in its place when both are in one table."""
    import tomlkit

    document = tomlkit.parse(text)
    table = _at(document, old[:-1])
    if list(old[:-1]) == list(new[:-1]):
        _rename(table, old[-1], new[-1])
    else:
        value = table.pop(old[-1])
        _at(document, new[:-1])[new[-1]] = value
    return tomlkit.dumps(document)


def _at(document: Any, key: Key) -> Any:
    """The table there; made when it is missing."""
    import tomlkit

    here = document
    for part in key:
        if part not in here:
            here[part] = tomlkit.table()
        here = here[part]
    return here


def _rename(table: Any, old: str, new: str) -> None:
    """In its place, with its comment: the container's own way to do so is not public."""
    value = table[old]
    container = table if hasattr(table, "_replace") else table.value
    container._replace(old, new, value)
    _forget_head(value)


def _forget_head(value: Any) -> None:
    """A table remembers the head it was read with, its own name and those above it included."""
    if hasattr(value, "display_name"):
        value.display_name = None
        for inner in value.values():
            _forget_head(inner)


def replace_file(path: Path, text: str, mode: int | None = None) -> None:
    """Write it whole or not at all; a link stays a link, and the rights stay unless ``mode`` is given."""
    target = path.resolve()
    rights = mode if mode is not None else stat.S_IMODE(target.stat().st_mode)
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(rights)
        Path(name).replace(target)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written ({error.strerror}).") from error


def keep_copy(path: Path) -> Path:
    """A copy beside it, readable by its owner only, under the first free name."""
    content = path.read_bytes()
    for number in range(1, 10_000):
        copy = path.with_name(f"{path.name}.{number}.bak")
        try:
            descriptor = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        return copy
    raise SettingsError(f"There are too many copies of {path}; remove some.")
