"""A chat message becomes real work by Claude Code: the whole house, the real program, a rehearsed model."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.rehearsal.model_server import Use, rule
from bot.model.dispatches import StepState
from tests.claude_calls import bash, write
from tests.house_with_claude import house_inside

pytestmark = pytest.mark.claude

EDITS = 'permission_mode = "acceptEdits"\n'


async def test_a_message_becomes_a_file_and_a_result(tmp_path: Path) -> None:
    """Work in the project's own directory; the result names its cost, the card what holds the run back."""
    rules = [rule("fix", [["I will.", write("parser.py", "fixed = True\n")], "Fixed."])]
    async with house_inside(tmp_path, rules, project=EDITS) as house:
        await house.people.starts("fix the parser")
        await house.people.is_done()
        result = await house.people.hears("Fixed.")
        assert house.ground.processes() == []
    assert (house.ground.project / "parser.py").read_text() == "fixed = True\n"
    assert "$" in result.footer


async def test_a_follow_up_resumes_the_session_and_its_money_adds_up(tmp_path: Path) -> None:
    """The model hears the earlier turns; each run costs its own part of what the session cost."""
    rules = [rule("thank", ["Welcome."]), rule("test", ["Tested."]), rule("fix", ["Fixed."])]
    async with house_inside(tmp_path, rules) as house:
        await house.people.starts("fix the parser")
        await house.people.is_done()
        await house.people.says("/continue d1 add a test")
        await house.people.is_done(run=2)
        await house.people.says("/continue d1 thank you")
        ended = await house.people.is_done(run=3)
        heard = house.ground.asked()[-1].raw
        assert ("fix the parser" in heard, "Fixed." in heard, "Tested." in heard) == (True, True, True)
        costs = [run.cost_usd or 0.0 for run in await house.people.runs()]
        session = await house.people.session()
        assert min(costs) > 0
        assert sum(costs) == pytest.approx(session.cost_usd) == pytest.approx(ended.cost_usd)


async def test_the_checklist_goes_on_where_the_last_run_left_it(tmp_path: Path) -> None:
    """A resumed run knows the words of steps that an earlier one wrote."""

    def task(subject: str) -> Use:
        return Use("TaskCreate", {"subject": subject, "description": subject})

    def done(id: str) -> Use:
        return Use("TaskUpdate", {"taskId": id, "status": "completed"})

    first = [[task("Read it"), task("Write it"), task("Run it")], done("1"), "So far."]
    rules = [rule("the rest", [done("2"), "More."]), rule("begin", first)]
    async with house_inside(tmp_path, rules) as house:
        await house.people.starts("begin")
        await house.people.is_done()
        await house.people.says("/continue d1 the rest")
        await house.people.is_done(run=2)
        steps = [(step.text, step.state) for step in (await house.people.card()).steps]
    assert steps == [("Read it", StepState.DONE), ("Write it", StepState.DONE), ("Run it", StepState.OPEN)]


async def test_a_lost_session_is_replaced_and_said_so(tmp_path: Path) -> None:
    """complaints row 25: a deleted transcript gives a fresh session that knows the summary."""
    rules = [rule("thank", ["Welcome."]), rule("fix", ["Fixed the comma."])]
    async with house_inside(tmp_path, rules) as house:
        await house.people.starts("fix the parser")
        await house.people.is_done()
        before = await house.people.session()
        (transcript,) = Path(before.config_dir).rglob(f"{before.id}.jsonl")
        transcript.unlink()
        await house.people.says("/continue d1 thank you")
        await house.people.is_done(run=2)
        result = await house.people.hears("Welcome.")
        assert "The earlier session was lost" in result.markdown
        assert (await house.people.session()).id != before.id
        assert "Fixed the comma." in house.ground.asked()[-1].prompt
        costs = [run.cost_usd or 0.0 for run in await house.people.runs()]
        assert (await house.people.session()).cost_usd == pytest.approx(costs[1])


async def test_a_denied_tool_is_named_with_its_remedy_even_after_a_success(tmp_path: Path) -> None:
    """The sentence can be used as it is printed, and stands below the result."""
    denied = EDITS + 'denied_tools = ["Bash(echo *)"]\n'
    rules = [rule("push", [bash("echo pushed > pushed.txt"), "I went on without it."])]
    async with house_inside(tmp_path, rules, project=denied) as house:
        await house.people.starts("push it")
        await house.people.is_done()
        result = (await house.people.hears("I went on without it.")).markdown
    assert "> Bash was denied (echo pushed > pushed.txt)." in result
    assert "[projects.shop] in frontdesk.toml" in result
    assert not (house.ground.project / "pushed.txt").exists()


async def test_an_urgent_note_and_a_file_are_posted_while_the_run_goes_on(tmp_path: Path) -> None:
    """Each is a message of its own, before the result; the file's bytes can be had."""
    told = Use("mcp__frontdesk__notify_person", {"text": "The disk is almost full."})
    handed = Use("mcp__frontdesk__hand_over_file", {"path": "report.txt"})
    async with house_inside(tmp_path, [rule("report", [told, handed, "Reported."])]) as house:
        (house.ground.project / "report.txt").write_text("all is well")
        await house.people.starts("report")
        note = await house.people.hears("The disk is almost full.")
        (file,) = (await house.people.hears("hands over a file")).files
        await house.people.hears("Reported.")
        content = await house.people.blob(file.sha256)
    assert note.mention == "ann"
    assert (file.name, content) == ("report.txt", b"all is well")
