"""``cache``: the results that answer an identical request for a while."""

from __future__ import annotations

import click

from bot.cli.context import Context
from bot.cli.inside import refuse_inside_run
from bot.cli.parameters import json_option, person_option
from bot.cli.printing import print_json


@click.group()
def cache() -> None:
    """Results of research and text that answer an identical request for a while."""


@cache.command()
@person_option
@json_option
@click.pass_obj
def stats(context: Context, person: str | None, json_wanted: bool) -> None:
    """How many results would answer now, and how often one did."""
    who = context.person(person)
    found = context.ask(lambda desk: desk.keeping.cache(who))
    if json_wanted:
        print_json(cache=found)
        return
    asked = found.hits + found.misses
    share = f" ({found.hits / asked:.0%})" if asked else ""
    good = f"each for {found.for_s:g} s" if found.for_s else "nothing is kept (limits.keep_results_s = 0)"
    click.echo(f"{found.kept} results kept, {good}; {found.working} being worked on.")
    click.echo(f"{found.hits} of {asked} requests were answered by one{share}.")


@cache.command()
@person_option
@json_option
@click.pass_obj
def clear(context: Context, person: str | None, json_wanted: bool) -> None:
    """Have everything run anew; what is going on goes on."""
    refuse_inside_run("cache")
    who = context.person(person)
    count = context.ask(lambda desk: desk.keeping.clear_cache(who))
    if json_wanted:
        print_json(cleared=count)
        return
    click.echo(f"{count} results answer no request any more.")
