"""The demo is the first thing a newcomer runs: it ends well and shows everything that the house promises."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Final

import psutil
import pytest

from adapters.specialists.child.output import run
from tests.programs import ROOT

pytestmark = [pytest.mark.claude, pytest.mark.timeout(180)]

SHOWN: Final = (
    r"grace_s = 1\.0",
    r"ann> What can you do here\?",  # triage: answered at once …
    r"frontdesk> I pass your work to Claude Code",
    r"ann> Please add an option --shout",  # … and handed on
    r"d1 · Add --shout to greet\.py — working",
    r"frontdesk> q1 · d1 asks",
    r"SIGKILL to the house \(process \d+\) while q1 waits",
    r"ann> \[One exclamation mark\]",  # by a button
    r"One exclamation mark — ann",
    r"ann> >q2 loud enough for the back row",  # in plain text
    r"loud enough for the back row — ann",
    r"frontdesk> q3 · d1 asks for approval",
    r"bob> \[Allow once\]",
    r"! q3 is not yours to decide: ann or an approver can allow it\.",
    r"ann> \[Allow once\]",
    r"Approved, once — ann",
    r"d1 done · .*\$\d",
    r"greet\.py, as it is on disk now:",
    r'help="loud enough for the back row"',
    r"ann> Now add a test for that",
    r"SIGKILL to the house \(process \d+\) in the middle of the run",
    r"frontdesk> I added test_greet\.py",
    r"test_greet\.py, as it is on disk now:",
    r"session  [0-9a-f-]{36}, the same in every run",
    r"d1/4 done \(attempt 1\), d1/5 done \(attempt 2\)",
    r"cost     \$0\.\d+ at list prices",
)
"""What its transcript must show, in this order."""


async def test_the_demo_shows_every_promise_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """Exit 0 without configuration, account or key; no process and no file remains of it."""
    ended = await run(
        [sys.executable, "-m", "bot", "demo"],
        environment={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "TMPDIR": str(tmp_path),
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "200",
        },
        directory=str(tmp_path),
        timeout_s=170,
    )
    transcript = ended.stdout.text()
    assert ended.returncode == 0, transcript + ended.stderr.text()
    assert _first_missing(transcript) is None, transcript
    assert re.search('sandbox = "(auto|none)" +#', transcript), "the sandbox must be visible"
    assert [path.name for path in tmp_path.iterdir() if "frontdesk" in path.name] == []
    assert _processes_of(tmp_path) == []


def _first_missing(transcript: str) -> str | None:
    """The first expression that does not follow those before it."""
    position = 0
    for expression in SHOWN:
        found = re.compile(expression).search(transcript, position)
        if found is None:
            return expression
        position = found.end()
    return None


def _processes_of(directory: Path) -> list[str]:
    lines = (" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"]))
    return [line for line in lines if str(directory) in line]
