"""The first account on a new chat: a code for an admin, and a house that listens until it was brought."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import click

from bot.cli.context import Context
from bot.holding import holding

if TYPE_CHECKING:
    from bot.desk import Desk
    from bot.model.people import Person
    from bot.model.setup import BotAccount

LOOK_EVERY_S: Final = 0.3
FAREWELL_S: Final = 10.0
"""How long the welcome may take to be sent; what is left then is sent at the next start."""


def invite(context: Context, person: Person, chat: str, account: BotAccount, *, waits: bool) -> None:
    """Print how ``person`` gets an account there and, with ``waits``, listen until they have."""
    if linked := context.ask(lambda desk: account_of(desk, person, chat)):
        click.echo(f"{person.name} is {linked} already. Start the house with `frontdesk serve`.")
        return
    code = context.ask(lambda desk: desk.members.invite(person, person.id, chat))
    click.echo(f"\n{account.invitation.replace('{code}', code)}")
    click.echo(f"The code makes that account {person.name}'s, once, within the hour.\n")
    if found := holding(context.settings.home):
        click.echo(f"A house runs already ({found}): start it again, so that it hears {chat}, then do that.")
    elif not waits:
        click.echo("It is heard when the house runs: `frontdesk serve`.")
    else:
        _wait(context, person, chat)


def _wait(context: Context, person: Person, chat: str) -> None:
    from bot import serving
    from bot.cli.logging_to import log_to_file

    click.echo("I wait for it; Ctrl-C ends that, and the code stays good.")
    redactor = log_to_file(context.settings)

    async def linked(desk: Desk) -> None:
        while not await account_of(desk, person, chat):  # noqa: ASYNC110  rows announce nothing
            await asyncio.sleep(LOOK_EVERY_S)
        await _sent(desk)

    if asyncio.run(serving.serve_until(context.settings, redactor, linked, f"frontdesk init {chat}")):
        click.echo(f"Linked. Start the house with `frontdesk serve`, and write to {chat} what you want done.")
        if person.notify is None:
            click.echo(f'With notify = "{chat}" under [people.{person.id}], reminders reach you there too.')
    else:
        click.echo("Not linked yet. Start the house with `frontdesk serve`, then do the same.")


async def account_of(desk: Desk, person: Person, chat: str) -> str:
    """telegram:4711; empty when they have none there."""
    known = await desk.members.everybody(person)
    accounts = next(one.accounts for one in known if one.id == person.id)
    return next((each for each in accounts if each.startswith(f"{chat}:")), "")


async def _sent(desk: Desk) -> None:
    try:
        async with asyncio.timeout(FAREWELL_S):
            while (await desk.status()).parts_unsent:  # noqa: ASYNC110  rows announce nothing
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError:
        return
