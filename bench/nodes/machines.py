"""The processes of a house that is spread over several machines, here on one: started and killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.kill.stage import PEOPLE, PERSON, PROJECT, PROJECTS, Stage

ROOT: Final = Path(__file__).parents[2]
OPEN_S: Final = 90.0
LOOK_EVERY_S: Final = 0.1

MACHINES: Final = {"chats-1": "chats", "chats-2": "chats", "runs-1": "runs", "runs-2": "runs"}

CONFIGURATION: Final = """
[frontdesk]
database = "{database}"
[secretary]
model = "rules"
[questions]
grace_s = 0.5
[budgets]
person_day_usd = 1000000
total_day_usd = 1000000
total_month_usd = 1000000
[limits]
runs_at_once = 3
per_person = 6
messages_per_minute = 1_000_000
dispatches_per_hour = 1_000_000
[chats.scripted]
journal = "{directory}/journal.jsonl"
[specialists.scripted]
script = "{directory}/play.toml"
"""

PLAY: Final = r"""
[[rules]]
when = 'plain work (?P<tag>t\d+)'
steps = [{ say = "Begins." }, { use = "thinks", seconds = 0.5 }, { say = "All done.\n\nfinished {{tag}}" }]
[[rules]]
when = 'asking work (?P<tag>t\d+)'
steps = [
  { ask = "Which colour for {{tag}}?", options = ["red", "blue"] },
  { say = "All done.\n\nfinished {{tag}} ({{answer}})" },
]
[[rules]]
when = 'long work (?P<tag>t\d+)'
steps = [{ use = "thinks", seconds = 20.0 }, { say = "All done.\n\nfinished {{tag}}" }]
"""


def build(stage: Stage) -> Stage:
    """One configuration for all; each machine has its home and its name from its environment."""
    parts = [CONFIGURATION.format(database=stage.postgres, directory=stage.directory)]
    parts += [PERSON.format(name=name) for name in PEOPLE]
    for name in PROJECTS:
        directory = stage.directory / name
        directory.mkdir()
        parts.append(PROJECT.format(name=name, directory=directory, specialist="scripted"))
    stage.configuration.write_text("".join(parts))
    (stage.directory / "play.toml").write_text(PLAY)
    stage.decisions.touch()
    stage.journal()
    return stage


@dataclass
class Machine:
    """One of the four; it may be started again after it was killed."""

    stage: Stage
    name: str
    process: asyncio.subprocess.Process | None = None

    @property
    def log(self) -> Path:
        return self.stage.directory / f"{self.name}.log"

    async def start(self, *, crash_at: str = "") -> None:
        """Returns when it is open; it dies at the named point, if one is named."""
        home = self.stage.directory / "homes" / self.name
        names = {"FRONTDESK_FRONTDESK__HOME": str(home), "FRONTDESK_FRONTDESK__NODE": self.name}
        begins = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "--config", str(self.stage.configuration)),
                *("serve", "--only", MACHINES[self.name]),
                cwd=self.stage.directory,
                env={**os.environ, "PYTHONPATH": str(ROOT), "CRASH_AT": crash_at, **names},
                stdin=asyncio.subprocess.DEVNULL,
                stderr=log,
            )
        async with asyncio.timeout(OPEN_S):
            while b"Frontdesk is open" not in self.log.read_bytes()[begins:]:
                if self.process.returncode is not None:
                    raise RuntimeError(f"{self.name} ended by itself; see {self.log}")
                await asyncio.sleep(LOOK_EVERY_S)

    @property
    def is_dead(self) -> bool:
        return self.process is not None and self.process.returncode is not None

    async def kill(self) -> None:
        await self._end(signal.SIGKILL)

    async def close(self) -> None:
        await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(number)
            await self.process.wait()
