"""The commands of whoever runs the house: serve, migrate, doctor."""

from __future__ import annotations

import asyncio

import click

from bot.cli.context import Context
from bot.cli.inside import refuse_inside_run
from bot.cli.parameters import json_option
from bot.cli.printing import print_json


@click.command()
@click.option(
    "--only", type=click.Choice(["chats", "runs"]), help="One half of the work, on several machines."
)
@click.pass_obj
def serve(context: Context, only: str | None) -> int:
    """Run the house until it is told to stop (SIGTERM, ctrl-c); running work is kept for the next start."""
    refuse_inside_run("serve")
    settings = context.settings
    from bot import serving
    from bot.cli.logging_to import log_to_stderr

    redactor = log_to_stderr(settings)
    return asyncio.run(serving.serve(settings, redactor, only))


@click.command()
@json_option
@click.pass_obj
def migrate(context: Context, json_wanted: bool) -> None:
    """Bring the database to this version, after a copy; a newer one is refused and left untouched."""
    refuse_inside_run("migrate")
    settings = context.settings
    from bot.settings.home import prepare_home
    from storage.migrate import migrate as migrate_database

    prepare_home(settings.home)
    done = asyncio.run(migrate_database(settings.database_url))
    if json_wanted:
        print_json(was=done.was, now=done.now, copy=done.copy)
    elif done.was == done.now:
        click.echo(f"The database is at version {done.now} already; nothing was changed.")
    else:
        copy = f" A copy of what it was is {done.copy}." if done.copy else ""
        click.echo(f"The database is now at version {done.now} (it was {done.was or 'empty'}).{copy}")


@click.command()
@json_option
@click.pass_obj
def doctor(context: Context, json_wanted: bool) -> int:
    """Check this machine and say what to do.

    Works without any configuration, changes nothing and pays for nothing. Ends with 1 when a check failed.
    """
    from bot.cli.doctor import examine, print_report, report

    checks = asyncio.run(examine(context))
    if json_wanted:
        print_json(**report(checks))
    else:
        print_report(checks)
    return int(any(check.verdict == "fail" for check in checks))
