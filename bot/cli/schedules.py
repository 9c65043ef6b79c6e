"""``schedules``: what starts by itself, in words, by command, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bot import schedule_words, when
from bot.cli.context import Context
from bot.cli.parameters import (
    Acting,
    Id,
    acting,
    conversation_option,
    json_option,
    person_option,
    text_argument,
)
from bot.cli.printing import print_fields, print_json, print_table
from bot.model.schedules import Fired, Timetable
from bot.reports import money
from bot.scheduling import fired_words

if TYPE_CHECKING:
    from bot.desk import Desk
    from bot.model.people import Person

schedule_argument = click.argument("schedule", type=Id("s", "schedule"))
zone_option = click.option(
    "--timezone", metavar="ZONE", help="IANA name; by default the person's, else the house's."
)


@click.group()
def schedules() -> None:
    """Work that starts by itself: once, daily, on weekdays, every so often, or by a cron line."""


@schedules.command("list")
@click.option("--all", "everybody", is_flag=True, help="Others' too, for those who may look.")
@person_option
@json_option
@click.pass_obj
def list_(context: Context, everybody: bool, person: str | None, json_wanted: bool) -> None:
    """List schedules with their next run."""
    who = context.person(person)
    found = context.ask(lambda desk: desk.timetables.listed(who, everybody=everybody))
    if json_wanted:
        print_json(schedules=found)
    elif found:
        print_table(("id", "state", "whose", "when", "next", "what"), [_row(each) for each in found])
    else:
        click.echo("There are no schedules; `frontdesk schedules add` makes one.")


def _row(each: Timetable) -> tuple[str, ...]:
    item = each.schedule
    at = when.moment_words(item.next_at, item.plan.timezone) if item.next_at else "-"
    return item.id, item.state, item.person, each.when, at, schedule_words.title(item.plan)


@schedules.command()
@text_argument
@zone_option
@conversation_option
@acting
def add(act: Acting, text: str, timezone: str | None, conversation: str | None) -> None:
    """Save TEXT as a schedule, as in: "every weekday at 9: @api look for new CVEs, only news"."""

    async def added(desk: Desk, person: Person) -> str:
        plan = await desk.timetables.read(person, text, timezone)
        return schedule_words.created(await desk.timetables.add(person, plan, text, conversation))

    act(added)


@schedules.command()
@text_argument
@zone_option
@conversation_option
@acting
def preview(act: Acting, text: str, timezone: str | None, conversation: str | None) -> None:
    """Run TEXT once now, for you alone, and save nothing."""

    async def previewed(desk: Desk, person: Person) -> str:
        plan = await desk.timetables.read(person, text, timezone)
        return await desk.timetables.preview(person, plan, text, conversation)

    act(previewed)


@schedules.command()
@schedule_argument
@person_option
@json_option
@click.pass_obj
def show(context: Context, schedule: str, person: str | None, json_wanted: bool) -> None:
    """Show SCHEDULE with its next runs, its price and its last one."""
    who = context.person(person)
    found = context.ask(lambda desk: desk.timetables.show(who, schedule))
    print_json(**_keys(found)) if json_wanted else _print(found)


def _keys(found: Timetable) -> dict[str, object]:
    return {
        "schedule": found.schedule,
        "place": found.place,
        "when": found.when,
        "next_runs": found.next_runs,
        "price": found.price,
        "last": found.last,
    }


def _print(found: Timetable) -> None:
    item, plan = found.schedule, found.schedule.plan
    print_fields(
        [
            ("schedule", f"{item.id}: {schedule_words.title(plan)}"),
            ("state", item.state + (f", {item.why}" if item.why else "")),
            ("whose", item.person),
            ("when", f"{found.when}, {plan.timezone}"),
            *(("next", when.moment_words(at, plan.timezone)) for at in found.next_runs),
            ("posts in", found.place),
            ("project", plan.project or ""),
            ("asks for", plan.prompt),
            *(("money", line) for line in schedule_words.money_lines(plan, found.price)),
            ("last", fired_words(Fired(found.last, None), plan.timezone) if found.last else ""),
        ]
    )


@schedules.command()
@schedule_argument
@text_argument
@acting
def edit(act: Acting, schedule: str, text: str) -> None:
    """Give SCHEDULE another time, other words, or both; it never runs at once because of it."""
    act(lambda desk, person: desk.timetables.edit(person, schedule, text))


@schedules.command()
@schedule_argument
@acting
def pause(act: Acting, schedule: str) -> None:
    """Have SCHEDULE rest until it is resumed."""
    act(lambda desk, person: desk.timetables.pause(person, schedule))


@schedules.command()
@schedule_argument
@acting
def resume(act: Acting, schedule: str) -> None:
    """Have SCHEDULE run again from its next time on."""
    act(lambda desk, person: desk.timetables.resume(person, schedule))


@schedules.command()
@schedule_argument
@acting
def snooze(act: Acting, schedule: str) -> None:
    """Leave out the next run of SCHEDULE."""
    act(lambda desk, person: desk.timetables.snooze(person, schedule))


@schedules.command()
@schedule_argument
@acting
def run(act: Acting, schedule: str) -> None:
    """Run SCHEDULE now, the same way as by the clock."""
    act(lambda desk, person: desk.timetables.run(person, schedule))


@schedules.command()
@schedule_argument
@acting
def delete(act: Acting, schedule: str) -> None:
    """Delete SCHEDULE; what it did stays in its history."""
    act(lambda desk, person: desk.timetables.delete(person, schedule))


@schedules.command()
@schedule_argument
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@person_option
@json_option
@click.pass_obj
def history(context: Context, schedule: str, limit: int, person: str | None, json_wanted: bool) -> None:
    """List the runs of SCHEDULE, newest first, with what each has cost."""
    who = context.person(person)
    found = context.ask(lambda desk: desk.timetables.history(who, schedule, limit))
    if json_wanted:
        print_json(firings=found)
    elif found:
        rows = [_fired(each) for each in found]
        print_table(("due", "state", "dispatch", "cost", "detail"), rows)
    else:
        click.echo("It has not run yet.")


def _fired(each: Fired) -> tuple[str, ...]:
    row = each.firing
    state = f"{row.state} (preview)" if row.preview else row.state
    cost = money(each.cost_usd) if each.cost_usd is not None else "-"
    return when.moment_words(row.due_at, "UTC"), state, row.dispatch or "-", cost, row.detail
