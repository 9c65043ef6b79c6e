"""People stop, steer and cancel a running Claude Code; limits and an ailing model platform park it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.rehearsal.model_server import Fault, FaultKind, Script, rule
from bot.model.dispatches import ParkReason, Status
from tests.claude_calls import UNTIL_GO, bash, write
from tests.house_with_claude import House, house_inside

pytestmark = [pytest.mark.claude, pytest.mark.full]

FREE = 'permission_mode = "acceptEdits"\nallowed_tools = ["Bash"]\n'


async def test_stop_keeps_the_session_and_the_next_reply_continues_it(tmp_path: Path) -> None:
    """Nothing runs after the stop; the follow-up knows what was said."""
    rules = [rule("never mind", ["As you wish."]), rule("build", [bash(UNTIL_GO), "Built."])]
    async with house_inside(tmp_path, rules, project=FREE) as house:
        await house.people.starts("build it")
        await house.people.appears(house.ground.project / "begun")
        await house.people.says("stop")
        await house.people.becomes(Status.STOPPED)
        await house.people.hears("its session is kept")
        assert house.ground.processes() == []
        before = await house.people.session()
        await house.people.says("/continue d1 never mind")
        await house.people.is_done(run=2)
        assert (await house.people.session()).id == before.id
        assert "build it" in house.ground.asked()[-1].raw
        assert [run.outcome for run in await house.people.runs()] == ["stopped", "done"]


async def test_cancel_ends_the_whole_process_tree_for_good(tmp_path: Path) -> None:
    """A grandchild in a session of its own goes too, and no reply brings the dispatch back."""
    command = f"setsid sh -c 'echo $$ > grandchild; exec sleep 1000' & {UNTIL_GO}"
    async with house_inside(tmp_path, [rule("build", [bash(command), "Built."])], project=FREE) as house:
        await house.people.starts("build it")
        await house.people.appears(house.ground.project / "begun")
        await house.people.appears(house.ground.project / "grandchild")
        assert house.ground.processes("d1/1")
        await house.people.says("cancel d1")
        await house.people.becomes(Status.CANCELLED)
        assert house.ground.processes() == []
        await house.people.says("/continue d1 go on")
        await house.people.hears("was cancelled and cannot go on")


async def test_words_during_a_run_are_read_by_it(tmp_path: Path) -> None:
    """One run: the note is in the next request, and is not said a second time afterwards."""
    async with house_inside(tmp_path, [rule("build", [bash(UNTIL_GO), "Built."])], project=FREE) as house:
        await house.people.starts("build it")
        await house.people.appears(house.ground.project / "begun")
        await house.people.says("/tell d1 use tabs, not spaces")
        await house.people.is_told("use tabs")
        (house.ground.project / "go").touch()
        ended = await house.people.is_done()
        assert "use tabs, not spaces" in house.ground.asked()[-1].raw
        assert ended.runs == 1


async def test_at_its_limit_of_turns_a_run_parks_and_continues_on_a_press(tmp_path: Path) -> None:
    """Nothing done is lost: the same session goes on with a fresh allowance."""
    steps = [write("a.txt", "a"), write("b.txt", "b"), write("c.txt", "c"), "All three."]
    rules = [rule("go on where", [write("c.txt", "c"), "The third."]), rule("write", steps)]
    async with house_inside(tmp_path, rules, project=FREE + "max_turns = 2\n") as house:
        await house.people.starts("write three files")
        parked = await house.people.parks()
        assert parked.park_reason is ParkReason.LIMIT
        said = await house.people.hears("used all of its 2 turns")
        assert [button.label for button in said.buttons] == ["Continue", "Stop"]
        assert house.ground.processes() == []
        session = await house.people.session()
        await house.people.presses("Continue")
        await house.people.is_done(run=2)
        assert (await house.people.session()).id == session.id
    assert {path.name for path in house.ground.project.glob("*.txt")} >= {"a.txt", "c.txt"}


async def test_at_its_limit_of_dollars_a_run_goes_on_with_more_money(tmp_path: Path) -> None:
    """[Add] lets the next run cost as much again; the sum goes on being kept."""
    steps = [write("a.txt", "a"), write("b.txt", "b"), "Both."]
    rules = [rule("go on where", ["The rest."]), rule("write", steps)]
    money = FREE + "max_usd_per_dispatch = 0.001\n"
    async with house_inside(tmp_path, rules, project=money) as house:
        await house.people.starts("write two files")
        parked = await house.people.parks()
        assert (parked.park_reason, parked.cost_usd > 0.001) == (ParkReason.BUDGET, True)
        await house.people.hears("used up its budget of $0.00")
        await house.people.presses("Add $0.0010")
        ended = await house.people.becomes(Status.DONE, Status.PARKED, run=2)
        first, second = await house.people.runs()
        assert (first.max_usd, second.max_usd) == (None, 0.001)
        assert ended.cost_usd == pytest.approx((first.cost_usd or 0) + (second.cost_usd or 0))


async def test_a_rate_limit_parks_with_its_reset_time_and_ends_by_itself(tmp_path: Path) -> None:
    """429: no person is needed; [Try now] would be quicker."""
    async with _platform_that_says(tmp_path, 429) as house:
        await house.people.starts("fix the parser")
        parked = await house.people.parks()
        assert parked.park_reason is ParkReason.RATE_LIMIT
        assert parked.resume_at is not None
        said = await house.people.hears("goes on by itself in")
        assert [button.label for button in said.buttons] == ["Try now", "Cancel"]
        house.clock.ahead += timedelta(minutes=10)
        house.clock.ring()
        await house.people.is_done(run=2)
        await house.people.hears("Fixed.")


async def test_an_overloaded_platform_is_a_failure_that_retry_resumes(tmp_path: Path) -> None:
    """529: the reason, one sentence, and a button that goes on in the same session."""
    async with _platform_that_says(tmp_path, 529) as house:
        await house.people.starts("fix the parser")
        failed = await house.people.becomes(Status.FAILED)
        assert failed.reason == "overloaded"
        await house.people.hears("Its provider is overloaded; [Retry] resumes its session.")
        session = await house.people.session()
        await house.people.presses("Retry")
        await house.people.is_done(run=2)
        assert (await house.people.session()).id == session.id


async def test_a_refused_key_is_named_without_being_shown(tmp_path: Path) -> None:
    """401: what to run, and no key in any post."""
    async with _platform_that_says(tmp_path, 401) as house:
        await house.people.starts("fix the parser")
        failed = await house.people.becomes(Status.FAILED)
        assert failed.reason == "auth"
        await house.people.hears("Its login or key was refused: run `frontdesk doctor`, then [Retry].")
        assert house.ground.key not in await house.people.text()


def _platform_that_says(tmp_path: Path, status: int) -> AbstractAsyncContextManager[House]:
    once = Fault(FaultKind.STATUS, status=status, times=1)
    rules = (rule("fix|go on", ["Fixed."]),)
    return house_inside(tmp_path, (), script=Script(rules=rules, faults=(once,)))
