"""The program that is killed: a house on the scripted platform, until SIGTERM. It says ``open`` when it is.

python -m bench.kill.house DIRECTORY [--no-look-up] [--seed N]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import sys
import time
from pathlib import Path
from typing import Final

from adapters.rehearsal.scripted_chat import Fault, Faults, Platform, ScriptedChat
from adapters.rehearsal.scripted_specialist import Play, ScriptedSpecialist
from adapters.rehearsal.scripted_specialist.play import play_of
from bench.kill.stage import PLAY, Stage
from bot.app import open_house
from bot.brief import Brief
from bot.instance import InstanceLock
from bot.logs import configure_logs
from bot.model.decisions import Decision, StartDispatch
from bot.model.dispatches import Spec
from bot.redact import Redactor
from bot.settings import load

WORK: Final = re.compile(r"(?P<goal>\w+ work (?P<tag>t\d+)) in (?P<project>p\d)")
TAG: Final = re.compile(r"t\d+")

LATE_AND_LOST: Final = {
    Fault.OK: 80,
    Fault.APPLY_THEN_SLOW: 8,
    Fault.APPLY_THEN_DROP: 6,
    Fault.LOSE: 3,
    Fault.RATE_LIMIT: 3,
}


class Secretary:
    """Starts the work that a message asks for, and writes down each time that it is paid."""

    def __init__(self, paid: Path) -> None:
        self._paid = paid

    async def decide(self, brief: Brief) -> Decision:
        self._note(brief.message.id)
        if found := WORK.search(brief.text):
            start = StartDispatch(found["project"], found["goal"], Spec(goal=found["goal"]))
            return Decision(f"on it {found['tag']}", (start,), by="scripted", cost_usd=0.001)
        tags = " ".join(TAG.findall(brief.text))
        return Decision(f"heard {tags}", by="scripted", cost_usd=0.001)

    def _note(self, message: str) -> None:
        line = json.dumps({"message": message, "at": time.time()}) + "\n"
        descriptor = os.open(self._paid, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)


async def keep_house(stage: Stage, faults: Faults) -> None:
    settings = load(str(stage.configuration), environ={})
    configure_logs(Redactor(settings.secret_values()), stream=sys.stderr)
    platform = Platform(stage.journal(), lookup=stage.lookup, faults=faults)
    quiet, bodied = play_of(PLAY), play_of({**PLAY, "process": True})
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    settings.home.mkdir(mode=0o700, exist_ok=True)
    with InstanceLock(settings.home):
        async with open_house(
            settings,
            chats={"scripted": ScriptedChat(platform, answer_within_s=0.3)},
            specialists={
                name: ScriptedSpecialist(play, home=settings.home, name=name)
                for name, play in _plays(quiet, bodied)
            },
            decide=Secretary(stage.decisions).decide,
        ):
            print("open", flush=True)
            await stopped.wait()


def _plays(quiet: Play, bodied: Play) -> tuple[tuple[str, Play], ...]:
    return ("scripted", quiet), ("bodied", bodied)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("--no-look-up", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    stage = Stage(given.directory, lookup=not given.no_look_up)
    faults = Faults(LATE_AND_LOST, seed=given.seed, slow_s=0.1)
    asyncio.run(keep_house(stage, faults))


if __name__ == "__main__":
    main()
