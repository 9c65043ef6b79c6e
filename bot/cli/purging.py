"""``purge``: shows what would be forgotten, and forgets it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import click

from bot.cli.context import Context
from bot.cli.inside import refuse_inside_run
from bot.cli.parameters import Id, json_option, person_option
from bot.cli.printing import one_line, print_json, print_table
from bot.model.purging import Purge, Purged


class Age(click.ParamType[timedelta]):
    """30d or 4w."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        text = str(value).lower()
        number, unit = text[:-1], {"d": 1, "w": 7}.get(text[-1:])
        if unit and number.isascii() and number.isdecimal() and len(number) <= 5 and int(number) > 0:
            return timedelta(days=int(number) * unit)
        return self.fail(f"{one_line(text)!r} is no age: write 30d or 4w, at least 1d.", param, ctx)


@click.command()
@click.option("--older-than", type=Age(), required=True, metavar="AGE", help="What ended before: 30d, 4w.")
@click.option("--person", "whose", metavar="PERSON", help="Only the messages and the work of PERSON.")
@click.option("--dispatch", type=Id("d", "dispatch"), metavar="ID", help="Only that dispatch.")
@click.option("--yes", is_flag=True, help="Delete it; without this it is only shown.")
@person_option
@json_option
@click.pass_obj
def purge(
    context: Context,
    older_than: timedelta,
    whose: str | None,
    dispatch: str | None,
    yes: bool,
    person: str | None,
    json_wanted: bool,
) -> None:
    """Show what is kept of work that ended long ago, and with --yes delete it.

    That is rows, files that were handed over, and the transcripts of sessions. What is live, waits for
    somebody or is younger than AGE stays, and so do the ledger and who did what.
    """
    refuse_inside_run("purge")
    wanted = Purge(datetime.now(UTC) - older_than, whose, dispatch)
    who = context.person(person)
    found = context.ask(
        lambda desk: desk.keeping.purge(who, wanted) if yes else desk.keeping.preview(who, wanted)
    )
    if json_wanted:
        print_json(deleted=yes, before=wanted.before, purge=found)
    elif not found.count:
        click.echo("There is nothing that old.")
    else:
        _print(found, deleted=yes)


def _print(found: Purged, *, deleted: bool) -> None:
    rows = [(f"{count:,}", f"rows of {table}") for table, count in found.rows.items()]
    rows += [
        (f"{found.files:,}", f"files handed over, {found.file_bytes:,} bytes"),
        (f"{found.transcripts:,}", "transcripts"),
        (
            f"{found.session_directories:,}",
            f"session directories, {found.transcript_bytes:,} bytes in all",
        ),
    ]
    print_table(("count", "what"), rows)
    click.echo(
        f"{'Deleted' if deleted else 'This would delete'} {sum(found.rows.values()):,} rows "
        f"and {found.bytes:,} bytes in files." + ("" if deleted else " Nothing was deleted; --yes does it.")
    )
