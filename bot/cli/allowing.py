"""What is always allowed: allow, rules, revoke. On the command line only, and never inside a run."""

from __future__ import annotations

import click

from bot.cli.context import Context
from bot.cli.parameters import Acting, Id, acting, json_option, person_option
from bot.cli.printing import print_json, print_table, when
from bot.model.grants import Rule


@click.command()
@click.argument("project")
@click.argument("rule")
@click.option("--broad", is_flag=True, help="Also a rule that lets nearly everything pass.")
@acting
def allow(act: Acting, project: str, rule: str, broad: bool) -> None:
    """Let runs in PROJECT use what RULE covers without asking anybody.

    RULE is in the syntax of the project's specialist, for Claude Code as in 'Bash(pytest *)'. It is stored as
    it is printed, with what passes and what does not, and holds for runs that start from now on.
    """
    act(lambda desk, person: desk.allow(person, project, rule, broad=broad))


@click.command()
@click.argument("project", required=False)
@person_option
@json_option
@click.pass_obj
def rules(context: Context, project: str | None, person: str | None, json_wanted: bool) -> None:
    """List what is always allowed, in PROJECT or everywhere, with who allowed it and when."""
    who = context.person(person)
    found = context.ask(lambda desk: desk.rules(who, project))
    if json_wanted:
        print_json(rules=found)
    elif found:
        print_table(("id", "project", "rule", "by", "since"), [_row(rule) for rule in found])
    else:
        click.echo("Nothing is always allowed beyond the configuration.")


def _row(rule: Rule) -> tuple[str, ...]:
    return rule.id, rule.project, rule.rule, rule.added_by, when(rule.added_at)


@click.command()
@click.argument("rule", type=Id("r", "rule"))
@acting
def revoke(act: Acting, rule: str) -> None:
    """Take RULE back; what it covered is asked about again."""
    act(lambda desk, person: desk.revoke(person, rule))
