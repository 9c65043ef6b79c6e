"""Claude Code asks people: questions, approvals, parking without a process, and what the answer does."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from adapters.rehearsal.contracts.specialist_checking import granted
from adapters.rehearsal.model_server import Use, rule, step
from adapters.specialists.claude_code import approvals
from bot.model.dispatches import ParkReason
from bot.model.events import Asked, Denied, End, Event, Started
from bot.model.questions import Option, QuestionKind, Reply, Verdict
from bot.ports import Limits
from tests.claude_houses import Place, all_of, asked_question, finished, only, parked, place

pytestmark = [pytest.mark.claude, pytest.mark.full]

COLOUR = {
    "question": "Which colour?",
    "header": "Colour",
    "multiSelect": False,
    "options": [{"label": "red", "description": "warm"}, {"label": "blue", "description": "cold"}],
}
SIZES = {
    "question": "Which sizes?",
    "header": "Sizes",
    "multiSelect": True,
    "options": [{"label": "S", "description": "small"}, {"label": "L", "description": "large"}],
}
ASK = Use("AskUserQuestion", {"questions": [COLOUR]})
PUSH = Use("Bash", {"command": "echo pushed > pushed.txt", "description": "Push it"})
PUSH_RULE = rule("push", [step(PUSH, repeat_while="exactly the same input"), "After: {{result}}"])
NO_GRACE = Limits(timeout_s=60, idle_s=60, turns=20, usd=1.0, grace_s=0.05)


def answer(**answers: str) -> Reply:
    return Reply(Verdict.ANSWERED, {key.replace("_", " "): said for key, said in answers.items()}, by="Ann")


async def answered_live(
    here: Place, reply: Reply | Callable[[Asked], Reply], **changes: object
) -> list[Event]:
    """All events of a run whose questions get ``reply`` at once."""
    run = await here.specialist.start(here.work("go", **changes))
    events: list[Event] = []
    async for event in run.events():
        events.append(event)
        if isinstance(event, Asked):
            said = reply if isinstance(reply, Reply) else reply(event)
            assert await run.answer(event.request, said)
    return events


async def test_a_question_answered_within_the_grace_time_goes_on_in_the_same_run(tmp_path: Path) -> None:
    """The options come as they were given, the label goes back to the model."""
    async with place(tmp_path, [rule("go", [ASK, "After: {{result}}"])]) as here:
        events = await answered_live(here, Reply(Verdict.ANSWERED, {"Which colour?": "blue"}))
    asked = only(events, Asked)
    assert asked.kind is QuestionKind.QUESTION
    assert asked.asks[0].options == (Option("red", "warm"), Option("blue", "cold"))
    assert '"Which colour?"="blue"' in finished(events).text


async def test_several_questions_of_one_call_take_labels_lists_and_free_words(tmp_path: Path) -> None:
    """Several labels are one text; words that are no option are the person's own."""
    both = Use("AskUserQuestion", {"questions": [COLOUR, SIZES]})
    replies = {"Which colour?": "something greenish", "Which sizes?": "S, L"}
    async with place(tmp_path, [rule("go", [both, "After: {{result}}"])]) as here:
        events = await answered_live(here, Reply(Verdict.ANSWERED, replies))
    assert [ask.multiple for ask in only(events, Asked).asks] == [False, True]
    assert "something greenish" in finished(events).text
    assert '"Which sizes?"="S, L"' in finished(events).text


async def test_words_that_fit_no_single_question_answer_the_whole_call(tmp_path: Path) -> None:
    """A reply in the thread may answer everything at once."""
    async with place(tmp_path, [rule("go", [ASK, "After: {{result}}"])]) as here:
        events = await answered_live(here, Reply(Verdict.ANSWERED, {}, text="Ask the designer."))
    assert "Ask the designer." in finished(events).text


