"""Claude Code begins, works, ends and resumes: the real program with a rehearsed model."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from pathlib import Path

import psutil
import pytest

from adapters.rehearsal.model_server import Use, rule
from adapters.specialists.child.environment import Marker
from adapters.specialists.child.process import marked
from bot.errors import SpecialistError
from bot.model.dispatches import Step, StepState
from bot.model.events import End, Made, Noticed, NoticeKind, Planned, Said, Spent, Started, Used
from tests.claude_houses import all_of, finished, only, place

pytestmark = [pytest.mark.claude, pytest.mark.full]

WRITE = Use("Write", {"file_path": "{{cwd}}/parser.py", "content": "fixed = True\n"})


async def test_a_run_writes_a_file_and_says_what_it_did(tmp_path: Path) -> None:
    """Started comes first, then what is said and used, then the money, then the result."""
    async with place(tmp_path, [rule("fix", [["I will write it.", WRITE], "Fixed."])]) as here:
        work = here.work("Please fix it.")
        events = await here.events(work)
    assert (here.project / "parser.py").read_text() == "fixed = True\n"
    assert only(events, Started).session == work.session
    assert [said.text for said in all_of(events, Said)] == ["I will write it.", "Fixed."]
    assert [(used.tool, used.title, used.ok) for used in all_of(events, Used)] == [
        ("Write", "Write parser.py", None),
        ("Write", "Write parser.py", True),
    ]
    assert (finished(events).end, finished(events).text) == (End.DONE, "Fixed.")
    assert (finished(events).usd or 0) > 0
    assert all_of(events, Spent)[-1].usd == finished(events).usd


async def test_a_follow_up_resumes_the_session_and_costs_only_itself(tmp_path: Path) -> None:
    """The model hears what was said before; the cost is the difference to what the session had cost."""
    async with place(tmp_path, [rule("thank", ["Welcome."]), rule("fix", ["Fixed."])]) as here:
        work = here.work("fix it")
        first = finished(await here.events(work))
        second = await here.events(
            here.work("thank you", session=work.session, resume=True, session_usd=first.session_usd)
        )
        assert '"fix it"' in here.server.journal.of("work")[-1].raw
    assert only(second, Started).session == work.session
    assert finished(second).text == "Welcome."
    assert finished(second).session_usd == pytest.approx((first.usd or 0) + (finished(second).usd or 0))
    assert 0 < (finished(second).usd or 0) < (finished(second).session_usd or 0)


async def test_a_lost_session_begins_anew_from_the_summary_and_says_so(tmp_path: Path) -> None:
    """complaints row 25 (CTg PR #94): no "exit code 1", but a new session that knows the summary."""
    async with place(tmp_path, [rule("go on", ["Going on."])]) as here:
        work = here.work("go on", resume=True, session_usd=3.0, summary="The parser was fixed.")
        events = await here.events(work)
        assert here.server.journal.mentions("The parser was fixed.")
    started = only(events, Started)
    assert started.session != work.session
    assert "The earlier session was lost" in started.note
    assert finished(events).text == "Going on."
    assert finished(events).usd == finished(events).session_usd


async def test_a_transcript_without_a_conversation_is_a_lost_session_too(tmp_path: Path) -> None:
    """What the program cannot resume is replaced within the same run."""
    async with place(tmp_path, [rule("go on", ["Going on."])]) as here:
        work = here.work("go on", resume=True, summary="The parser was fixed.")
        room = tmp_path / "house/claude/projects/x"
        room.mkdir(parents=True)
        (room / f"{work.session}.jsonl").write_text('{"type":"mode"}\n')
        events = await here.events(work)
    assert only(events, Started).session != work.session
    assert finished(events).text == "Going on."


async def test_a_second_attempt_is_told_to_check_what_is_done(tmp_path: Path) -> None:
    """The first prompt alone would do the work twice."""
    async with place(tmp_path, [rule("fix", ["Fixed."])]) as here:
        work = here.work("fix it")
        await here.events(work)
        events = await here.events(here.work("fix it", session=work.session, attempt=2))
        assert "You were interrupted; check what is already done" in here.server.journal.of("work")[-1].prompt
    assert only(events, Started).session == work.session
    assert finished(events).end is End.DONE


async def test_a_first_attempt_that_left_nothing_is_simply_begun(tmp_path: Path) -> None:
    """A crash before the first word leaves no transcript: the prompt is given as it is."""
    async with place(tmp_path, [rule("fix", ["Fixed."])]) as here:
        await here.events(here.work("fix it", attempt=2))
        assert here.server.journal.of("work")[-1].prompt == "fix it"


async def test_a_first_run_killed_before_its_transcript_keeps_its_session(tmp_path: Path) -> None:
    """Nothing is lost with a session that had said nothing yet; what it did may have been done, though."""
    async with place(tmp_path, [rule("fix", ["Fixed."])]) as here:
        work = here.work("fix it", attempt=2, resume=True)
        events = await here.events(work)
        assert "check what is already done" in here.server.journal.of("work")[-1].prompt
    assert only(events, Started).session == work.session


async def test_words_of_a_chat_reach_the_model_as_they_are(tmp_path: Path) -> None:
    """Neither @file nor /command nor a leading dash means anything to Claude Code."""
    secret = tmp_path / "secret.txt"
    secret.write_text("the-content-of-a-secret")
    words = f"--version @{secret} and\n/cost"
    async with place(tmp_path, [rule("version", ["Seen."])]) as here:
        events = await here.events(here.work(words))
        slash = await here.events(here.work("/cost"))
        assert here.server.journal.of("work")[0].prompt == words
        assert not here.server.journal.mentions("the-content-of-a-secret")
    assert finished(events).text == "Seen."
    assert finished(slash).text == "Nothing in the script answers this."


async def test_the_checklist_is_told_as_steps(tmp_path: Path) -> None:
    """TaskCreate and TaskUpdate become Planned, each time as a whole."""
    steps = [
        Use("TaskCreate", {"subject": "Read", "description": "Read it", "activeForm": "Reading"}),
        Use("TaskCreate", {"subject": "Write", "description": "Write it", "activeForm": "Writing"}),
        Use("TaskUpdate", {"taskId": "1", "status": "in_progress"}),
        Use("TaskUpdate", {"taskId": "1", "status": "completed"}),
        "Planned.",
    ]
    async with place(tmp_path, [rule("plan", steps)]) as here:
        events = await here.events(here.work("plan it"))
    plans = [planned.steps for planned in all_of(events, Planned)]
    assert plans[0] == (Step("1", "Read"),)
    assert plans[-2] == (Step("1", "Read", StepState.ACTIVE), Step("2", "Write"))
    assert plans[-1] == (Step("1", "Read", StepState.DONE), Step("2", "Write"))
    assert not all_of(events, Used)


async def test_urgent_notes_and_files_reach_the_house(tmp_path: Path) -> None:
    """At most three notes; a file only from the directory or the scratch, wherever a link may point."""
    notify = [Use("mcp__frontdesk__notify_person", {"text": f"Note {n}"}) for n in range(4)]
    (tmp_path / "outside.txt").write_text("outside")
    hand_over = [
        Use("mcp__frontdesk__hand_over_file", {"path": "report.txt"}),
        Use("mcp__frontdesk__hand_over_file", {"path": "link.txt"}),
        Use("mcp__frontdesk__hand_over_file", {"path": "../outside.txt"}),
    ]
    async with place(tmp_path, [rule("report", [notify, hand_over, "Told."])]) as here:
        (here.project / "report.txt").write_text("the report")
        (here.project / "link.txt").symlink_to(tmp_path / "outside.txt")
        events = await here.events(here.work("report"))
        assert here.server.journal.mentions("Only 3 urgent notes are possible")
        assert here.server.journal.mentions("lies outside the working directory")
    notes = [noticed.text for noticed in all_of(events, Noticed) if noticed.kind is NoticeKind.URGENT]
    assert notes == ["Note 0", "Note 1", "Note 2"]
    assert only(events, Made) == Made("report.txt", b"the report", "text/plain")


async def test_a_worker_sees_its_own_credential_and_nothing_of_the_house(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK would merge the house's whole environment into the worker's; our launcher does not."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-planted")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-other")
    look = Use("Bash", {"command": "env; cat /proc/$PPID/environ | tr '\\0' '\\n'"})
    async with place(tmp_path, [rule("look", [look, "Seen."])]) as here:
        work = here.work(
            "look", permission_mode="default", tools_allowed=("Bash",), environment={"DATABASE_URL": "x"}
        )
        await here.events(work)
        assert here.server.journal.mentions("DATABASE_URL=x")
        assert here.server.journal.mentions("CLAUDE_CONFIG_DIR=")
        assert not here.server.journal.mentions("xoxb-planted")
        assert not here.server.journal.mentions("sk-planted-other")


async def test_a_run_goes_on_until_its_background_subagents_are_done(tmp_path: Path) -> None:
    """The first result is not the last: the subagent's report begins another turn."""
    inner = {"description": "Look", "prompt": "inner work", "subagent_type": "general-purpose"}
    slow = Use("Bash", {"command": "sleep 1; echo seen"})
    rules = [
        rule("inner work", [slow, "The report."]),
        rule("go", [Use("Agent", {**inner, "run_in_background": True}), "I wait for it.", "All is done."]),
    ]
    async with place(tmp_path, rules) as here:
        events = await here.events(here.work("go", tools_allowed=("Bash",)))
    assert "A subagent began: Look" in [noticed.text for noticed in all_of(events, Noticed)]
    assert len([spent for spent in all_of(events, Spent) if spent.usd is not None]) == 2
    assert finished(events).text == "All is done."


async def test_transcripts_are_kept_as_long_as_the_house_says(tmp_path: Path) -> None:
    """Claude Code would delete a session after 30 days, and a parked question with it."""
    async with place(tmp_path, [rule("fix", ["Fixed."])], retention_days=400) as here:
        await here.events(here.work("fix it"))
        kept = json.loads((here.house / "claude/settings.json").read_text())
    assert kept == {"cleanupPeriodDays": 400}


@pytest.mark.full
async def test_twenty_follow_ups_leave_nothing_behind(tmp_path: Path) -> None:
    """No child, no zombie, no file outside the session's own, no growing memory."""
    async with place(tmp_path, [rule("again", ["Yes."])]) as here:
        work = here.work("again")
        await here.events(work)
        before, descriptors = _files_of_ours(tmp_path), psutil.Process().num_fds()
        for _ in range(20):
            await here.events(here.work("again", session=work.session, resume=True))
            shutil.rmtree(here.root / "scratch")  # as the house does after each run
        assert _files_of_ours(tmp_path) == before
        assert psutil.Process().num_fds() <= descriptors + 1
    assert psutil.Process().children(recursive=True) == []


@pytest.mark.parametrize("level", ["none", "strict"])
async def test_closing_the_events_kills_the_whole_tree(tmp_path: Path, level: str) -> None:
    """A run that nobody listens to any more must not go on writing, nor may a child that left its tree."""
    away = "setsid sh -c 'touch away; exec sleep 1000' &"
    command = f"{away} while [ ! -e away ]; do :; done; touch ready; sleep 1000"
    rules = [rule("sleep", [Use("Bash", {"command": "sh sleep.sh"}), "Slept."])]
    async with place(tmp_path, rules) as here:
        (here.project / "sleep.sh").write_text(command)
        work = here.work("sleep", tools_allowed=("Bash",), sandbox=level, denied_paths=(str(here.house),))
        try:
            run = await here.specialist.start(work)
        except SpecialistError as error:
            pytest.skip(f"{error.reason}: this machine proves no {level} sandbox: {error}")
        events = run.events()
        started = await anext(events)
        assert isinstance(started, Started)
        assert json.loads(started.process or "")["pid"] in _children()
        while not isinstance(await anext(events), Used):
            pass
        await _appears(here.project / "ready")
        await events.aclose()
        assert marked(Marker.of(here.house)) == []
    assert _children() == []


def _children() -> list[int]:
    return [child.pid for child in psutil.Process().children(recursive=True)]


def _files_of_ours(root: Path) -> list[str]:
    """In Claude Code's own temporary places: whatever is named after our directory."""
    places = [Path("/tmp/cc-socks"), Path(f"/tmp/claude-{os.getuid()}"), root / "house/claude/sessions"]
    return [str(path) for place in places for path in place.rglob("*") if root.name in str(path)]


async def _appears(path: Path) -> None:
    """Somebody else's program writes it; the file system tells nobody."""
    async with asyncio.timeout(20):
        while not path.exists():  # noqa: ASYNC110 - another process makes it
            await asyncio.sleep(0.02)
