"""The house is killed while Claude Code works or asks: the same session finishes, and nobody else writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.rehearsal.model_server import rule
from adapters.specialists.child.environment import Marker
from tests.claude_calls import ASK_COLOUR, UNTIL_GO, bash, write
from tests.house_with_claude import Ground, house_outside
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


async def test_a_question_that_was_pending_at_the_kill_is_asked_once_and_its_answer_counts(
    tmp_path: Path,
) -> None:
    """Answered while nobody ran the house: the work goes on with that answer, in the same session."""
    asking = [ASK_COLOUR, "After: {{result}}"]
    rules = [rule("paint", asking)]
    async with house_outside(tmp_path, rules, project=FREE) as (house, served):
        await served.start()
        await house.people.starts("paint it")
        await house.people.button("blue")
        session = await house.people.session()
        await served.kill()
        await _none_left(house.ground)
        await house.people.presses("blue")
        await served.start()
        await house.people.is_done()
        result = await house.people.hears("After:")
        assert '"Which colour?"="blue"' in result.markdown
        assert (await house.people.session()).id == session.id
        assert [item.id for item in await house.people.questions()] == ["q1"]


async def _none_left(here: Ground) -> None:
    await none_left(Marker.of(here.settings.home))
