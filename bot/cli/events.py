"""``logs``: what dispatches did, event by event, also while one watches; and who did what in the house."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import click

from bot.cli.context import Context
from bot.cli.parameters import any_dispatch_argument, json_option, person_option
from bot.cli.printing import as_json, one_line, print_json, when
from bot.model.log import AuditRow, EventRow

if TYPE_CHECKING:
    from bot.desk import Desk
    from bot.model.people import Person
    from bot.redact import Redactor

LOOK_EVERY_S: Final = 0.5
"""While following: one small read, whichever process writes the events."""


@click.command()
@any_dispatch_argument
@click.option("--run", type=click.IntRange(1), help="Of this run of DISPATCH only.")
@click.option("--house", is_flag=True, help="Who did what instead: answers, people, money; for admins.")
@click.option("--follow", "-f", is_flag=True, help="Go on with what happens, until ctrl-c.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=200, show_default=True, help="Newest events."
)
@person_option
@json_option
@click.pass_obj
def logs(
    context: Context,
    dispatch: str | None,
    run: int | None,
    house: bool,
    follow: bool,
    limit: int,
    person: str | None,
    json_wanted: bool,
) -> None:
    """Print what DISPATCH did, event by event; without it, what all of them did.

    With --follow and --json each event is a line of its own.
    """
    if run is not None and dispatch is None:
        raise click.UsageError("--run needs the dispatch it belongs to.")
    if house and (dispatch or follow):
        raise click.UsageError("--house is about everything at once: leave out DISPATCH and --follow.")
    who = context.person(person)
    if house:
        _print_audit(context, context.ask(lambda desk: desk.keeping.audit(who, limit)), json_wanted)
        return
    say = _Printer(context.redactor, json_wanted)

    async def ask(desk: Desk) -> None:
        known: set[str] = set()
        rows = await _new(desk, who, dispatch, run, known, limit)
        if follow:
            await _follow(desk, who, dispatch, run, known, rows, say)
        else:
            say.all(rows, dispatch)

    try:
        context.ask(ask)
    except KeyboardInterrupt:
        if not follow:
            raise


def _print_audit(context: Context, rows: Sequence[AuditRow], json_wanted: bool) -> None:
    if json_wanted:
        print_json(audit=context.redactor.value([as_json(row) for row in rows]))
        return
    if not rows:
        click.echo("Nobody has done anything that is kept here.")
    for row in rows:
        words = context.redactor.redact(f"{row.person}  {row.action}  {row.object}  {row.detail}")
        click.echo(f"{when(row.at)}  {one_line(words)}".rstrip())


async def _new(
    desk: Desk, who: Person, dispatch: str | None, run: int | None, known: set[str], limit: int
) -> list[EventRow]:
    rows = await desk.news(who, dispatch, known, limit)
    return [row for row in rows if run is None or row.run == f"{dispatch}/{run}"]


async def _follow(
    desk: Desk,
    who: Person,
    dispatch: str | None,
    run: int | None,
    known: set[str],
    rows: list[EventRow],
    say: _Printer,
) -> None:
    """Until cancelled."""
    while True:
        for row in rows:
            say.one(row)
        await asyncio.sleep(LOOK_EVERY_S)
        rows = await _new(desk, who, dispatch, run, known, 0)


class _Printer:
    def __init__(self, redactor: Redactor, json_wanted: bool) -> None:
        self._redactor = redactor
        self._json = json_wanted

    def all(self, rows: Sequence[EventRow], dispatch: str | None) -> None:
        if self._json:
            print_json(events=self._redactor.value([_event_keys(row) for row in rows]))
            return
        if not rows:
            click.echo(f"{dispatch or 'Nobody'} has not done anything yet.")
        for row in rows:
            self._line(row)

    def one(self, row: EventRow) -> None:
        """At once, also into a pipe."""
        if self._json:
            click.echo(json.dumps(as_json(self._redactor.value(_event_keys(row)))))
        else:
            self._line(row)

    def _line(self, row: EventRow) -> None:
        text = self._redactor.redact(_event_text(_event_data(row)))
        click.echo(f"{when(row.at)}  {row.run:<6} {row.kind:<8} {one_line(text)}".rstrip())


def _event_data(row: EventRow) -> dict[str, Any]:
    data: object = json.loads(row.data)
    return cast("dict[str, Any]", data) if isinstance(data, dict) else {"value": data}


def _event_keys(row: EventRow) -> dict[str, object]:
    return {
        "run": row.run,
        "attempt": row.attempt,
        "seq": row.seq,
        "at": row.at.isoformat(),
        "kind": row.kind,
        "data": _event_data(row),
    }


def _event_text(data: dict[str, Any]) -> str:
    """name=value for what is set, the words themselves without a name."""
    shown = {name: value for name, value in data.items() if value not in (None, "", [], {})}
    words = " ".join(str(shown.pop(name)) for name in ("text", "title") if name in shown)
    return " ".join([words, *(f"{name}={value}" for name, value in shown.items())]).strip()
