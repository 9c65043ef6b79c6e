"""A listener that is killed between receipt and commit: every message is kept once, in order."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Final

import pytest

from adapters.rehearsal.bot_api import BotApi, Rules

PROGRAM: Final = """
import asyncio, os, signal, sys
from adapters.chats.telegram.chat import TelegramChat, TelegramSettings
from bot.model.conversations import Outcome, Receipt, Wrote

url, token, rows, most = *sys.argv[1:4], int(sys.argv[4])
kept = set(open(rows).read().splitlines())
done = 0

async def receive(inbound):
    global done
    if inbound.text in kept:
        return Receipt(Outcome.DUPLICATE)
    if done == most:
        os.kill(os.getpid(), signal.SIGKILL)  # received, not committed
    done += 1
    with open(rows, "a") as file:
        file.write(inbound.text + chr(10))
        file.flush()
        os.fsync(file.fileno())
    kept.add(inbound.text)
    return Receipt(Outcome.ACCEPTED)

asyncio.run(TelegramChat(TelegramSettings(token, api_url=url, poll_s=5)).listen(receive))
"""


@pytest.mark.parametrize("kills", [1, pytest.param(8, marks=pytest.mark.full)])
async def test_no_kill_loses_or_doubles_a_message(kills: int, tmp_path: Path) -> None:
    """Complaint rows 1 and 4: PLO #906 and #1589, CCo #57857; the offset moves after the commit only."""
    rows = tmp_path / "rows"
    rows.touch()
    texts = [f"message {n}" for n in range(5 * kills + 5)]
    async with BotApi(Rules(conflict_hold_s=0.0)) as api:
        ann = api.person("Ann")
        for text in texts:
            ann.writes(text)
        for _ in range(kills):
            killed = await _listener(api, rows, most=5)
            assert await killed.wait() == -9
        last = await _listener(api, rows, most=len(texts))
        try:
            await api.record.until(lambda: len(api.record.confirmed()) == len(texts), 60.0)
        finally:
            last.kill()
            await last.wait()
    assert rows.read_text().splitlines() == texts


async def _listener(api: BotApi, rows: Path, most: int) -> asyncio.subprocess.Process:
    """Dies on receipt of the message after the first ``most`` new ones."""
    arguments = (api.url, api.token, str(rows), str(most))
    return await asyncio.create_subprocess_exec(sys.executable, "-c", PROGRAM, *arguments)
