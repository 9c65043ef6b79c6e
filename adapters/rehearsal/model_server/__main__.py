"""``python -m adapters.rehearsal.model_server SCRIPT.toml`` plays until SIGTERM or the end of stdin."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import click

from adapters.rehearsal.model_server.load import ScriptError, load_script
from adapters.rehearsal.model_server.server import ModelServer


@click.command()
@click.argument("script", type=click.Path(path_type=Path))
@click.option("--port", default=0, help="0: any free port.")
@click.option(
    "--journal",
    type=click.Path(path_type=Path),
    help="Write every request to this file, a line of JSON each.",
)
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="Fill {{NAME}} in the script.")
def main(script: Path, port: int, journal: Path | None, values: tuple[str, ...]) -> None:
    """Play SCRIPT on loopback and print the address on one line."""
    given = {name: value for name, _, value in (one.partition("=") for one in values)}
    try:
        server = ModelServer(load_script(script, **given), port=port, journal=journal)
    except ScriptError as error:
        raise click.UsageError(str(error)) from error
    asyncio.run(_play(server))


async def _play(server: ModelServer) -> None:
    over, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    async with server:
        print(server.url, flush=True)
        # A thread, because the loop cannot watch every kind of stdin; a daemon, because it may never return.
        threading.Thread(
            target=_read_to_end, args=(lambda: loop.call_soon_threadsafe(over.set),), daemon=True
        ).start()
        await over.wait()


def _read_to_end(then: Callable[[], object]) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    then()


if __name__ == "__main__":
    main()
