"""The program that is killed: a house on Telegram with the scripted specialist, until SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from multiprocessing.connection import Connection

from adapters.chats.telegram.chat import TelegramChat, TelegramSettings
from adapters.chats.telegram.pacing import UNPACED
from adapters.chats.telegram.polling import Patience
from adapters.rehearsal.bot_api import TOKEN
from adapters.rehearsal.scripted_specialist import ScriptedSpecialist
from adapters.rehearsal.scripted_specialist.play import play_of
from bench.kill.house import Secretary, die_with_the_test
from bench.kill.stage import PLAY, Stage
from bot.app import open_house
from bot.instance import InstanceLock
from bot.logs import configure_logs
from bot.redact import Redactor
from bot.settings import load

QUICK = Patience(retry_s=0.05, most_s=0.5, conflict_s=0.05, stranger_s=0.5)


def run(url: str, stage: Stage, _seed: int, _crash_at: str, ready: Connection) -> None:
    """The whole life of one process, forked from a template that has imported everything."""
    die_with_the_test()
    log = os.open(stage.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    asyncio.run(_keep_house(url, stage, ready))


async def _keep_house(url: str, stage: Stage, ready: Connection) -> None:
    """Says on ``ready`` when it is open."""
    settings = load(str(stage.configuration), environ={})
    configure_logs(Redactor(settings.secret_values()), stream=sys.stderr)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    settings.home.mkdir(mode=0o700, exist_ok=True)
    chat = TelegramChat(
        TelegramSettings(TOKEN, api_url=url, rates=UNPACED, patience=QUICK, poll_s=5, retry_s=0.05)
    )
    specialists = {
        "scripted": ScriptedSpecialist(play_of(PLAY), home=settings.home),
        "bodied": ScriptedSpecialist(play_of({**PLAY, "process": True}), home=settings.home),
    }
    with InstanceLock(settings.home):
        async with open_house(
            settings,
            chats={chat.name: chat},
            specialists=specialists,
            decide=Secretary(stage.decisions).decide,
            drain_s=stage.drain_s,
        ):
            ready.send("open")
            await stopped.wait()
    await chat.close()
