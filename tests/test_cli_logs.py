"""``frontdesk logs``: one dispatch or all of them, and what happens next, whichever process writes it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from bot.app import open_desk
from bot.settings import load
from tests.commands import ROOT
from tests.programs import as_in_a_terminal
from tests.servings import PATIENCE_S, configure, serving

PLAY = """
[[rules]]
when = "dig"
[[rules.steps]]
say = "Dug."
"""


async def test_logs_follow_a_house_in_another_process(tmp_path: Path) -> None:
    """What was there comes first, what a running house does comes as it happens, each event once and as a
    line of JSON; ctrl-c ends it with 0 and without a word."""
    configuration = configure(tmp_path / "house", PLAY)
    settings = load(str(configuration), environ={})
    ann = settings.person_named("ann")
    assert ann is not None
    async with open_desk(settings) as desk, serving(configuration):
        await desk.dispatch(ann, "api", "dig")
        following = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "--config", str(configuration)),
            *("logs", "--follow", "--json", "--as", "ann"),
            cwd=configuration.parent,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            preexec_fn=as_in_a_terminal,
        )
        try:
            first = await _until_finished(following, "d1/1")
            await desk.dispatch(ann, "api", "dig again")
            second = await _until_finished(following, "d2/1")
            following.send_signal(signal.SIGINT)
            rest, said = await asyncio.wait_for(following.communicate(), PATIENCE_S)
        finally:
            if following.returncode is None:
                following.kill()
                await following.communicate()
    assert (following.returncode, rest, said) == (0, b"", b"")
    events = [*first, *second]
    assert [event["kind"] for event in second] == ["Started", "Said", "Finished"]
    assert len({(event["run"], event["attempt"], event["seq"]) for event in events}) == len(events)


async def _until_finished(following: asyncio.subprocess.Process, run: str) -> list[dict[str, object]]:
    assert following.stdout is not None
    events: list[dict[str, object]] = []
    async with asyncio.timeout(PATIENCE_S):
        while not events or (events[-1]["run"], events[-1]["kind"]) != (run, "Finished"):
            line = await following.stdout.readline()
            assert line, events
            events.append(json.loads(line))
    return events
