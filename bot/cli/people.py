"""``people``: who may make the house work, where that is written, and what each role may."""

from __future__ import annotations

import click

from bot.cli.context import Context
from bot.cli.inside import refuse_inside_run
from bot.cli.parameters import Acting, acting, json_option, person_option
from bot.cli.printing import print_json, print_table, when
from bot.model.acts import NEEDS, Act
from bot.model.people import RIGHTS, Identity, Role
from bot.model.views import Acquaintance


@click.group()
def people() -> None:
    """Say who may make the house work. Only an admin changes it; what stands in the file wins."""
    refuse_inside_run("people")


@people.command("list")
@person_option
@json_option
@click.pass_obj
def list_(context: Context, person: str | None, json_wanted: bool) -> None:
    """List everybody the house knows, with where that is written."""
    who = context.person(person)
    found = context.ask(lambda desk: desk.members.everybody(who))
    if json_wanted:
        print_json(people=found)
        return
    print_table(("id", "role", "name", "from", "accounts"), [_row(one) for one in found])


def _row(one: Acquaintance) -> tuple[str, ...]:
    source = f"{one.added_by}, {when(one.added_at)}" if one.added_by else one.source
    if one.overrules_a_row:
        source += " (was added too, without effect)"
    return one.id, one.role, one.name, source, ", ".join(one.accounts)


@people.command()
@click.argument("id")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="user", show_default=True)
@click.option("--name", default="", help="How posts call this person; by default the ID.")
@acting
def add(act: Acting, id: str, role: str, name: str) -> None:
    """Add ID, or give somebody who was added another role or name."""
    act(lambda desk, person: desk.members.add(person, id, name, Role(role)))


@people.command()
@click.argument("id")
@acting
def remove(act: Acting, id: str) -> None:
    """Make ID a stranger, with all accounts that were linked here."""
    act(lambda desk, person: desk.members.remove(person, id))


@people.command()
@click.argument("id")
@click.argument("chat")
@click.argument("account")
@acting
def link(act: Acting, id: str, chat: str, account: str) -> None:
    """Give ID one more ACCOUNT on CHAT, as in: link ann telegram 4711. One account is one person."""
    act(lambda desk, person: desk.members.link(person, id, Identity(chat, account)))


@people.command()
@click.argument("chat")
@click.argument("account")
@acting
def unlink(act: Acting, chat: str, account: str) -> None:
    """Take back an ACCOUNT that was linked here."""
    act(lambda desk, person: desk.members.unlink(person, Identity(chat, account)))


@people.command()
@click.argument("code")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="user", show_default=True)
@click.option("--id", default="", help="Who that is from now on; one who is known gets one more account.")
@acting
def pair(act: Acting, code: str, role: str, id: str) -> None:
    """Let in whoever was given CODE when they wrote to the house; `people waiting` lists who asks."""
    act(lambda desk, person: desk.members.pair(person, code, Role(role), id))


@people.command("turn-away")
@click.argument("code")
@acting
def turn_away(act: Acting, code: str) -> None:
    """Refuse whoever was given CODE; they get no other one for a day."""
    act(lambda desk, person: desk.members.turn_away(person, code))


@people.command()
@person_option
@json_option
@click.pass_obj
def waiting(context: Context, person: str | None, json_wanted: bool) -> None:
    """List who wrote to the house and waits to be let in."""
    who = context.person(person)
    found = context.ask(lambda desk: desk.members.pairings(who))
    if json_wanted:
        print_json(waiting=found)
        return
    print_table(
        ("code", "account", "until"),
        [(row.id, f"{row.chat}:{row.account}", when(row.expires_at)) for row in found],
    )


@people.command()
@click.argument("id")
@click.argument("chat")
@acting
def invite(act: Acting, id: str, chat: str) -> None:
    """Print a code for ID: the account that sends `/start CODE` on CHAT within an hour becomes theirs."""
    act(lambda desk, person: desk.members.invite(person, id, chat))


@people.command()
@json_option
def rights(json_wanted: bool) -> None:
    """Print what each role may: on everybody's work, on one's own, or not at all."""
    if json_wanted:
        print_json(
            rights={role: sorted(RIGHTS[role]) for role in Role},
            acts={act: {role: allowed(act, role) for role in Role} for act in Act},
        )
        return
    rows = [(act.replace("_", " "), *(allowed(act, role) for role in Role)) for act in Act]
    print_table(("what", *Role), rows)


def allowed(act: Act, role: Role) -> str:
    """yes, own or -."""
    if RIGHTS[role] & NEEDS[act].others:
        return "yes"
    return "own" if RIGHTS[role] & NEEDS[act].own else "-"
