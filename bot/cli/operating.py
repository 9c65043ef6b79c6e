"""The commands of whoever runs the house: serve, migrate, doctor."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.context import Context
from bot.cli.inside import refuse_inside_run
from bot.cli.parameters import json_option
from bot.cli.printing import print_json

if TYPE_CHECKING:
    from bot.cli.doctor import Check


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
@click.option("--live", is_flag=True, help="Also ask each model and specialist one question. Paid for.")
@click.option("--bundle", is_flag=True, help="Write one archive to send to whoever is asked for help.")
@click.option("--with-texts", is_flag=True, help="With --bundle: also what people and models wrote.")
@json_option
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.pass_obj
def doctor(
    context: Context, live: bool, bundle: bool, with_texts: bool, json_wanted: bool, file: Path | None
) -> int:
    """Check this machine and say what to do.

    Works without any configuration, changes nothing and, without --live, pays for nothing. Ends with 1 when a
    check failed. With --bundle everything is written to FILE (or a name with the time), without secrets and
    people's accounts.
    """
    if (with_texts or file) and not bundle:
        raise click.UsageError("FILE and --with-texts belong to --bundle.")
    from bot.cli.doctor import examine, print_report, report

    if live:
        refuse_inside_run("doctor --live")
        from bot.cli.doctor.live import WARNING

        click.echo(WARNING, err=True)
    checks = asyncio.run(examine(context, live=live))
    if bundle:
        return _bundle(context, checks, file, with_texts=with_texts, json_wanted=json_wanted)
    if json_wanted:
        print_json(**report(checks))
    else:
        print_report(checks)
    return int(any(check.verdict == "fail" for check in checks))


def _bundle(
    context: Context, checks: Sequence[Check], file: Path | None, *, with_texts: bool, json_wanted: bool
) -> int:
    refuse_inside_run("doctor --bundle")
    from bot.cli.doctor.bundle import WITH_TEXTS, WITHOUT_TEXTS, bundle

    written = bundle(context, checks, file, with_texts=with_texts)
    if json_wanted:
        print_json(file=written.file, contents=written.names)
        return 0
    click.echo(f"Wrote {written.file}:")
    for name in written.names:
        click.echo(f"  {name}")
    click.echo(
        "Secrets and people's accounts are taken out. " + (WITH_TEXTS if with_texts else WITHOUT_TEXTS)
    )
    return 0
