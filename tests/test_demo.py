"""The demo is the first thing a newcomer runs: it ends well and shows everything that the house promises."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
import pytest
from PIL import Image, ImageColor

from adapters.pictures import chart
from adapters.specialists.child.output import Ended, run
from tests.programs import ROOT
from tests.test_docs import blocks

pytestmark = [pytest.mark.claude, pytest.mark.timeout(200), pytest.mark.xdist_group("demo")]

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
    r"ann> Which travel kettle should we buy",
    r"d2 · ✓ searched 2 times",
    r"d2 · ✓ read 3 of 3 pages",
    r"file report\.md \(\d+ bytes\)",
    r"frontdesk> The Alder Mini is the first choice .* \[1\]\n +The Birch Fold .* \[2\]\n",
    r"1\. The best travel kettles of 2026 · kettles\.example · read 20[\d-]+ · http",
    r"2\. Kettles and voltage abroad · tea\.example · read 20[\d-]+ · http",
    r"Confidence: medium\.",
    r"Still open:\n +- How long these kettles last",
    r"1 dead link dropped\.\n +Left out: 1 statement that could not be verified\.",
    r"ann> Every Friday at 16:00: a digest of the whole house",
    r"every Friday at 16:00, .*\n +- next: Fri .*; Fri .*; Fri ",
    r"costs nothing: it is made from rows, without a model",
    r"ann> \[Save it\]",
    r"frontdesk> s1 runs now\.",
    r"frontdesk> Digest of the whole house · .* – ",
    r"Done \(2\)\n\n +- d1 Add --shout to greet\.py · \$0\.\d+\n +- d2 The best travel kettle · \$0",
    r"Spent \$0\.\d\d",
    r"By day \(spend in dispatches\): .* \$0\.\d\d in [12]",
    r"file digest\.png \(\d+ kB\)",
    r"Snooze .* Change time .* Pause",
    r"chart    /\S+/kept\.png \(\d+ bytes\)",
    r"session  [0-9a-f-]{36}, the same in every run",
    r"d1/4 done \(attempt 1\), d1/5 done \(attempt 2\)",
    r"cost     \$0\.\d+ at list prices",
)
"""What its transcript must show, in this order."""


ON_TELEGRAM: Final = (
    r"telegram = 4711",
    r"\[chats\.telegram\]",
    r"Ann\n +@frontdesk_bot What can you do here\?",
    r"Frontdesk\n +I pass your work to Claude Code",
    r"Frontdesk\n +d1 · Add --shout to greet\.py — \w+",
    r"\[ Stop \]",
    r"q1 · d1 asks",
    r"\[ One exclamation mark \]",
    r"SIGKILL to the house \(process \d+\) while q1 waits",
    r"Ann presses \[One exclamation mark\]",
    r"Frontdesk  ✎ q1 · How should --shout end the line\?\n +One exclamation mark — ann *\n +\(its buttons",
    r"q2 · d1 asks",
    r"Ann  ↩ “q2 · d1 asks”\n +loud enough for the back row",
    r"q3 · d1 asks for approval",
    r"Bob presses \[Allow once\]\n +❗ q3 is not yours to decide: ann or an approver can allow it\.",
    r"\(on Bob's phone only\)",
    r"Ann presses \[Allow once\]",
    r"Approved, once — ann",
    r"I ran it: it printed HELLO, ANN!\.",
    r"✎ d1 · Add --shout to greet\.py — done",
    r'help="loud enough for the back row"',
    r"Ann  ↩ “greet\.py has an option --shout now.*”\n +Now add a test for that",
    r"SIGKILL to the house \(process \d+\) in the middle of the run",
    r"I added test_greet\.py",
    r"Ann\n +@frontdesk_bot Which travel kettle",
    r"1\. The best travel kettles of 2026 · kettles\.example · read 20",
    r"1 dead link dropped\.",
    r"Ann\n +@frontdesk_bot status",
    r"session  [0-9a-f-]{36}, the same in every run",
    r"done \(attempt 2\)",
)
"""What it must show of the group and of Bob's phone, in this order."""

ON_SLACK: Final = (
    r"slack = \"T01/U024ANN\"",
    r"Ann\n +@frontdesk What can you do here\?",
    r"Frontdesk\n +d1 · Add --shout to greet\.py — \w+ *\n",
    r"\[ One exclamation mark \]  \[ Nothing \]",
    r"SIGKILL to the house \(process \d+\) while q1 waits",
    r"Frontdesk  ✎ q1 · How should --shout end the line\?\n +One exclamation mark — ann *\n +\(its buttons",
    r"Ann\n +loud enough for the back row",
    r"Bob presses \[Allow once\]\n +❗ q3 is not yours to decide: ann or an approver can allow it\.",
    r"Approved, once — ann",
    r"SIGKILL to the house \(process \d+\) in the middle of the run",
    r"I added test_greet\.py",
    r"done \(attempt 2\)",
    r"What people see at the end: \S+page\.html",
)
"""What it must show of the thread, in this order."""

