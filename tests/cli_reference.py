"""The reference of the command line, from the commands' own help: ``python -m tests.cli_reference``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from bot.cli.root import root

PAGE: Final = Path(__file__).parent.parent / "docs" / "cli.md"
BEGIN: Final = "<!-- written by python -m tests.cli_reference -->\n"
WIDTH: Final = 100


def reference() -> str:
    """Every command with what ``--help`` prints, in the order of ``frontdesk --help``."""
    context = click.Context(
        root,
        info_name="frontdesk",
        terminal_width=WIDTH,
        max_content_width=WIDTH,
        help_option_names=["-h", "--help"],
    )
    return "\n".join(_section(name, text) for name, text in _pages(context))


def _pages(context: click.Context) -> Iterator[tuple[str, str]]:
    command = context.command
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None, name
            yield from _pages(click.Context(inner, info_name=name, parent=context))


def _section(name: str, text: str) -> str:
    return f"## `{name}`\n\n```text\n{text}\n```\n"


def write() -> None:
    """Replace everything after the mark."""
    head = PAGE.read_text().partition(BEGIN)[0]
    PAGE.write_text(f"{head}{BEGIN}\n{reference()}")


if __name__ == "__main__":
    write()
