"""Questions and approvals of the real Claude Code: the right people, no waiting process, each counts once."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from adapters.rehearsal.model_server import rule
from bot.model.conversations import Outcome
from bot.model.questions import Question
from tests.claude_calls import ASK_BOTH, ASK_COLOUR, bash, insist
from tests.house_with_claude import house_inside

pytestmark = [pytest.mark.claude, pytest.mark.full]

AT_ONCE: float = 0.05
SOON: float = 3.0  # time enough for an answer that the house gives by itself
"""Grace time after which a run parks before anybody can have answered."""
PUSH = "echo pushed >> pushed.txt"


async def test_a_button_within_the_grace_time_answers_the_run_that_asked(tmp_path: Path) -> None:
    """One run, one process; the label goes back to the model."""
    async with house_inside(tmp_path, [rule("paint", [ASK_COLOUR, "After: {{result}}"])]) as house:
        await house.people.starts("paint it")
        await house.people.presses("blue")
        await house.people.is_done()
        assert '"Which colour?"="blue"' in (await house.people.hears("After:")).markdown
        assert len(await house.people.runs()) == 1


@pytest.mark.full
async def test_a_late_button_resumes_the_session_that_waited_without_a_process(tmp_path: Path) -> None:
    """Parked: a row with two buttons, and nothing that runs."""
    rules = [rule("paint", [ASK_COLOUR, "After: {{result}}"])]
    async with house_inside(tmp_path, rules, grace_s=AT_ONCE) as house:
        await house.people.starts("paint it")
        await house.people.parks()
        before = await house.people.session()
        assert house.ground.processes() == []
        await house.people.disappears(house.ground.scratch("d1/1"))
        await house.people.presses("red")
        await house.people.is_done(run=2)
        await house.people.hears("red — ann")
        assert '"Which colour?"="red"' in (await house.people.hears("After:")).markdown
        assert (await house.people.session()).id == before.id


@pytest.mark.full
async def test_own_words_and_a_form_for_several_questions_answer_too(tmp_path: Path) -> None:
    """Words that are no option are the person's own; a form takes a line for each question of one call."""
    rules = [rule("paint", [ASK_COLOUR, ASK_BOTH, "After: {{result}}"])]
    async with house_inside(tmp_path, rules, grace_s=AT_ONCE) as house:
        await house.people.starts("paint it")
        await house.people.parks()
        await house.people.says("a greenish one")
        await house.people.parks(run=2)
        assert "a greenish one" in house.ground.asked()[-1].raw
        await house.people.fills_in("Answer", "blue\nsmall, large")
        await house.people.is_done(run=3)
        result = (await house.people.hears("After:")).markdown
    assert '"Which colour?"="blue"' in result
    assert '"Which sizes?"="small, large"' in result


async def test_an_approval_counts_once_from_the_right_person_and_a_denial_is_heard(tmp_path: Path) -> None:
    """Bob is refused; Ann's press lets one call pass; the same call asks anew; her words are heard."""
    steps = [insist(bash(PUSH)), insist(bash(PUSH)), "After: {{result}}"]
    async with house_inside(tmp_path, [rule("push", steps)], grace_s=AT_ONCE) as house:
        await house.people.starts("push it")
        await house.people.parks()
        assert house.ground.processes() == []
        refused = await house.people.presses("Allow once", "bob")
        assert (refused.outcome, "not yours" in refused.text) == (Outcome.REFUSED, True)
        assert not await house.people.none_is_open()
        await house.people.presses("Allow once", "ann")
        await house.people.parks(run=2)
        assert (house.ground.project / "pushed.txt").read_text() == "pushed\n"
        first, second = await house.people.questions()
        assert (first.id, first.used, second.id) == ("q1", True, "q2")
        await house.people.says("/deny q2 not on a Friday")
        await house.people.is_done(run=3)
        assert "not on a Friday" in (await house.people.hears("After:")).markdown
    assert (house.ground.project / "pushed.txt").read_text() == "pushed\n"


async def test_one_changed_byte_is_another_approval(tmp_path: Path) -> None:
    """The command /approve grants what was shown; words alone grant nothing."""
    steps = [bash(PUSH), bash(f"{PUSH} "), "After: {{result}}"]
    async with house_inside(tmp_path, [rule("push", steps)]) as house:
        await house.people.starts("push it")
        await house.people.question(1)
        await house.people.says("yes")
        await house.people.hears("Words alone do not allow it")
        await house.people.says("/approve q1", "carol")
        changed = await house.people.question(2)
        assert _hash(changed) != _hash(await house.people.question(1))
        assert (house.ground.project / "pushed.txt").read_text() == "pushed\n"
        await house.people.presses("Deny")
        await house.people.is_done()
    assert (house.ground.project / "pushed.txt").read_text() == "pushed\n"


async def test_a_press_after_the_commit_has_moved_asks_anew(tmp_path: Path) -> None:
    """What was shown was another commit: nothing runs on the strength of it."""
    rules = [rule("push", [insist(bash(PUSH)), "After: {{result}}"])]
    async with house_inside(tmp_path, rules, grace_s=AT_ONCE) as house:
        _commit(house.ground.project, "first", init=True)
        await house.people.starts("push it")
        await house.people.parks()
        _commit(house.ground.project, "second")
        await house.people.presses("Allow once")
        await house.people.parks(run=2)
        first, second = await house.people.questions()
        assert _hash(first) != _hash(second)
        assert not (house.ground.project / "pushed.txt").exists()
        await house.people.presses("Allow once")
        await house.people.is_done(run=3)
    assert (house.ground.project / "pushed.txt").read_text() == "pushed\n"


def _hash(item: Question) -> str:
    assert item.approval is not None
    return item.approval.hash


def _commit(directory: Path, message: str, *, init: bool = False) -> None:
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
    commit = (*who, "commit", "--quiet", "--allow-empty", "--message", message)
    commands = [("init", "--quiet"), commit] if init else [commit]
    for command in commands:
        subprocess.run(["git", "-C", str(directory), *command], check=True)


async def test_a_call_allowed_for_the_session_passes_again_and_a_changed_one_asks(tmp_path: Path) -> None:
    """chenhg5/cc-connect #1323: people want "allow for this session"; it is for exactly what was shown."""
    steps = [insist(bash(PUSH)), insist(bash(PUSH)), insist(bash(f"{PUSH} ")), "After: {{result}}"]
    async with house_inside(tmp_path, [rule("push", steps)], grace_s=SOON) as house:
        await house.people.starts("push it")
        await house.people.parks()
        await house.people.presses("Allow for this session")
        changed = await house.people.question(2)
        assert (house.ground.project / "pushed.txt").read_text() == "pushed\npushed\n"
        assert _hash(changed) != _hash(await house.people.question(1))
        assert len(await house.people.questions()) == 2
        assert "Allowed for this session by ann (q1)" in (await house.people.card()).markdown
        await house.people.presses("Deny")
        await house.people.hears("After:")
    assert (house.ground.project / "pushed.txt").read_text() == "pushed\npushed\n"
