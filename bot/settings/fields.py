"""What a single value of the configuration may be; a refusal is a sentence and never repeats the value."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from bot.settings.secrets import is_secret_name

_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_MODEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+\[\]-]{0,199}")
_PLACE: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}(:[^\s:]{1,200})?")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_SLASH: Final = re.compile(r"/[a-z0-9_-]{1,31}")
_QUIET: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


def _no_truth(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004 - pydantic turns only a ValueError into a mistake
    return value


def _slug(value: str) -> str:
    if "*" in value:
        raise ValueError("may not hold *: name each one; an empty list is nobody")
    if not _SLUG.fullmatch(value):
        raise ValueError(
            "is no name: use lower-case letters, digits, - and _, beginning with a letter or digit"
        )
    return value


def _account(value: str) -> str:
    if not value.strip() or "*" in value:
        raise ValueError("must be one account; * would be everybody")
    return _one_line(value)


def _one_line(value: str) -> str:
    if not value.isprintable():
        raise ValueError("must be one line without control characters")
    return value


def _text(value: str) -> str:
    if not all(char.isprintable() or char in "\n\t" for char in value):
        raise ValueError("must not contain control characters")
    return value


def _argument(value: str) -> str:
    if not value.strip() or value.startswith("-"):
        raise ValueError("must not be empty or begin with -")
    return _one_line(value)


def _place(value: str) -> str:
    if "*" in value:
        raise ValueError("may not hold *: name the places, or leave the key out for all of them")
    if not _PLACE.fullmatch(value):
        raise ValueError('must be a chat or a place in it, as in "terminal" or "slack:C0123"')
    return value


def _model(value: str) -> str:
    if not _MODEL.fullmatch(value):
        raise ValueError("is no model name: letters, digits and . _ : / @ + [ ] -, not beginning with -")
    return value


def _provider_model(value: str) -> str:
    if value == "rules":
        return value
    provider, _, model = _model(value).partition(":")
    if not (provider and model):
        raise ValueError('must be provider:model, as in "openai:gpt-5-mini", or "rules" for no model at all')
    return value


def _named_model(value: str) -> str:
    if value == "rules":
        raise ValueError('must be provider:model, as in "openai:gpt-5-mini"')
    return _provider_model(value)


def _variable(value: str) -> str:
    if not _VARIABLE.fullmatch(value):
        raise ValueError("must be the name of an environment variable, not its value")
    if value.startswith(("FRONTDESK_", "SLACK_", "TELEGRAM_")):
        raise ValueError("belongs to the house, which never hands it to a specialist")
    return value


def _secret_name(value: str) -> str:
    if not is_secret_name(value) or value != value.upper():
        raise ValueError("must be the usual name of a secret, as in TELEGRAM_BOT_TOKEN")
    return value


def _path(value: object, info: ValidationInfo) -> Path:
    """Absolute; ``~`` is the user's home and what is relative begins at the configuration file."""
    if not isinstance(value, str | Path):
        raise ValueError("must be a path")  # noqa: TRY004 - pydantic turns only a ValueError into a mistake
    text = str(value)
    if not text or text.startswith("-"):
        raise ValueError("must not be empty or begin with -")
    _one_line(text)
    try:
        expanded = Path(text).expanduser()
    except RuntimeError as error:
        raise ValueError("begins with ~ and a user that this machine does not have") from error
    base: Path = info.context or Path.cwd()
    return base / expanded


def _directory(path: Path) -> Path:
    if not path.is_dir():
        raise ValueError("is not a directory on this machine; create it or correct the path")
    return path.resolve()


def _file(path: Path) -> Path:
    if not path.is_file():
        raise ValueError("is not a file on this machine; create it or correct the path")
    return path


def _url(value: str) -> str:
    """http(s) with a host; a password belongs into a secret."""
    try:
        parts = urlsplit(_argument(value))
        plain = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        plain = False
    if not plain or " " in value:
        raise ValueError("must be a URL that begins with http:// or https://")
    if "@" in urlsplit(value).netloc:
        raise ValueError("must not hold a user or password; keys come from the environment")
    return value.rstrip("/")


def _database(value: str) -> str:
    if not re.match(r"(postgresql|postgres)://[^\s]+$", value):
        raise ValueError(
            "must begin with postgresql://; leave it out to keep all rows in a file of frontdesk.home"
        )
    return "postgresql://" + value.split("://", 1)[1]


def _slash_command(value: str) -> str:
    if not _SLASH.fullmatch(value):
        raise ValueError('must be a slash and up to 31 of a-z, 0-9, _ and -, as in "/frontdesk"')
    return value


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError('is no time zone; write it as in "Europe/Berlin" or "UTC"') from error
    return value


def _quiet(value: str) -> str:
    if not _QUIET.fullmatch(value):
        raise ValueError('must be two times of day, as in "22:00-07:00"')
    return value


def within(quiet_hours: str, local: time) -> bool:
    """Whether that time of day lies in "22:00-07:00"; the end is not part of it."""
    begin, end = (time.fromisoformat(part) for part in quiet_hours.split("-"))
    if begin <= end:
        return begin <= local < end
    return local >= begin or local < end


Slug = Annotated[str, AfterValidator(_slug)]
"""A name that becomes a path and an argument."""

Place = Annotated[str, AfterValidator(_place)]
"""A chat, or the beginning of the platform's own address in it, up to a /."""

Line = Annotated[str, AfterValidator(_one_line)]
Account = Annotated[str, AfterValidator(_account)]
"""One account of one person, as the platform writes it."""

Text = Annotated[str, AfterValidator(_text)]
Argument = Annotated[str, AfterValidator(_argument)]
"""A value that may stand in an argument list."""

Model = Annotated[str, AfterValidator(_model)]
ProviderModel = Annotated[str, AfterValidator(_provider_model)]
NamedModel = Annotated[str, AfterValidator(_named_model)]
Variable = Annotated[str, AfterValidator(_variable)]
SlashCommand = Annotated[str, AfterValidator(_slash_command)]
SecretName = Annotated[str, AfterValidator(_secret_name)]
Location = Annotated[Path, BeforeValidator(_path)]
Directory = Annotated[Path, BeforeValidator(_path), AfterValidator(_directory)]
File = Annotated[Path, BeforeValidator(_path), AfterValidator(_file)]
Url = Annotated[str, AfterValidator(_url)]
Database = Annotated[str, AfterValidator(_database)]
Timezone = Annotated[str, AfterValidator(_timezone)]
QuietHours = Annotated[str, AfterValidator(_quiet)]
Seconds = Annotated[float, BeforeValidator(_no_truth), Field(gt=0, le=366 * 86_400, allow_inf_nan=False)]
Patience = Annotated[float, BeforeValidator(_no_truth), Field(ge=0, le=366 * 86_400, allow_inf_nan=False)]
Dollars = Annotated[float, BeforeValidator(_no_truth), Field(gt=0, le=1_000_000, allow_inf_nan=False)]
Price = Annotated[float, BeforeValidator(_no_truth), Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Port = Annotated[int, BeforeValidator(_no_truth), Field(ge=1, le=65_535)]
Count = Annotated[int, BeforeValidator(_no_truth), Field(ge=1, le=2**53)]
