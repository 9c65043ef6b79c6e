"""``reload``: checks the configuration here, wakes the running house and waits for what it says about it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from bot.cli.codes import FAILED, OK
from bot.cli.config import refuse_missing_chats
from bot.cli.context import Context
from bot.cli.house import NoHouse
from bot.cli.inside import refuse_inside_run
from bot.cli.parameters import json_option
from bot.cli.printing import one_line, print_json
from bot.errors import FrontdeskError

if TYPE_CHECKING:
    from bot.in_force import InForce

WAIT_S: Final = 20.0
LOOK_EVERY_S: Final = 0.1


@click.command()
@json_option
@click.pass_obj
def reload(context: Context, json_wanted: bool) -> int:
    """Check the configuration and put it in force in the running house, without a restart.

    The house also sees by itself that its file has changed. Ends with 1 when the house refuses it and goes on
    with what it had, with 4 when no house is running.
    """
    refuse_inside_run("reload")
    settings = context.settings
    refuse_missing_chats(settings)
    from bot.in_force import stamp_of
    from bot.instance import holder, wake

    pid = holder(settings.home)
    if pid is None:
        raise NoHouse("No house is running here; the configuration is usable, and the next start reads it.")
    wake(settings.home)
    found = _answer(settings.home, stamp_of(settings))
    if json_wanted:
        print_json(process=pid, refused=found.refused, restart=found.restart)
    else:
        _say(found, pid)
    return FAILED if found.refused else OK


def _answer(home: Path, stamp: str) -> InForce:
    """What the house says about the files as they are now; raises FrontdeskError when it says nothing."""
    from bot.in_force import read

    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        if (found := read(home)) is not None and found.stamp == stamp:
            return found
        time.sleep(LOOK_EVERY_S)
    raise FrontdeskError(
        "The house did not say that it has read this configuration. Perhaps it was started with another "
        "file or other variables (see its log), or is busy: `frontdesk status` says how it is."
    )


def _say(found: InForce, pid: int) -> None:
    for mistake in found.refused:
        click.echo(f"refused: {one_line(mistake)}")
    if found.refused:
        click.echo(f"The house (process {pid}) goes on with the configuration that it had.")
        return
    click.echo(f"The house (process {pid}) goes by this configuration now.")
    for key in found.restart:
        click.echo(f"  {key} changes only when the house is started again.")
