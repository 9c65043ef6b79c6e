"""The command that adds up what was spent."""

from __future__ import annotations

import csv
import sys
from datetime import UTC, datetime, timedelta
from typing import Final

import click

from bot.cli.context import Context
from bot.cli.parameters import json_option, person_option
from bot.cli.printing import print_json, print_table
from bot.costs import By, Costs, Line
from bot.simulating import Simulation

_HEADER: Final = (
    "spent_usd",
    "billed_usd",
    "estimated_usd",
    "subscription_usd",
    "unknown",
    "entries",
    "input_tokens",
    "output_tokens",
)
NO_BASELINE: Final = (
    'No saving is shown: name what to compare with, as in baseline_model = "anthropic:claude-opus-4-5" '
    "in [budgets]."
)
NO_MODELS: Final = "There is no model to compare with: name some under [models] in frontdesk.toml."


@click.command()
@click.option("--by", type=click.Choice([by.value for by in By]), default=By.PERSON.value, show_default=True)
@click.option("--month", metavar="YYYY-MM", help="That month; by default the present one.")
@click.option("--since", metavar="YYYY-MM-DD", help="From that day until now, instead of a month.")
@click.option("--csv", "csv_wanted", is_flag=True, help="Print comma-separated values.")
@click.option("--simulate", is_flag=True, help="What the same work would have cost with each named model.")
@person_option
@json_option
@click.pass_obj
def costs(
    context: Context,
    by: str,
    month: str | None,
    since: str | None,
    csv_wanted: bool,
    simulate: bool,
    person: str | None,
    json_wanted: bool,
) -> None:
    """Add up what was spent; an admin sees everybody's, others their own.

    Billed and estimated amounts are money; those of a subscription are what the same work would have cost at
    list price; entries of unknown price are counted apart and are part of no sum.
    """
    begin, end = _period(context, month, since)
    asks = context.person(person)
    found = context.ask(lambda desk: desk.costs(asks, By(by), begin, end))
    if json_wanted:
        _print_json(found, begin, end)
    elif simulate:
        _print_simulation(found.simulation)
    elif csv_wanted:
        _print_csv(found)
    else:
        _print(found)


def _period(context: Context, month: str | None, since: str | None) -> tuple[datetime, datetime]:
    """Midnights of the house's time zone, in UTC."""
    if month and since:
        raise click.UsageError("Give --month or --since, not both.")
    zone = context.settings.timezone
    if since:
        return _moment(since, "%Y-%m-%d", "--since").replace(tzinfo=zone).astimezone(UTC), _after_now()
    first = _moment(month, "%Y-%m", "--month") if month else datetime.now(zone)
    first = first.replace(day=1, hour=0, minute=0, second=0, microsecond=0, tzinfo=zone)
    following = (first + timedelta(days=32)).replace(day=1)
    return first.astimezone(UTC), following.astimezone(UTC)


def _after_now() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=1)


def _moment(text: str, form: str, option: str) -> datetime:
    try:
        return datetime.strptime(text, form)  # noqa: DTZ007 - the house's zone is put on it by the caller
    except ValueError:
        example = "2026-11-24" if option == "--since" else "2026-11"
        raise click.UsageError(f"{option} must be written as in {example}.") from None


def _print(found: Costs) -> None:
    if not found.lines:
        click.echo("Nothing was spent then.")
        return
    header = (found.by.value, "spent", "billed", "estimated", "subscription", "unknown", "entries")
    print_table(header, [_cells(line) for line in (*found.lines, found.total)])
    click.echo(f"\n{found.saving.words if found.saving else NO_BASELINE}")


def _print_simulation(found: Simulation) -> None:
    if not found.entries:
        click.echo("No entry then tells its tokens and its price: there is nothing to compare.")
        return
    rows = [("as it was", "", f"${found.as_it_was_usd:.4f}")]
    rows += [
        (f"all on {each.name}", each.model, "unknown" if each.usd is None else f"${each.usd:.4f}")
        for each in found.alternatives
    ]
    print_table(("work", "model", "cost"), rows)
    click.echo(f"\n{found.note if found.alternatives else NO_MODELS}")


def _cells(line: Line) -> tuple[str, ...]:
    amounts = (line.spent_usd, line.billed_usd, line.estimated_usd, line.subscription_usd)
    return (line.name, *(f"${usd:.4f}" for usd in amounts), str(line.unknown), str(line.entries))


def _values(line: Line) -> dict[str, object]:
    tokens = {"input_tokens": line.tokens.input, "output_tokens": line.tokens.output}
    return {name: tokens.get(name, getattr(line, name, None)) for name in _HEADER}


def _print_csv(found: Costs) -> None:
    written = csv.writer(sys.stdout, lineterminator="\n")
    written.writerow((found.by.value, *_HEADER))
    written.writerows((_cell(line.name), *_values(line).values()) for line in found.lines)


def _cell(name: str) -> str:
    """A spreadsheet must not take a conversation's name for a formula."""
    return f"'{name}" if name.startswith(("=", "+", "-", "@", "\t")) else name


def _print_json(found: Costs, begin: datetime, end: datetime) -> None:
    saving = found.saving
    print_json(
        by=found.by,
        since=begin,
        until=end,
        lines=[{"name": line.name, **_values(line)} for line in found.lines],
        total=_values(found.total),
        saving=saving,
        saving_words=saving.words if saving else NO_BASELINE,
        simulation={
            "entries": found.simulation.entries,
            "left_out": found.simulation.left_out,
            "as_it_was_usd": found.simulation.as_it_was_usd,
            "alternatives": [
                {"name": each.name, "model": each.model, "usd": each.usd}
                for each in found.simulation.alternatives
            ],
            "note": found.simulation.note,
        },
    )
