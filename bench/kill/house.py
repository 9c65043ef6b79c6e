"""The program that is killed: a real house on the scripted platform and specialist, until SIGTERM."""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import re
import signal
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from adapters.rehearsal.scripted_chat import Fault, Faults, Platform, ScriptedChat
from adapters.rehearsal.scripted_specialist import ScriptedSpecialist
from adapters.rehearsal.scripted_specialist.play import play_of
from bench.kill import clockwork
from bench.kill.stage import PLAY, Stage
from bot.app import open_house
from bot.brief import Brief
from bot.crash import arm
from bot.instance import InstanceLock
from bot.logs import configure_logs
from bot.model.decisions import Decision, StartDispatch
from bot.model.dispatches import Spec
from bot.redact import Redactor
from bot.settings import load

WORK: Final = re.compile(r"(?P<goal>\w+ work (?P<tag>t\d+)) in (?P<project>p\d)")
TAG: Final = re.compile(r"t\d+")

_PR_SET_PDEATHSIG: Final = 1

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


async def keep_house(stage: Stage, faults: Faults, ready: Connection) -> None:
    """Says on ``ready`` when it is open."""
    settings = load(str(stage.configuration), environ={})
    configure_logs(Redactor(settings.secret_values()), stream=sys.stderr)
    platform = Platform(stage.journal(), lookup=stage.lookup, topics=stage.topics, faults=faults)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    settings.home.mkdir(mode=0o700, exist_ok=True)
    with InstanceLock(settings.home):
        async with open_house(
            settings,
            chats={"scripted": ScriptedChat(platform, answer_within_s=0.3)},
            specialists={
                "scripted": ScriptedSpecialist(play_of(PLAY), home=settings.home),
                "bodied": ScriptedSpecialist(play_of({**PLAY, "process": True}), home=settings.home),
            },
            decide=Secretary(stage.decisions).decide,
            drain_s=stage.drain_s,
        ) as running:
            ready.send("open")
            ticking = asyncio.ensure_future(clockwork.keep(stage, running.desk)) if stage.schedules else None
            await stopped.wait()
            if ticking is not None:
                ticking.cancel()
                await asyncio.wait([ticking])


def run(stage: Stage, seed: int, crash_at: str, ready: Connection) -> None:
    """The whole life of one process, forked from a template that has imported everything."""
    die_with_the_test()
    log = os.open(stage.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    arm(crash_at)
    asyncio.run(keep_house(stage, Faults(LATE_AND_LOST, seed=seed, slow_s=0.1), ready))


def die_with_the_test() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
