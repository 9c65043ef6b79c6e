"""Claude Code is steered, stopped and limited, and says what went wrong: real program, scripted model."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from adapters.rehearsal.model_server import Fault, FaultKind, Use, rule, step
from bot.errors import Reason, SpecialistError
from bot.model.dispatches import ParkReason
from bot.model.events import End, Event, Noticed, NoticeKind, Used
from bot.ports import Limits
from tests.claude_houses import KEY, Place, all_of, finished, parked, place

pytestmark = [pytest.mark.claude, pytest.mark.full]

LIMITS = Limits(timeout_s=60, idle_s=60, turns=20, usd=1.0, grace_s=10)
WAIT = Use("Bash", {"command": "sh wait.sh"})
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def waiting(here: Place) -> None:
    """The script the model runs: it says that it began, and ends when there is a file ``go``."""
    (here.project / "wait.sh").write_text("touch began; while [ ! -e go ]; do sleep 0.02; done")


async def appears(path: Path) -> None:
    """Another process makes it, and the file system tells nobody."""
    async with asyncio.timeout(20):
        while not path.exists():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


# ── steering and stopping ────────────────────────────────────────────────────────────────────────────────


async def test_words_for_a_running_session_are_read_in_the_same_run(tmp_path: Path) -> None:
    """The note is folded into the turn, and the end says that it was read."""
    rules = [rule("hurry", ["Faster."]), rule("go", [WAIT, "Slow."])]
    async with place(tmp_path, rules) as here:
        waiting(here)
        run = await here.specialist.start(here.work("go", tools_allowed=("Bash(sh wait.sh)",)))
        assert not await run.steer("n0", "too early")
        events: list[Event] = []
        async with aclosing(run.events()) as stream:
            async for event in stream:
                events.append(event)
                if isinstance(event, Used) and event.ok is None:
                    await appears(here.project / "began")
                    assert await run.steer("n1", "hurry")
                    (here.project / "go").touch()
        assert not await run.steer("n2", "too late")
    assert finished(events).text == "Faster."
    assert finished(events).consumed == ("n1",)


async def stopped(here: Place, grace_s: float) -> list[Event]:
    waiting(here)
    run = await here.specialist.start(here.work("go", tools_allowed=("Bash(sh wait.sh)",)))
    events: list[Event] = []
    async with aclosing(run.events()) as stream:
        async for event in stream:
            events.append(event)
            if isinstance(event, Used) and event.ok is None:
                await appears(here.project / "began")
                await run.cancel("stop, said Ann", grace_s)
    return events


async def test_a_stopped_run_ends_in_order_and_keeps_its_session(tmp_path: Path) -> None:
    """complaints row 6: stop stops, at once, and the next reply continues the session."""
    async with place(
        tmp_path, [rule("go on", ["Going on."]), rule("go", [["Waiting.", WAIT], "No."])]
    ) as here:
        work = here.work("go")
        events = await stopped(here, grace_s=8)
        assert psutil.Process().children(recursive=True) == []
        session = next(iter(here.house.glob("claude/projects/*/*.jsonl"))).stem
        after = await here.events(replace(work, prompt="go on", session=session, resume=True))
    assert (finished(events).end, finished(events).detail) == (End.STOPPED, "stop, said Ann")
    assert finished(events).text == "Waiting."
    assert (finished(events).usd or 0) > 0
    assert finished(after).text == "Going on."


async def test_a_run_that_may_not_even_finish_its_sentence_is_killed(tmp_path: Path) -> None:
    """No grace at all: the tree is gone, and the end is still told."""
    async with place(tmp_path, [rule("go", [WAIT, "No."])]) as here:
        events = await stopped(here, grace_s=0)
        assert psutil.Process().children(recursive=True) == []
    assert finished(events).end is End.STOPPED


async def test_a_run_stopped_before_it_began_starts_no_program(tmp_path: Path) -> None:
    """The person was quicker than we."""
    async with place(tmp_path, [rule("go", ["No."])]) as here:
        run = await here.specialist.start(here.work("go"))
        await run.cancel("never mind", 1)
        events: list[Event] = [event async for event in run.events()]
        assert len(here.server.journal) == 0
    assert finished(events).end is End.STOPPED


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_at_its_time_limit_a_run_parks_with_what_it_has(tmp_path: Path) -> None:
    """The session stays; a person says how to go on."""
    async with place(tmp_path, [rule("go", [["Half of it.", WAIT], "No."])]) as here:
        waiting(here)
        limits = replace(LIMITS, timeout_s=3.0)
        events = await here.events(here.work("go", limits=limits, tools_allowed=("Bash(sh wait.sh)",)))
        assert psutil.Process().children(recursive=True) == []
    assert parked(events).reason is ParkReason.LIMIT
    assert "time limit of 3 s" in parked(events).text
    assert "Half of it." in parked(events).text
    assert (parked(events).usd or 0) > 0


async def test_silence_is_said_once_until_something_is_heard_again(tmp_path: Path) -> None:
    """The card offers [Wait] [Stop]; it does not scream."""
    async with place(tmp_path, [rule("go", [WAIT, "Done."])]) as here:
        waiting(here)
        limits = replace(LIMITS, idle_s=0.7)
        run = await here.specialist.start(here.work("go", limits=limits, tools_allowed=("Bash(sh wait.sh)",)))
        events: list[Event] = []
        async with aclosing(run.events()) as stream:
            async for event in stream:
                events.append(event)
                if isinstance(event, Noticed) and (here.project / "began").exists():
                    (here.project / "go").touch()
    assert NoticeKind.SILENCE in [noticed.kind for noticed in all_of(events, Noticed)]
    assert finished(events).end is End.DONE


@pytest.mark.parametrize(
    ("limits", "reason", "words"),
    [
        (replace(LIMITS, turns=2), ParkReason.LIMIT, "all of its 2 turns"),
        (replace(LIMITS, usd=0.001), ParkReason.BUDGET, "budget of $0.00"),
        (replace(LIMITS, output_bytes=500), ParkReason.LIMIT, "more than its limit of 500 bytes"),
    ],
    ids=["turns", "dollars", "bytes"],
)
async def test_other_limits_park_too_and_say_which(
    tmp_path: Path, limits: Limits, reason: ParkReason, words: str
) -> None:
    """A run that reaches a limit keeps its session and its partial result."""
    talk = [step(f"Part {n}. " + "x" * 200, Use("Bash", {"command": "true"})) for n in range(8)]
    async with place(tmp_path, [rule("go", [*talk, "All."])]) as here:
        events = await here.events(here.work("go", limits=limits, tools_allowed=("Bash(true)",)))
    assert parked(events).reason is reason
    assert words in parked(events).text


# ── what goes wrong ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, Reason.AUTH),
        (403, Reason.AUTH),
        (500, Reason.OVERLOADED),
        (529, Reason.OVERLOADED),
        (400, Reason.PROTOCOL),
    ],
)
async def test_a_refusal_of_the_platform_has_its_reason(tmp_path: Path, status: int, reason: Reason) -> None:
    """The result says "success" to all of them, so its subtype decides nothing."""
    async with place(tmp_path, [rule("go", ["Done."])]) as here:
        here.server.fail_next(Fault(FaultKind.STATUS, status=status), times=20)
        events = await here.events(here.work("go"))
    assert finished(events).end is End.FAILED
    assert finished(events).reason == reason.value
    assert KEY not in finished(events).detail


async def test_a_rate_limit_parks_until_it_is_over(tmp_path: Path) -> None:
    """Nobody has to come back: the house resumes by itself."""
    async with place(tmp_path, [rule("go", ["Done."])], now=lambda: NOW) as here:
        here.server.fail_next(Fault(FaultKind.STATUS, status=429), times=20)
        events = await here.events(here.work("go"))
    assert parked(events).reason is ParkReason.RATE_LIMIT
    assert parked(events).resume_at == NOW + timedelta(minutes=5)


async def test_a_model_platform_that_is_not_there_is_overloaded(tmp_path: Path) -> None:
    """Refused connections carry no status at all."""
    async with place(tmp_path, [], base_url="http://127.0.0.1:9") as here:
        events = await here.events(here.work("go"))
    assert finished(events).reason == Reason.OVERLOADED.value


async def test_a_retry_is_told_while_it_happens(tmp_path: Path) -> None:
    """Minutes of waiting are not silence."""
    async with place(tmp_path, [rule("go", ["Done."])], max_retries=2) as here:
        here.server.fail_next(Fault(FaultKind.STATUS, status=529), times=1)
        events = await here.events(here.work("go"))
    assert [noticed.kind for noticed in all_of(events, Noticed)] == [NoticeKind.RETRY]
    assert finished(events).end is End.DONE


async def test_nobody_logged_in_is_a_matter_of_auth(tmp_path: Path) -> None:
    """The first thing a newcomer forgets."""
    async with place(tmp_path, [], credential=None) as here:
        events = await here.events(here.work("go"))
    assert finished(events).reason == Reason.AUTH.value


async def test_bypassing_permissions_as_root_is_refused_with_its_remedy(tmp_path: Path) -> None:
    """Only stderr says so, behind exit code 1."""
    async with place(tmp_path, [rule("go", ["Done."])]) as here:
        events = await here.events(here.work("go", permission_mode="bypassPermissions"))
    if psutil.Process().uids().effective == 0:
        assert finished(events).reason == Reason.PERMISSION.value
        assert 'permission_mode = "acceptEdits" in [projects.api]' in finished(events).detail
    else:
        assert finished(events).end is End.DONE


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 0", Reason.PROTOCOL),
        ("exit 3", Reason.CRASHED),
        ("kill -9 $$", Reason.CRASHED),
        ("echo '{\"type\": broken'", Reason.PROTOCOL),
        ("echo 'sandbox unavailable' >&2; exit 1", Reason.SANDBOX),
        ("setsid sleep 1000 & exit 3", Reason.CRASHED),
        ("printf '{'; head -c 20000000 /dev/zero | tr '\\0' x; sleep 1000", Reason.PROTOCOL),
    ],
)
async def test_a_program_that_is_no_claude_code_fails(tmp_path: Path, script: str, reason: Reason) -> None:
    """Garbage, a flood in one line, a grandchild that holds the pipe: one end, and no process."""
    program = tmp_path / "fake"
    program.write_text(f"#!/bin/sh\nread line\n{script}\n")
    program.chmod(0o700)
    async with place(tmp_path, [], program=str(program), start_timeout_s=3.0) as here:
        events = await here.events(here.work("go"))
        assert psutil.Process().children(recursive=True) == []
    assert finished(events).reason == reason.value


async def test_what_cannot_start_says_so_before_anything_runs(tmp_path: Path) -> None:
    """Each error names the line to change."""
    async with place(tmp_path, []) as here:
        wrong = {
            "does not exist": here.work("go", directory=str(tmp_path / "gone")),
            "may not begin with a dash": here.work("go", model="--dangerously-skip-permissions"),
            "is not known to Claude Code": here.work("go", permission_mode="yolo"),
        }
        for words, work in wrong.items():
            with pytest.raises(SpecialistError, match=words):
                await here.specialist.start(work)
    async with place(tmp_path, [], program="/no/such/claude") as here:
        with pytest.raises(SpecialistError, match="There is no program") as missing:
            await here.specialist.start(here.work("go"))
    assert missing.value.reason is Reason.NOT_FOUND
