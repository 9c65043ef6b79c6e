"""A whole house in a process of its own, whose clock a test moves.

python -m tests.clocked_house frontdesk.toml 2026-03-29T00:00:00+00:00

Each line on stdin is the moment that it is now; at the end of stdin the house closes.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from bot.app import open_house
from bot.instance import InstanceLock
from bot.logs import configure_logs
from bot.redact import Redactor
from bot.settings import load
from tests.servings import OPEN


@dataclass(slots=True)
class Moved:
    at: datetime

    def now(self) -> datetime:
        return self.at


async def main(configuration: Path, began: datetime) -> None:
    settings = load(str(configuration), environ={})
    configure_logs(Redactor(settings.secret_values()), stream=sys.stderr)
    clock = Moved(began)
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with InstanceLock(settings.home):
        async with open_house(settings, adjust=lambda house: replace(house, now=clock.now)) as running:
            print(OPEN, file=sys.stderr, flush=True)
            while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
                clock.at = datetime.fromisoformat(line)
                running.clock.ring()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])))
