"""What the person decides: asked one by one with a default each, or the defaults alone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from bot.cli.setup.drafting import MODES, Draft
from bot.cli.setup.surroundings import Surroundings, described, wall_missing
from bot.errors import Refused

if TYPE_CHECKING:
    from bot.settings import Settings

NO_WALLS: Final = """\
No sandbox holds on this machine: {why}

Without one, a run can do whatever you can: read your other files and keys, use the network, and act as you in
Frontdesk itself (approve its own requests). With sandbox = "auto" no run starts here until a sandbox holds.
Writing sandbox = "none" starts runs all the same, and every card says “This run can act as you”."""


@dataclass(frozen=True, slots=True)
class Given:
    """What stood on the command line."""

    asks: bool
    project: Path | None
    sandbox: str | None


def decide(given: Given, settings: Settings, found: Surroundings) -> Draft:
    """Raises Refused when a default would not be safe to take without asking."""
    person = _ask(given, "Your name in Frontdesk", next(iter(settings.people)), slug)
    directory = project_directory(given, settings, found)
    name = _ask(given, "The project's name", slug(directory.name) or "project", slug)
    description = _ask(given, "What it is, in one line", described(directory) or name, str.strip)
    sandbox, walled = choose_sandbox(given, settings, directory, found.claude.facts.get("program"))
    mode = _mode(given, walled=walled, versioned=(directory / ".git").exists())
    model = _ask(
        given, "The model that reads messages (provider:model, or rules)", found.choice.model, str.strip
    )
    return Draft(person, settings.local_account, name, directory, description, mode, sandbox, model)


def project_directory(given: Given, settings: Settings, found: Surroundings) -> Path:
    default = given.project or found.repository
    if default is None and not given.asks:
        default = Path.cwd()
    if default is None:
        click.echo("This directory is no git repository.", err=True)
    if given.project is None and given.asks:
        text = click.prompt("The directory to work in", str(default or Path.cwd()), err=True)
        default = Path(text)
    directory = (default or Path.cwd()).expanduser().resolve()
    refuse_unfit(directory, settings)
    return directory


def refuse_unfit(directory: Path, settings: Settings) -> None:
    """A project is never the whole machine, the whole home or the house itself."""
    if not directory.is_dir():
        raise Refused(f"{directory} is no directory; create it, or name another.")
    home = Path.home().resolve()
    if home.is_relative_to(directory) or settings.home.resolve().is_relative_to(directory):
        raise Refused(
            f"{directory} holds your home directory or Frontdesk's own state, so it cannot be a project; "
            "name the directory of one project (--project DIRECTORY)."
        )


def choose_sandbox(
    given: Given, settings: Settings, directory: Path, program: str | None
) -> tuple[str, bool]:
    """What to write, and whether a run would be walled in."""
    if given.sandbox == "none":
        return "none", False
    why = asyncio.run(wall_missing(settings, directory, program))
    if not why:
        return "auto", True
    click.echo("\n" + NO_WALLS.format(why=why), err=True)
    if given.asks and click.confirm('\nWrite sandbox = "none"?', default=False, err=True):
        return "none", False
    click.echo('sandbox = "auto" is written: no run starts until a sandbox holds.\n', err=True)
    return "auto", False


def _mode(given: Given, *, walled: bool, versioned: bool) -> str:
    """Edits by default only where a wall holds and git can undo them."""
    default = "acceptEdits" if walled and versioned else "plan"
    if not given.asks:
        return default
    for mode, words in MODES.items():
        click.echo(f"  {mode}: {words}", err=True)
    return click.prompt("How much may it do there", default, type=click.Choice(list(MODES)), err=True)


def _ask(given: Given, question: str, default: str, clean: Callable[[str], str]) -> str:
    if not given.asks:
        return default
    answer: str = click.prompt(question, default, err=True)
    return clean(answer)


def slug(text: str) -> str:
    """The nearest name that may stand in a table's head."""
    return re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")[:64]
