"""``config``: is the file right, what is in force and from where; old keys get their new names."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Final, cast

import click

from bot.cli.context import Context
from bot.cli.inside import refuse_inside_run
from bot.cli.parameters import json_option
from bot.cli.printing import one_line, print_json, print_table
from bot.errors import SettingsError

if TYPE_CHECKING:
    from bot.settings import Settings

HIDDEN: Final = "(set, not shown)"


@click.group()
def config() -> None:
    """Check the configuration, and bring an old one up to date."""
    refuse_inside_run("config")


@config.command()
@json_option
@click.pass_obj
def check(context: Context, json_wanted: bool) -> None:
    """Validate the configuration and print every value with where it comes from.

    For a project with trust = "all", also what its repository would execute here.
    """
    from bot.settings.models import choose_model

    settings = context.settings
    refuse_missing_chats(settings)
    values = list(values_of(settings))
    executed = {
        id: [context.redactor.redact(line) for line in lines] for id, lines in _would_execute(settings)
    }
    model = choose_model(settings)
    if json_wanted:
        print_json(
            file=settings.file,
            values={key: {"value": value, "source": source} for key, value, source in values},
            secrets={name: _secret_source(settings, name) for name in settings.secrets},
            secretary={"model": model.model, "why": model.why},
            would_execute=executed,
            warnings=settings.warnings,
        )
        return
    click.echo(f"{settings.file or 'There is no configuration file'}: everything is usable.\n")
    rows = [(key, _shown(value), source) for key, value, source in values]
    rows += [(name, HIDDEN, _secret_source(settings, name)) for name in settings.secrets]
    print_table(("setting", "source", "value"), [(key, source, value) for key, value, source in rows])
    click.echo(f"\nThe secretary is {model.model}: {model.why}")
    for project, lines in executed.items():
        click.echo(f'\nprojects.{project} has trust = "all". Its repository would execute:')
        for line in lines or ["nothing at present"]:
            click.echo(f"  {one_line(line)}")
    for warning in settings.warnings:
        click.echo(f"\nwarning: {warning}")


@config.command()
@json_option
@click.pass_obj
def migrate(context: Context, json_wanted: bool) -> None:
    """Rewrite the file with the new names of renamed keys, after a copy; comments are kept."""
    from bot.settings.migrating import migrate as migrate_file

    done = migrate_file(context.config)
    if json_wanted:
        print_json(file=done.file, copy=done.copy, renamed=done.renamed)
        return
    for old, new in done.renamed:
        click.echo(f"{old} is now {new}")
    if done.copy:
        click.echo(f"{done.file} was rewritten. A copy of what it was is {done.copy}.")
    else:
        click.echo(f"{done.file} has no key that was renamed; nothing was changed.")


def refuse_missing_chats(settings: Settings) -> None:
    installed = sorted(point.name for point in entry_points(group="frontdesk.chats"))
    missing = [name for name in settings.chats if name not in installed]
    if missing:
        raise SettingsError(
            "\n".join(
                f"chats.{name}: no adapter is installed; there are {', '.join(installed)}" for name in missing
            )
        )


def values_of(settings: Settings) -> Iterator[tuple[str, object, str]]:
    """Dotted key, value as in the file, source; unset values are left out."""
    tables: dict[str, Any] = {
        "frontdesk": settings.house,
        "secretary": settings.secretary,
        "people": settings.people,
        "projects": settings.projects,
        "specialists": settings.specialists,
        "chats": settings.chats,
        "questions": settings.questions,
        "budgets": settings.budgets,
        "health": settings.health,
        "telemetry": settings.telemetry,
        "voice": settings.voice,
        "limits": settings.limits,
    }
    for key, value in _flat("", tables):
        shown = HIDDEN if key == "frontdesk.database" else value
        origin = settings.origins.get(key, "default")
        yield key, shown, origin if origin in {"file", "default"} else f"env {origin}"


def _flat(key: str, value: Any) -> Iterator[tuple[str, object]]:
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json", exclude_none=True)
    if not isinstance(value, dict):
        yield key, value
        return
    for name, inner in cast("dict[str, Any]", value).items():
        yield from _flat(f"{key}.{name}" if key else name, inner)


def _shown(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case list():
            return "[" + ", ".join(_shown(item) for item in cast("list[object]", value)) + "]"
        case str():
            return f'"{value}"'
        case _:
            return str(value)


def _secret_source(settings: Settings, name: str) -> str:
    if name in settings.environ:
        return "env"
    return f"env {name}_FILE" if f"{name}_FILE" in settings.environ else "file"


def _would_execute(settings: Settings) -> Iterator[tuple[str, tuple[str, ...]]]:
    for id, entry in settings.projects.items():
        if entry.trust == "all":
            from adapters.specialists.claude_code.trust import would_execute

            yield id, would_execute(str(entry.directory))
