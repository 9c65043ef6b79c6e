"""Turns the raw configuration into Settings, or into one list of everything that is wrong with it."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from bot.errors import SettingsError
from bot.settings.mistakes import sentence
from bot.settings.places import built_in
from bot.settings.relations import relations
from bot.settings.renames import RENAMES, Rename
from bot.settings.secrets import Secrets, find_secrets, passwords_in, read_secret
from bot.settings.sources import Found, find, user_directory
from bot.settings.tables import HouseSettings, PermissionMode, ProjectSettings, SpecialistSettings, Tables
from bot.settings.view import Settings, admin_of_this_machine, key_file_name

CLAUDE_CODE: Final = "claude-code"
HERE: Final = "here"
"""The name of the current directory as a project, when no project is configured."""


def load(
    config: str | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    directory: Path | None = None,
    renames: Sequence[Rename] = RENAMES,
    version: str | None = None,
) -> Settings:
    """Read everything, touch nothing, reach no network; raises SettingsError with a line for each mistake."""
    environ = dict(os.environ if environ is None else environ)
    directory = directory or _current_directory()
    found = find(config, environ, directory, renames, version or program_version())
    secrets, wrong = find_secrets(environ)
    found.mistakes += wrong
    return _settings(found, secrets, environ, directory)


def program_version() -> str:
    """Of the program that reads the file; a source that is not installed takes every old key."""
    try:
        return version_of("frontdesk")
    except PackageNotFoundError:
        return "0.0"


def reread(settings: Settings) -> Settings:
    """The same again, from the file it came from and the environment of its time; raises SettingsError."""
    return load(str(settings.file) if settings.file else None, environ=settings.environ)


def _current_directory() -> Path:
    try:
        return Path.cwd()
    except OSError as error:
        raise SettingsError(
            "The current directory does not exist any more; change to another one."
        ) from error


def settings_of(
    tables: Mapping[str, Any], *, environ: Mapping[str, str] | None = None, directory: Path | None = None
) -> Settings:
    """The same from tables in memory, as tests and the demo have them; by default no environment."""
    environ = dict(environ or {})
    secrets, wrong = find_secrets(environ)
    return _settings(Found(tables=dict(tables), mistakes=wrong), secrets, environ, directory or Path.cwd())


def _settings(found: Found, secrets: Secrets, environ: Mapping[str, str], directory: Path) -> Settings:
    try:
        tables = Tables.model_validate(found.tables, context=found.file.parent if found.file else directory)
    except ValidationError as error:
        wrong = [sentence(each) for each in error.errors(include_url=False)]
        raise _refusal(found, wrong) from None  # the cause would show the values
    secrets = _with_key_files(tables, secrets, found.mistakes)
    settings = _with_defaults(tables, found, secrets, environ, directory)
    if wrong := relations(settings):
        raise _refusal(found, wrong)
    if found.mistakes:
        raise _refusal(found, [])
    return settings


def _refusal(found: Found, wrong: list[str]) -> SettingsError:
    """Every mistake begins with where to look: the variable that set it, or the file."""
    name = found.file.name if found.file else "configuration"
    lines = [f"{_origin(found, line) or name}: {line}" for line in dict.fromkeys(wrong)]
    return SettingsError("\n".join([*lines, *found.mistakes]))


def _origin(found: Found, line: str) -> str | None:
    key = re.split(r"[ \[]", line, maxsplit=1)[0]
    origin = found.origins.get(key, "file")
    return None if origin == "file" else f"environment: {origin}"


def _with_defaults(
    tables: Tables, found: Found, secrets: Secrets, environ: Mapping[str, str], directory: Path
) -> Settings:
    account = local_account()
    people = tables.people or {_slug(account): admin_of_this_machine(account)}
    projects = tables.projects or {HERE: _here(directory)}
    house = _with_home(tables.frontdesk, environ)
    places = built_in(tables.specialists, projects, house.home)
    return Settings(
        house=house,
        secretary=tables.secretary,
        people=people,
        projects=projects | places,
        places=frozenset(places),
        specialists={CLAUDE_CODE: SpecialistSettings()} | tables.specialists,
        chats=tables.chats,
        questions=tables.questions,
        budgets=tables.budgets,
        health=tables.health,
        telemetry=tables.telemetry,
        limits=tables.limits,
        schedules=tables.schedules,
        voice=tables.voice,
        local_account=account,
        secrets=secrets,
        file=found.file,
        origins=found.origins,
        warnings=tuple(_warnings(tables, found)),
        environ=environ,
        models=tables.models,
        work=tables.work,
    )


def _with_home(table: HouseSettings, environ: Mapping[str, str]) -> HouseSettings:
    given = "home" in table.model_fields_set
    return table if given else table.model_copy(update={"home": default_home(environ)})


def _with_key_files(tables: Tables, secrets: Secrets, mistakes: list[str]) -> Secrets:
    keys: dict[str, str] = {}
    for name, path, named_by in _key_files(tables):
        if name in secrets:
            continue  # the environment comes before the file
        try:
            keys[name] = read_secret(path, named_by)
        except SettingsError as error:
            mistakes.append(str(error))
    return secrets.with_more(keys)


def _key_files(tables: Tables) -> Iterator[tuple[str, Path, str]]:
    """Under which name each is kept, the file, and the key that names it."""
    for name, entry in tables.specialists.items():
        if entry.api_key_file:
            yield key_file_name(name), entry.api_key_file, key_file_name(name)
    for name, chat in tables.chats.items():
        for variable, path in chat.secret_files.items():
            yield variable, path, f"chats.{name}.secret_files.{variable}"


def _here(directory: Path) -> ProjectSettings:
    return ProjectSettings(
        directory=directory.resolve(),
        description="The directory in which Frontdesk was started.",
        permission_mode=PermissionMode.PLAN,
    )


def default_home(environ: Mapping[str, str]) -> Path:
    """The directory of a user who chose none; raises SettingsError for a user without a home."""
    if state := user_directory(environ, "XDG_STATE_HOME", ".local/state"):
        return state / "frontdesk"
    raise SettingsError("frontdesk.home is not set and this user has no home directory: set FRONTDESK_HOME.")


def local_account() -> str:
    """The login name by user id: a variable could claim to be anybody."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # containers run users that have no name
        return f"user{os.getuid()}"


def _slug(account: str) -> str:
    return re.sub(r"[^a-z0-9_-]", "-", account.lower()).lstrip("-_")[:64] or "me"


def _warnings(tables: Tables, found: Found) -> list[str]:
    warnings = list(found.warnings)
    if found.file is None:
        return warnings
    mode = found.file.stat().st_mode
    if mode & 0o020:
        warnings.append(f"{found.file} can be changed by its group; run `chmod g-w {found.file}`.")
    written_here = found.origins.get("frontdesk.database") == "file"
    if mode & 0o077 and written_here and passwords_in(tables.frontdesk.database or ""):
        warnings.append(
            f"{found.file} holds the database's password and others can read it; "
            f"run `chmod 600 {found.file}` or use FRONTDESK_DATABASE_FILE."
        )
    return warnings