async def test_an_unanswered_question_parks_without_a_process_and_is_answered_later(
    tmp_path: Path,
) -> None:
    """The run ends; the next one takes up the very call with the answer, in the same session."""
    async with place(tmp_path, [rule("go", [ASK, "After: {{result}}"])]) as here:
        work = here.work("go", limits=NO_GRACE)
        before = await here.events(work)
        assert psutil.Process().children(recursive=True) == []
        asked = only(before, Asked)
        reply = (asked_question(asked), Reply(Verdict.ANSWERED, {"Which colour?": "red"}, by="Ann"))
        after = await here.events(here.work("", session=work.session, resume=True, reply=reply))
    assert (parked(before).reason, parked(before).request) == (ParkReason.QUESTION, asked.request)
    assert (parked(before).usd or 0) > 0
    assert not all_of(after, Asked)
    assert only(after, Started).session == work.session
    assert '"Which colour?"="red"' in finished(after).text


async def test_a_second_question_in_the_same_message_is_refused_with_a_sentence(tmp_path: Path) -> None:
    """Of two deferred calls Claude Code would forget the first."""
    two = [ASK, Use("AskUserQuestion", {"questions": [SIZES]})]
    async with place(tmp_path, [rule("go", [two, "After: {{result}}"])]) as here:
        work = here.work("go", limits=NO_GRACE)
        before = await here.events(work)
        reply = (asked_question(only(before, Asked)), Reply(Verdict.ANSWERED, {"Which colour?": "red"}))
        after = await here.events(here.work("", session=work.session, resume=True, reply=reply))
        assert here.server.journal.mentions("Only one question can wait at a time")
    assert parked(before).request == only(before, Asked).request
    assert finished(after).end is End.DONE


async def test_a_person_who_writes_something_else_is_heard_instead_of_an_answer(tmp_path: Path) -> None:
    """The waiting call is refused with the person's own words, and the session goes on."""
    async with place(tmp_path, [rule("go", [ASK, "After: {{result}}"])]) as here:
        work = here.work("go", limits=NO_GRACE)
        await here.events(work)
        after = await here.events(here.work("Never mind the colour.", session=work.session, resume=True))
    assert "Never mind the colour." in finished(after).text


async def test_an_answer_to_a_session_that_no_longer_waits_is_given_as_words(tmp_path: Path) -> None:
    """A crash between answer and result must not lose the answer."""
    async with place(tmp_path, [rule("answer to your question", ["Thanks."]), rule("go", ["Went."])]) as here:
        work = here.work("go")
        await here.events(work)
        asked = Asked("toolu_gone", QuestionKind.QUESTION, ())
        reply = (asked_question(asked), Reply(Verdict.ANSWERED, {"Which colour?": "red"}))
        after = await here.events(here.work("", session=work.session, resume=True, reply=reply, attempt=2))
        heard = here.server.journal.of("work")[-1].prompt
    assert "The answer to your question “Which colour?” is: red" in heard
    assert "You were interrupted" in heard
    assert finished(after).text == "Thanks."


async def test_an_attempt_after_a_crash_finds_the_session_parked_and_parks_again(tmp_path: Path) -> None:
    """The house died before it kept Parked: the same question under the same id, and no process for it."""
    async with place(tmp_path, [rule("go", [ASK, "After: {{result}}"])]) as here:
        work = here.work("go", limits=NO_GRACE)
        before = await here.events(work)
        asked_the_model = len(here.server.journal)
        again = await here.events(here.work("go", session=work.session, attempt=2))
        assert len(here.server.journal) == asked_the_model
    assert only(again, Asked) == only(before, Asked)
    assert parked(again).request == parked(before).request


