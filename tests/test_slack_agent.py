"""Slack's agent surface: signs, titles and prompts where they exist; nothing, once, where they do not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.rehearsal.slack_api import SCOPES, Fault, Rules, SlackApi
from bot.model.people import Role
from tests.slack_chats import RULES, until_taken
from tests.slack_house import house_on

SURFACE = r"(assistant\.threads|agents\.sessions)\..*"


async def test_a_session_is_shown_as_it_goes_on(tmp_path: Path) -> None:
    """Processing; suspended while it waits for a person; active when done, closed when cancelled."""
    async with SlackApi(RULES) as slack:
        ann = slack.person("Ann")
        async with house_on(slack, tmp_path, (ann, Role.USER)) as house:
            thread = ann.writes("fix the server in server.py")
            there = (ann.private.id, thread)
            title = "d1 · fix the server in server.py"
            await slack.record.until(lambda: slack.workspace.sessions.get(there) == ("suspended", title))
            await house.until_shown("Which port?", ann.private, thread)
            ann.presses("9090")
            await slack.record.until(lambda: slack.workspace.sessions.get(there) == ("active", title))
            other = ann.writes("fix the server in b.py")
            await house.until_shown("Which port?", ann.private, other)
            ann.writes("cancel", thread=other)
            await slack.record.until(
                lambda: slack.workspace.sessions.get((ann.private.id, other), ("",))[0] == "closed"
            )


async def test_slacks_own_stop_button_stops_what_runs(tmp_path: Path) -> None:
    """Complaint row 6: HM #26813; and the app says itself that the session is not processing any more."""
    async with SlackApi(RULES) as slack:
        ann = slack.person("Ann")
        team = slack.channel("team", ann)
        async with house_on(slack, tmp_path, (ann, Role.USER)) as house:
            thread = ann.mentions("fix the server in server.py", team)
            await house.until_shown("Which port?", team, thread)
            ann.stops(team, thread)
            await house.until_shown("stopped", team, thread)
            await slack.record.until(lambda: slack.workspace.sessions[team.id, thread][0] == "active")


@pytest.mark.parametrize(
    "rules",
    [
        replace(RULES, agent=False),
        pytest.param(
            replace(RULES, declared=False, scopes=SCOPES - {"assistant:write"}), marks=pytest.mark.full
        ),
    ],
)
async def test_a_workspace_without_it_is_asked_once_and_nobody_reads_of_it(
    tmp_path: Path, rules: Rules
) -> None:
    """Older workspaces, classic apps and emulators know no such method, or grant no such scope."""
    async with SlackApi(rules) as slack:
        ann = slack.person("Ann")
        async with house_on(slack, tmp_path, (ann, Role.USER)) as house:
            for name in ("a", "b", "c"):
                ann.opens_home("messages")
                thread = ann.writes(f"fix the parser in {name}.py")
                await house.until_shown("Fixed.", ann.private, thread)
            await until_taken(slack)
        calls = slack.record.calls(SURFACE)
        refused = [call["method"] for call in calls if not call["outcome"]["ok"]]
        assert refused, "nothing was tried"
        assert len(refused) == len(set(refused)), "each method is tried once"
        said = "\n".join(each.text for each in slack.shown(ann.private))
        assert "unknown_method" not in said
        assert "missing_scope" not in said


async def test_whoever_opens_the_chat_is_offered_words_to_begin_with(tmp_path: Path) -> None:
    """And a stranger is offered nothing."""
    async with SlackApi(RULES) as slack:
        ann, mallory = slack.person("Ann"), slack.person("Mallory")
        async with house_on(slack, tmp_path, (ann, Role.USER)):
            mallory.opens_home("messages")
            ann.opens_home("messages")
            await slack.record.until(lambda: bool(slack.workspace.prompts))
            await until_taken(slack)
            (prompts,) = slack.workspace.prompts.values()
            assert prompts[0] == "fix the failing test"
            assert prompts[-1] == "status"


@pytest.mark.full
async def test_a_busy_slack_is_not_one_that_lacks_the_method(tmp_path: Path) -> None:
    """Told to wait, it is asked again the next time."""
    async with SlackApi(RULES) as slack:
        ann = slack.person("Ann")
        slack.faults.next_calls(Fault.RATE_LIMIT, method=r"agents\.sessions\.setStatus")
        async with house_on(slack, tmp_path, (ann, Role.USER)):
            thread = ann.writes("fix the server in server.py")
            await slack.record.until(
                lambda: slack.workspace.sessions.get((ann.private.id, thread), ("",))[0] == "suspended"
            )
