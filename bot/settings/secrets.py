"""Secrets come from the environment or from private files, go by their names and never show themselves."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from bot.errors import SettingsError

_SECRET_NAME: Final = re.compile(
    r"(?:^|_)(?:API_KEY|ACCESS_KEY|SECRET_KEY|PRIVATE_KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)(?:_ID)?$"
)
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")

MOUNTED: Final = Path("/run/secrets")
"""Where container engines mount secrets, readable by all inside the container."""

MAX_FILE_BYTES: Final = 64 * 1024
MIN_CHARS: Final = 6
"""What is shorter is no secret, and hiding it would mangle ordinary text."""


class Secrets:
    """Values by their usual name (``SLACK_BOT_TOKEN``, ``OPENAI_API_KEY`` …); prints names only."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def get(self, name: str) -> str | None:
        return self._values.get(name) or None

    def require(self, name: str) -> str:
        if value := self.get(name):
            return value
        raise SettingsError(
            f"{name} is not set: put it into the environment, or its file's path into {name}_FILE."
        )

    def with_more(self, values: Mapping[str, str]) -> Secrets:
        return Secrets(self._values | dict(values))

    def __contains__(self, name: object) -> bool:
        return bool(isinstance(name, str) and self._values.get(name))

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._values))

    def values(self) -> frozenset[str]:
        """Everything that must never be shown."""
        return frozenset(value for value in self._values.values() if len(value) >= MIN_CHARS)

    def __repr__(self) -> str:
        return f"Secrets({', '.join(self)})"


def is_secret_name(name: str) -> bool:
    return _SECRET_NAME.search(name.upper()) is not None


def passwords_in(value: str) -> set[str]:
    """The passwords of the URLs in a value, as written and decoded."""
    found = {password for url in _URL.findall(value) if (password := _password(url))}
    return {form for password in found for form in (password, unquote(password)) if len(form) >= MIN_CHARS}


def _password(url: str) -> str | None:
    try:
        return urlsplit(url).password
    except ValueError:
        return None


def find_secrets(environ: Mapping[str, str]) -> tuple[Secrets, list[str]]:
    """All secrets of the environment and of the files it names, and what is wrong with them."""
    values = {name: value for name, value in environ.items() if is_secret_name(name) and value}
    mistakes: list[str] = []
    for variable, path in sorted(environ.items()):
        name = variable.removesuffix("_FILE")
        if name == variable or not is_secret_name(name) or not path:
            continue
        if name in values:
            mistakes.append(f"environment: {name} and {variable} are both set; keep one of them")
            continue
        try:
            values[name] = read_secret(Path(path).expanduser(), variable)
        except SettingsError as error:
            mistakes.append(str(error))
    return Secrets(values), mistakes


def read_secret(path: Path, named_by: str) -> str:
    """The secret in a file that nobody else can read; raises SettingsError, which names the file only."""
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            _check_private(path, os.fstat(file.fileno()), named_by)
            content = file.read(MAX_FILE_BYTES + 1)
        value = content.decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{named_by}: {path} cannot be read as text ({_why(error)})") from error
    if not value or len(content) > MAX_FILE_BYTES:
        raise SettingsError(
            f"{named_by}: {path} must hold one secret and is {'too long' if value else 'empty'}"
        )
    return value


def _open_at_once(path: str, flags: int) -> int:
    """A pipe without a writer must not hold up the start."""
    return os.open(path, flags | os.O_NONBLOCK)


def _check_private(path: Path, status: os.stat_result, named_by: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise SettingsError(f"{named_by}: {path} is not a regular file")
    if status.st_mode & 0o077 and not path.resolve().is_relative_to(MOUNTED):
        raise SettingsError(f"{named_by}: {path} can be read by others; run `chmod 600 {path}`")


def _why(error: Exception) -> str:
    return error.strerror or "unreadable" if isinstance(error, OSError) else "not UTF-8"