async def test_a_question_inside_a_subagent_is_refused_with_its_remedy(tmp_path: Path) -> None:
    """Nobody can answer there; the main session is told to ask."""
    delegate = Use(
        "Agent",
        {
            "description": "Look",
            "prompt": "inner work",
            "subagent_type": "general-purpose",
            "run_in_background": False,
        },
    )
    rules = [
        rule("inner work", [ASK, "I need to know the colour."]),
        rule("go", [delegate, "After: {{result}}"]),
    ]
    async with place(tmp_path, rules) as here:
        events = await here.events(here.work("go"))
    assert not all_of(events, Asked)
    assert "I need to know the colour." in finished(events).text


# ── approvals ────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_approval_granted_within_the_grace_time_runs_that_call_once(tmp_path: Path) -> None:
    """The second identical call asks anew."""
    twice = rule("go", [PUSH, PUSH, "After: {{result}}"])
    async with place(tmp_path, [twice]) as here:
        events = await answered_live(here, granted, permission_mode="default")
    first, second = all_of(events, Asked)
    assert first.request != second.request
    assert first.approval == second.approval
    assert (here.project / "pushed.txt").exists()


async def test_an_approval_shows_exactly_what_its_hash_binds(tmp_path: Path) -> None:
    """Tool, input, directory and commit; one byte changed is another approval."""
    async with place(tmp_path, [PUSH_RULE]) as here:
        events = await here.events(here.work("push", limits=NO_GRACE, permission_mode="default"))
        shown = only(events, Asked).approval
    assert shown is not None
    assert json.loads(shown.input)["command"] == "echo pushed > pushed.txt"
    assert (shown.tool, shown.directory) == ("Bash", str(here.project))
    changed = {**json.loads(shown.input), "command": "echo pushed > pushed.tx"}
    assert approvals.approval("Bash", json.loads(shown.input), shown.directory, shown.commit) == shown
    assert approvals.approval("Bash", changed, shown.directory, shown.commit).hash != shown.hash


async def test_an_unapproved_call_parks_and_the_press_lets_exactly_it_pass_once(tmp_path: Path) -> None:
    """claude-code §4c: deny, repeat, defer; the press resumes it without a prompt."""
    async with place(tmp_path, [PUSH_RULE]) as here:
        work = here.work("push", limits=NO_GRACE, permission_mode="default")
        before = await here.events(work)
        assert not (here.project / "pushed.txt").exists()
        assert psutil.Process().children(recursive=True) == []
        asked = only(before, Asked)
        reply = (asked_question(asked), granted(asked))
        after = await here.events(
            here.work(
                "", session=work.session, resume=True, reply=reply, permission_mode="default", limits=NO_GRACE
            )
        )
    assert (parked(before).reason, parked(before).request) == (ParkReason.APPROVAL, asked.request)
    assert (here.project / "pushed.txt").read_text() == "pushed\n"
    assert not all_of(after, Asked)
    assert finished(after).end is End.DONE


async def test_a_denied_call_does_not_run_and_the_model_hears_why(tmp_path: Path) -> None:
    """The comment of the person reaches the model."""
    async with place(tmp_path, [PUSH_RULE]) as here:
        work = here.work("push", limits=NO_GRACE, permission_mode="default")
        asked = only(await here.events(work), Asked)
        reply = (asked_question(asked), Reply(Verdict.DENIED, {}, text="not on a Friday", by="Ann"))
        after = await here.events(
            here.work("", session=work.session, resume=True, reply=reply, permission_mode="default")
        )
    assert "not on a Friday" in finished(after).text
    assert not (here.project / "pushed.txt").exists()


async def test_a_grant_for_another_commit_lets_nothing_pass(tmp_path: Path) -> None:
    """What was shown is not what would run now: the call is asked anew."""
    async with place(tmp_path, [PUSH_RULE]) as here:
        work = here.work("push", limits=NO_GRACE, permission_mode="default")
        asked = only(await here.events(work), Asked)
        assert asked.approval is not None
        other = approvals.approval(
            "Bash", json.loads(asked.approval.input), str(here.project), "another commit"
        )
        reply = (asked_question(asked, approval=other), replace(granted(asked), binds=other.hash))
        after = await here.events(
            here.work(
                "", session=work.session, resume=True, reply=reply, permission_mode="default", limits=NO_GRACE
            )
        )
    assert only(after, Asked).approval == asked.approval
    assert parked(after).reason is ParkReason.APPROVAL
    assert not (here.project / "pushed.txt").exists()


