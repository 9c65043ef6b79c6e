"""The two commands that are a conversation: ``chat`` and ``demo``."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from bot.cli.context import Context
from bot.cli.inside import refuse_inside_run


@click.command()
@click.option("--as", "person", metavar="PERSON", help="Who talks; by default whoever is logged in.")
@click.option(
    "--script",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read the lines from a file instead of the keyboard.",
)
@click.pass_obj
def chat(context: Context, person: str | None, script: Path | None) -> int:
    """Talk to the house in this terminal.

    Runs the house in itself unless one is running already; beside that it is a client. Lines can be piped in.
    """
    refuse_inside_run("chat")
    settings = context.settings
    who = context.person(person)
    from bot import serving
    from bot.cli.logging_to import log_to_file

    redactor = log_to_file(settings)
    return asyncio.run(serving.chat(settings, redactor, who, script))


@click.command()
@click.option(
    "--chat", metavar="CHAT", help="On a chat (slack, telegram), whose platform is a stand-in here."
)
@click.option(
    "--html",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="With --chat slack: also write what people see at the end as a page to this file.",
)
@click.option(
    "--chart",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Keep the chart of the digest in this file; else it goes with the rest.",
)
def demo(chat: str | None, html: Path | None, chart: Path | None) -> int:
    """Watch the whole story once, without account or key, in a directory that is removed at the end."""
    refuse_inside_run("demo")
    from bot.cli.demo.play import play

    return asyncio.run(play(chat, html, chart))