DRAWN: Final = (
    r"d1 · Add --shout to greet\.py — done</b><span class=\"count\">3/3",
    r"One exclamation mark — ann",
    r"Ann pressed <b>One exclamation mark</b>",
    r"Frontdesk was cut off",
    r"loud enough for the back row — ann",
    r"Bob pressed <b>Allow once</b> at [\d:]+ · Ann pressed <b>Allow once</b>",
    r"Only visible to Bob",
    r"I added <code>test_greet\.py</code>",
)
"""What stands on its page."""

DEMO_S: Final = 170.0


@dataclass(frozen=True)
class Played:
    """What one play of the demo printed, and where it could have left something."""

    ended: Ended
    home: Path

    @property
    def transcript(self) -> str:
        return self.ended.stdout.text()


def play(home: Path, *arguments: str) -> Played:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "200",
    }
    command = [sys.executable, "-m", "bot", "demo", *arguments]
    ended = asyncio.run(run(command, environment=environment, directory=str(home), timeout_s=DEMO_S))
    return Played(ended, home)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    home = tmp_path_factory.mktemp("newcomer")
    return play(home, "--chart", str(home / "kept.png"))


def test_the_demo_shows_every_promise_and_leaves_nothing_behind(played: Played) -> None:
    """Exit 0 without configuration, account or key; no process and no file remains of it."""
    _ended_well(played)
    assert _first_missing(SHOWN, played.transcript) is None, played.transcript
    assert "old-ranking" not in played.transcript, "a dead link is no source"
    assert "Cedar Go" not in played.transcript, "what rests on it is not said"
    assert re.search('sandbox = "(auto|none)" +#', played.transcript), "the sandbox must be visible"


def test_the_chart_of_the_digest_is_kept_as_a_picture(played: Played) -> None:
    """A bar in either colour for the day of the demo, and a row for every day of the week before."""
    with Image.open(played.home / "kept.png") as image:
        colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 16) or ()}
        size = image.size
    assert size == (chart.WIDTH, chart.height(8))
    assert {ImageColor.getrgb(chart.SPEND), ImageColor.getrgb(chart.WORK)} <= colours


def test_the_readme_shows_what_the_demo_plays(played: Played) -> None:
    """The README's transcript is in what the demo prints, in order, up to each ``…``."""
    _shows(played, blocks(ROOT / "README.md", "transcript"))


@pytest.mark.full
def test_the_demo_on_telegram_shows_what_people_see_there(tmp_path: Path) -> None:
    """The same story through the real adapter: a group, its buttons, an alert on one phone, edited cards; the
    excerpts in the README and in docs/telegram.md are from it."""
    played = play(tmp_path, "--chat", "telegram")
    _ended_well(played)
    assert _first_missing(ON_TELEGRAM, played.transcript) is None, played.transcript
    _shows(played, blocks(ROOT / "README.md", "telegram"))
    _shows(played, blocks(ROOT / "docs/telegram.md", "telegram"))


@pytest.mark.full
def test_the_demo_on_slack_draws_what_people_see_there(tmp_path: Path) -> None:
    """The same story in a thread, and a page of it in the end; no title runs into what is being done."""
    html = tmp_path / "page.html"
    played = play(tmp_path, "--chat", "slack", "--html", str(html))
    _ended_well(played)
    assert _first_missing(ON_SLACK, played.transcript) is None, played.transcript
    assert "working starting" not in played.transcript
    assert _first_missing(DRAWN, html.read_text()) is None, html.read_text()


def _ended_well(played: Played) -> None:
    assert played.ended.returncode == 0, played.transcript + played.ended.stderr.text()
    assert [path.name for path in played.home.iterdir() if "frontdesk" in path.name] == []
    assert _processes_of(played.home) == []


def _shows(played: Played, transcripts: list[str]) -> None:
    printed, place = " ".join(played.transcript.split()), 0
    (transcript,) = transcripts
    for line in transcript.splitlines():
        for part in (" ".join(words.split()) for words in line.split("…")):
            found = printed.find(part, place)
            assert found >= 0, f"the demo does not say this here: {part}\n\n{played.transcript}"
            place = found + len(part)


def _first_missing(shown: Sequence[str], transcript: str) -> str | None:
    """The first expression that does not follow those before it."""
    position = 0
    for expression in shown:
        found = re.compile(expression).search(transcript, position)
        if found is None:
            return expression
        position = found.end()
    return None


def _processes_of(directory: Path) -> list[str]:
    lines = (" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"]))
    return [line for line in lines if str(directory) in line]
