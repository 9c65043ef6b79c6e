"""``init CHAT``: its tokens, its table in the configuration, and the first account that may write there.

steps at the platform ─▶ tokens ─▶ whose are they? ─▶ file and private token files ─▶ menu ─▶ invitation
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from bot import plugins
from bot.cli.context import Context
from bot.cli.setup.inviting import invite
from bot.errors import ChatError, Refused, SettingsError
from bot.model.people import Role

if TYPE_CHECKING:
    from bot.model.setup import BotAccount, Setup, Token
    from bot.settings import Settings

TRIES: Final = 3
PRIVATE: Final = 0o600


@dataclass(frozen=True, slots=True)
class Asked:
    """What stood on the command line."""

    chat: str
    asks: bool
    only_print: bool
    person: str | None
    waits: bool
    minimal: bool = False
    agent: bool = False


def setup_of(chat: str) -> Setup:
    """Raises Refused for a chat that nobody says how to set up."""
    if setup := plugins.setup(chat):
        return setup
    known = ", ".join(plugins.setups()) or "none"
    raise Refused(f"No adapter says how to set up {chat}; there is {known} (docs/adapters.md).")


def set_up(context: Context, asked: Asked) -> None:
    """Everything that ``init CHAT`` does with a configuration that is there."""
    setup, settings = setup_of(asked.chat), context.settings
    file = _file(settings)
    person = context.person(asked.person)
    if person.role is not Role.ADMIN:
        raise Refused(f"{person.name} is {person.role}; only an admin lets others in, so use --as with one.")
    table = settings.chats.get(asked.chat)
    needed = setup.needed(called=bool(table and table.webhook_url), installed=bool(table and table.teams))
    given = {each.variable: settings.secrets.get(each.variable) or "" for each in needed}
    if not all(given.values()) or asked.minimal or asked.agent:
        click.echo(f"{_steps(setup, asked, settings)}\n", err=True)
    tokens, account = _tokens(setup, asked, given, settings.environ)
    click.echo(f"The token is right: this is {account.name}.", err=True)
    for name in (name for name in tokens if name in settings.environ):
        click.echo(f"{name} stays in the environment: whatever starts the house needs it too.", err=True)
    typed = {name: token for name, token in tokens.items() if not given[name]}
    places = {name: _place(settings, asked.chat, name) for name in typed}
    text = _text(file, asked.chat, setup, places)
    if asked.only_print:
        click.echo(text, nl=False)
        return
    for name, path in places.items():
        _keep(path, typed[name])
        click.echo(f"The token is kept in {path}, readable by you only.")
    _write(file, text)
    context.forget()
    click.echo(asyncio.run(setup.prepare(tokens, settings.environ)))
    invite(context, person, asked.chat, account, waits=asked.waits)


def _steps(setup: Setup, asked: Asked, settings: Settings) -> str:
    from bot.model.setup import Wish

    if setup.steps_for is None:
        if asked.minimal or asked.agent:
            raise Refused(f"There is one kind of app for {asked.chat}; leave out --minimal and --agent.")
        return setup.steps
    table = settings.chats.get(asked.chat)
    return setup.steps_for(Wish(table.model_dump() if table else {}, asked.minimal, asked.agent))


def _file(settings: Settings) -> Path:
    if settings.file is None:
        raise Refused("There is no frontdesk.toml; `frontdesk init` writes one.")
    return settings.file


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────


def _tokens(
    setup: Setup, asked: Asked, given: Mapping[str, str], environ: Mapping[str, str]
) -> tuple[Mapping[str, str], BotAccount]:
    """Tokens that the platform knows, and whose they are; at a keyboard a wrong one is asked for again."""
    tries = TRIES if asked.asks and sys.stdin.isatty() and not all(given.values()) else 1
    while True:
        tries -= 1
        tokens = {
            each.variable: given[each.variable] or _typed(each, asked)
            for each in setup.tokens
            if each.variable in given
        }
        try:
            return tokens, asyncio.run(setup.account(tokens, environ))
        except ChatError as error:
            if not tries:
                raise
            click.echo(f"{error}\n", err=True)


def _typed(token: Token, asked: Asked) -> str:
    """Never echoed, and never an argument: those can be seen by others."""
    if not asked.asks:
        raise Refused(
            f"{token.variable} is not set: put it into the environment, or its file's path into "
            f"{token.variable}_FILE; or leave --yes out and paste it."
        )
    if sys.stdin.isatty():
        answer: str = click.prompt(f"{token.words} ({token.variable}), not shown", hide_input=True, err=True)
    else:
        answer = sys.stdin.readline()
    if not answer.strip():
        raise Refused(f"The input ended before {token.variable}; nothing was written.")
    return answer.strip()


# ── the files ────────────────────────────────────────────────────────────────────────────────────────────


def _text(file: Path, chat: str, setup: Setup, places: Mapping[str, Path]) -> str:
    """The file as it is, with a table for the chat, and with the places of its tokens if they were typed."""
    from bot.settings.editing import with_table, with_values
    from bot.settings.sources import read_file

    values = {"secret_files": {name: _shown(path) for name, path in places.items()}} if places else {}
    text = file.read_text(encoding="utf-8")
    if chat in read_file(file).get("chats", {}):
        return with_values(text, ("chats", chat), values)
    return with_table(text, ("chats", chat), values, setup.comment)


def _place(settings: Settings, chat: str, variable: str) -> Path:
    """Where the file names it; else in the user's configuration directory, which is no project's, under a
    name that no other house has taken."""
    from bot.settings.sources import user_directory

    table = settings.chats.get(chat)
    if table and variable in table.secret_files:
        return table.secret_files[variable]
    user = user_directory(settings.environ, "XDG_CONFIG_HOME", ".config")
    if user is None:
        raise Refused(f"This user has no home directory for a token; set {variable}_FILE and use --yes.")
    name = variable.lower().replace("_", "-")
    names = (name if n == 1 else f"{name}-{n}" for n in count(1))
    return next(path for each in names if not (path := user / "frontdesk" / each).exists())


def _shown(path: Path) -> str:
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def _keep(path: Path, token: str) -> None:
    from bot.settings.home import write_private

    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, f"{token}\n")
    except OSError as error:
        raise SettingsError(f"{path} cannot be written ({error.strerror}).") from error


def _write(file: Path, text: str) -> None:
    """After the tokens: the file that names them is checked as a whole."""
    from bot.settings.editing import replace_file
    from bot.settings.migrating import check

    if text == file.read_text(encoding="utf-8"):
        click.echo(f"{file} names the chat already.")
        return
    check(text, file)
    replace_file(file, text)
    click.echo(f"Wrote {file}.")