async def test_a_grant_for_a_call_that_was_not_repeated_is_told_in_words(tmp_path: Path) -> None:
    """The run had gone on without it: the next one is told to make exactly that call, and it passes."""
    rules = [rule("Approved by Ann: run exactly", [PUSH, "Pushed."]), rule("go", [PUSH, "I go on without."])]
    async with place(tmp_path, rules) as here:
        work = here.work("go", limits=NO_GRACE, permission_mode="default")
        before = await here.events(work)
        asked = only(before, Asked)
        reply = (asked_question(asked), granted(asked))
        after = await here.events(
            here.work(
                "", session=work.session, resume=True, reply=reply, permission_mode="default", limits=NO_GRACE
            )
        )
    assert finished(before).text == "I go on without."
    assert finished(after).text == "Pushed."
    assert (here.project / "pushed.txt").exists()


async def test_a_press_that_comes_while_the_model_goes_on_is_used_in_the_same_run(tmp_path: Path) -> None:
    """The grace time is over but the run is not: at its end it is told to make the approved call."""
    slow = Use("Bash", {"command": "sh wait.sh"})
    rules = [
        rule("Approved by Ann: run exactly", [PUSH, "Pushed."]),
        rule("go", [PUSH, slow, "I go on without."]),
    ]
    async with place(tmp_path, rules) as here:
        work = here.work(
            "go", limits=NO_GRACE, permission_mode="default", tools_allowed=("Bash(sh wait.sh)",)
        )
        (here.project / "wait.sh").write_text("while [ ! -e go ]; do :; done")
        run = await here.specialist.start(work)
        events: list[Event] = []
        async for event in run.events():
            events.append(event)
            if getattr(event, "title", "").startswith("sh wait.sh"):
                asked = only(events, Asked)
                await run.answer(asked.request, granted(asked))
                (here.project / "go").touch()
    assert finished(events).text == "Pushed."
    assert (here.project / "pushed.txt").exists()


async def test_an_answer_after_the_run_has_parked_is_not_taken(tmp_path: Path) -> None:
    """False tells the house to start the next run with it."""
    async with place(tmp_path, [rule("go", [ASK, "No."])]) as here:
        run = await here.specialist.start(here.work("go", limits=NO_GRACE))
        events = [event async for event in run.events()]
        assert not await run.answer(only(events, Asked).request, answer())
        assert not await run.answer("another", answer())


async def test_a_read_only_project_refuses_edits_and_says_which_line_allows_them(tmp_path: Path) -> None:
    """No person is asked to undo what the operator decided."""
    write = Use("Write", {"file_path": "{{cwd}}/a.txt", "content": "x"})
    async with place(tmp_path, [rule("go", [write, "After: {{result}}"])]) as here:
        events = await here.events(here.work("go", permission_mode="plan"))
    assert not (here.project / "a.txt").exists()
    assert not all_of(events, Asked)
    assert (
        only(events, Denied).remedy
        == 'set permission_mode = "acceptEdits" in [projects.api] in frontdesk.toml'
    )


async def test_a_call_that_the_rules_deny_is_named_with_its_remedy(tmp_path: Path) -> None:
    """tools_denied wins over everything; the card says what would allow it."""
    async with place(tmp_path, [rule("go", [PUSH, "After."])]) as here:
        events = await here.events(here.work("go", tools_denied=("Bash(echo *)",)))
    denied = only(events, Denied)
    assert (denied.tool, denied.what) == ("Bash", "echo pushed > pushed.txt")
    assert "Bash(echo *)" in denied.remedy
    assert not (here.project / "pushed.txt").exists()
