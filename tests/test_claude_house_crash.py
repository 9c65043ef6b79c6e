"""The house is killed while Claude Code works or asks: the same session finishes, and nobody else writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.rehearsal.model_server import rule
from adapters.specialists.child.environment import Marker
from tests.claude_calls import ASK_COLOUR, UNTIL_GO, bash, write
from tests.house_with_claude import Ground, House, Served, house_outside
from tests.programs import none_left

pytestmark = pytest.mark.claude

FREE = 'permission_mode = "acceptEdits"\nallowed_tools = ["Bash"]\n'


async def test_a_killed_house_finishes_the_run_in_its_session_and_leaves_no_second_writer(
    tmp_path: Path,
) -> None:
    """SIGKILL in the middle: the worker dies with the house, and the second attempt is told to check."""
    orphan = f"{UNTIL_GO}; echo from the dead >> late.txt"
    rules = [
        rule("You were interrupted", [write("b.txt", "b"), "Finished."]),
        rule("build", [write("a.txt", "a"), bash(orphan), write("late.txt", "late"), "Never."]),
    ]
    async with house_outside(tmp_path, rules, project=FREE) as (house, served):
        await served.start()
        await house.people.starts("build it")
        await house.people.appears(house.ground.project / "begun")
        session = await house.people.session()
        await served.kill()
        await _none_left(house.ground)
        (house.ground.project / "go").touch()
        await served.start()
        await house.people.is_done()
        await house.people.hears("Finished.")
        (run,) = await house.people.runs()
        assert (run.attempt, run.outcome) == (2, "done")
        assert (await house.people.session()).id == session.id
        assert "build it" in house.ground.asked()[-1].raw
        assert house.ground.processes() == []
    assert {path.name for path in house.ground.project.glob("*.txt")} == {"a.txt", "b.txt"}


@pytest.mark.full
async def test_what_was_pending_at_the_kill_is_asked_once_and_its_answer_counts(tmp_path: Path) -> None:
    """Pressed while nobody ran the house: the second attempt asks the same and has the answer at once."""
    rules = [rule("paint", [ASK_COLOUR, "After: {{result}}"])]
    async with house_outside(tmp_path, rules) as (house, served):
        session = await _press_while_nobody_runs_it(house, served, "paint it", "blue")
        assert '"Which colour?"="blue"' in (await house.people.hears("After:")).markdown
        assert (await house.people.session()).id == session
        assert [item.id for item in await house.people.questions()] == ["q1"]


async def test_an_approval_that_was_pending_at_the_kill_passes_exactly_once(tmp_path: Path) -> None:
    """The grant is for that very call: a second one asks anew."""
    push = bash("echo pushed >> pushed.txt")
    rules = [rule("push", [push, push, "After: {{result}}"])]
    async with house_outside(tmp_path, rules) as (house, served):
        await _press_while_nobody_runs_it(house, served, "push it", "Allow once", then="Deny")
        await house.people.hears("After:")
        first, second = await house.people.questions()
        assert (first.used, second.used) == (True, False)
    assert (house.ground.project / "pushed.txt").read_text() == "pushed\n"


async def _press_while_nobody_runs_it(
    house: House, served: Served, work: str, label: str, then: str = ""
) -> str:
    """Kill the house while a live run waits, press, start the house again; the session of before."""
    await served.start()
    await house.people.starts(work)
    await house.people.button(label)
    session = await house.people.session()
    await served.kill()
    await _none_left(house.ground)
    await house.people.presses(label)
    await served.start()
    if then:
        await house.people.presses(then)
    await house.people.is_done()
    return session.id


async def _none_left(here: Ground) -> None:
    await none_left(Marker.of(here.settings.home))
