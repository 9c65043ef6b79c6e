"""``backup`` and ``restore``: a house in one file, while it runs; and a house out of that file, elsewhere."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from bot.cli.context import Context
from bot.cli.inside import refuse_inside_run
from bot.cli.parameters import json_option
from bot.cli.printing import print_json


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def backup(context: Context, file: Path, json_wanted: bool) -> None:
    """Write the whole state to FILE, while the house runs.

    One archive: all rows as of one moment, and what sessions resume from. Secrets are not in it: neither the
    configuration nor a credential, and the house's own secrets are taken out of session files.
    """
    refuse_inside_run("backup")
    from bot.cli.storing import back_up

    done = asyncio.run(back_up(context.settings, file))
    if json_wanted:
        print_json(file=file.absolute(), bytes=file.stat().st_size, manifest=done)
        return
    rows, sessions = sum(done.counts.values()), len(done.files) - 1
    click.echo(f"{file}: {rows} rows, {sessions} session files, {file.stat().st_size:,} bytes.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Put aside what is there; rows on Postgres are replaced.")
@json_option
@click.pass_obj
def restore(context: Context, file: Path, force: bool, json_wanted: bool) -> None:
    """Make the state what FILE holds.

    Refused while a house runs here, and where there is state already unless --force is given. An archive of a
    newer version is refused, one of an older version is migrated. The configuration is not part of it.
    """
    refuse_inside_run("restore")
    from bot.cli.storing import restore as restore_state

    done = asyncio.run(restore_state(context.settings, file, force=force))
    if json_wanted:
        print_json(manifest=done.manifest, moved_aside=done.aside, migrated_from=done.migrated_from)
        return
    click.echo(
        f"Restored what was backed up at {done.manifest.made_at}; `frontdesk serve` goes on from there."
    )
    if done.migrated_from:
        click.echo(f"The database was brought up to date; it was at version {done.migrated_from}.")
    if done.aside:
        click.echo(f"What was here before is in {done.aside}.")
