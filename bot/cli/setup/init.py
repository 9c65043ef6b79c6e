"""``init``: looks, asks little, writes a configuration that is valid, and says what to do next."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from bot import schedule_words
from bot.cli.context import Context
from bot.cli.inside import refuse_inside_run
from bot.cli.setup.answers import Given, decide
from bot.cli.setup.drafting import Draft, text_of
from bot.cli.setup.surroundings import Surroundings, look_around
from bot.errors import Refused

if TYPE_CHECKING:
    from bot.desk import Desk
    from bot.settings import Settings

MODE: Final = 0o600
DIGEST: Final = "every friday at 16:00, a digest"
DIGEST_SAYS: Final = "what was done, what waits for you, what it cost"


@click.command()
@click.option("--yes", is_flag=True, help="Take every default; ask nothing.")
@click.option("--print", "only_print", is_flag=True, help="Write to stdout and change no file.")
@click.option("--force", is_flag=True, help="Replace a file that is there; a copy of it is kept.")
@click.option("--project", type=click.Path(path_type=Path), metavar="DIRECTORY", help="Where it is to work.")
@click.option(
    "--sandbox",
    type=click.Choice(["auto", "none"]),
    help="none: runs without a sandbox, which can act as you.",
)
@click.option("--as", "person", metavar="PERSON", help="With CHAT: whose account; by default yours.")
@click.option("--no-wait", is_flag=True, help="With CHAT: do not wait for the first account to be linked.")
@click.option("--minimal", is_flag=True, help="With slack: an app without what it can do without.")
@click.option("--agent", is_flag=True, help="With slack: an app with Slack's agent view and its stop button.")
@click.argument("chat", required=False)
@click.pass_obj
def init(
    context: Context,
    chat: str | None,
    yes: bool,
    only_print: bool,
    force: bool,
    project: Path | None,
    sandbox: str | None,
    person: str | None,
    no_wait: bool,
    minimal: bool,
    agent: bool,
) -> None:
    """Write a frontdesk.toml for this machine: what is found, one admin (you) and one project.

    It looks for keys in the environment (and never shows one), a login of Claude Code, other coding agents,
    and Ollama. Without --yes it asks, with a default for each answer.

    With CHAT (slack, telegram) it sets up that chat in the configuration that is there: says what to do at
    the platform, takes its token without showing it, tries it, and links your account there. With --yes the
    token comes from the environment and nothing is waited for.
    """
    refuse_inside_run("init")
    opening = Opening(yes, only_print, force, project, sandbox)
    if chat is None:
        if minimal or agent:
            raise Refused("--minimal and --agent are kinds of a chat's app: `frontdesk init slack --agent`.")
        _write_house(context, opening)
        if not (yes or only_print):
            _offer_digest(context)
        if not only_print:
            _say_next()
        return
    from bot.cli.setup.chats import Asked, set_up, setup_of

    setup_of(chat)
    if not context.has_file and not only_print:
        if not yes and not sys.stdin.isatty():  # a token that is piped in must not answer these questions
            raise Refused(
                "There is no frontdesk.toml yet; `frontdesk init` (or --yes here) writes one first."
            )
        _write_house(context, opening)
        context.forget()
    elif force or project or sandbox:
        raise Refused("--force, --project and --sandbox are for a new file; with a chat the old one is kept.")
    waits = not (yes or no_wait)
    set_up(context, Asked(chat, not yes, only_print, person, waits=waits, minimal=minimal, agent=agent))


@dataclass(frozen=True, slots=True)
class Opening:
    """What stood on the command line for a new file."""

    yes: bool
    only_print: bool
    force: bool
    project: Path | None
    sandbox: str | None


def _write_house(context: Context, given: Opening) -> None:
    yes, only_print, project, sandbox = given.yes, given.only_print, given.project, given.sandbox
    file = _place(context.config)
    if file.exists() and not (given.force or only_print):
        raise Refused(f"{file} exists; edit it, or replace it with --force (a copy is kept).")
    settings = _plain_settings()
    found = asyncio.run(look_around(settings))
    _say_found(found)
    draft = _decided(Given(not (yes or only_print), project, sandbox), settings, found)
    text = text_of(draft, found, file)
    _check(text, file)
    if only_print:
        click.echo(text, nl=False)
        return
    _write(text, file)
    click.echo(f"Wrote {file}: {draft.person} is admin, project {draft.project} is {draft.directory}.")


def _offer_digest(context: Context) -> None:
    """No line of the file: a schedule is a row that belongs to a person."""
    try:
        if not click.confirm(f"\nA digest every Friday at 16:00: {DIGEST_SAYS}?", default=False, err=True):
            return
    except click.Abort:  # the answers ended; the file is written, and this was the last question
        return
    context.forget()
    who = context.person(None)

    async def added(desk: Desk) -> str:
        plan = await desk.timetables.read(who, DIGEST, None)
        return schedule_words.created(await desk.timetables.add(who, plan, DIGEST, None))

    click.echo(context.ask(added))


def _place(config: str | None) -> Path:
    named = config or os.environ.get("FRONTDESK_CONFIG") or "frontdesk.toml"
    return Path(named).expanduser().absolute()


def _plain_settings() -> Settings:
    """What holds without any file, so that a broken one can be replaced."""
    from bot.settings import settings_of

    return settings_of({}, environ=os.environ)


def _say_found(found: Surroundings) -> None:
    keys = ", ".join(found.keys) or "none in the environment"
    click.echo(f"Keys and tokens: {keys}", err=True)
    click.echo(f"The secretary: {found.choice.model}. {found.choice.why}", err=True)
    click.echo(f"Claude Code: {found.claude.detail}", err=True)
    if found.claude.remedy:
        click.echo(f"  → {found.claude.remedy}", err=True)
    if found.agents:
        agents = ", ".join(f"{name} ({path})" for name, path in found.agents)
        click.echo(f"Other coding agents: {agents}", err=True)
    if found.ollama:
        click.echo(f"Ollama: {', '.join(found.ollama)}", err=True)
    click.echo(err=True)


def _decided(given: Given, settings: Settings, found: Surroundings) -> Draft:
    try:
        return decide(given, settings, found)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        raise Refused(
            "The answers ended before the questions; nothing was written. --yes takes the defaults."
        ) from None


def _check(text: str, file: Path) -> None:
    from bot.settings.migrating import check

    check(text, file)


def _write(text: str, file: Path) -> None:
    from bot.settings.editing import keep_copy, replace_file

    if file.exists():
        click.echo(f"The old file is kept as {keep_copy(file)}.")
    replace_file(file, text, MODE)


def _say_next() -> None:
    click.echo("\nNext:\n  frontdesk doctor   says what works here and what to do about the rest")
    click.echo("  frontdesk chat     talks to it in this terminal")
    click.echo(f'  frontdesk schedules add "{DIGEST}"   {DIGEST_SAYS}')
