"""``projects``: the named directories, listed, and one more added to the file with its comments kept."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.context import Context
from bot.cli.inside import refuse_inside_run
from bot.cli.parameters import json_option
from bot.cli.printing import print_json, print_table
from bot.cli.setup.answers import Given, choose_sandbox, refuse_unfit, slug
from bot.cli.setup.drafting import MODES, shown_directory
from bot.cli.setup.surroundings import CLAUDE_CODE, described
from bot.errors import Refused

if TYPE_CHECKING:
    from bot.settings import Settings


@click.group()
def projects() -> None:
    """List the projects, and add one."""
    refuse_inside_run("projects")


@projects.command("list")
@json_option
@click.pass_obj
def list_(context: Context, json_wanted: bool) -> None:
    """List the projects with what may be done in them."""
    settings = context.settings
    if json_wanted:
        print_json(projects={id: entry.model_dump(mode="json") for id, entry in settings.projects.items()})
        return
    rows = [
        (id, entry.specialist, entry.permission_mode.value, entry.sandbox.value, str(entry.directory))
        for id, entry in settings.projects.items()
    ]
    print_table(("name", "specialist", "may", "sandbox", "directory"), rows)


@projects.command()
@click.argument("name")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--description", help="One line for the secretary; by default the project's own words.")
@click.option("--permission-mode", type=click.Choice(list(MODES)), default="plan", show_default=True)
@click.option("--specialist", help="A table of [specialists]; by default claude-code.")
@click.option(
    "--sandbox",
    type=click.Choice(["auto", "none"]),
    help="none: runs without a sandbox, which can act as you.",
)
@click.option("--yes", is_flag=True, help="Take every default; ask nothing.")
@click.pass_obj
def add(
    context: Context,
    name: str,
    directory: Path,
    description: str | None,
    permission_mode: str,
    specialist: str | None,
    sandbox: str | None,
    yes: bool,
) -> None:
    """Add the project NAME in DIRECTORY to the configuration file; a running house takes it by itself."""
    settings = context.settings
    file = _file(settings)
    directory = directory.expanduser().resolve()
    _refuse_taken(settings, name)
    refuse_unfit(directory, settings)
    given = Given(not yes, directory, sandbox)
    values: dict[str, object] = {
        "directory": shown_directory(directory, file.parent),
        "description": description if description is not None else described(directory) or name,
        **({"specialist": specialist} if specialist else {}),
        "permission_mode": permission_mode,
        "sandbox": choose_sandbox(given, settings, directory, _program(settings))[0],
    }
    _add(file, name, values)
    click.echo(
        f"Project {name} is in {file}. A running house takes it in seconds; `frontdesk reload` waits for it."
    )


def _file(settings: Settings) -> Path:
    if settings.file is None:
        raise Refused("There is no frontdesk.toml to add it to; `frontdesk init` writes one.")
    return settings.file


def _refuse_taken(settings: Settings, name: str) -> None:
    if slug(name) != name or not name:
        raise Refused(
            f"{name!r} is no name: use lower-case letters, digits, - and _, such as {slug(name)!r}."
        )
    if name in settings.projects and f"projects.{name}.directory" in settings.origins:
        where = settings.projects[name].directory
        raise Refused(f"There is a project {name} already ({where}); choose another name, or edit the file.")


def _program(settings: Settings) -> str | None:
    import asyncio
    from dataclasses import replace

    from bot.cli.doctor.abilities import health_of

    alone = replace(settings, specialists={CLAUDE_CODE: settings.specialists[CLAUDE_CODE]})
    return asyncio.run(health_of(alone))[CLAUDE_CODE].facts.get("program")


def _add(file: Path, name: str, values: dict[str, object]) -> None:
    from bot.settings import load
    from bot.settings.editing import replace_file, with_table
    from bot.settings.migrating import check

    text = with_table(file.read_text(encoding="utf-8"), ("projects", name), values)
    check(text, file)
    replace_file(file, text)
    load(str(file), environ=os.environ)  # also with what the environment adds
