"""What happens to people in Slack, through the real house, by its socket and called over HTTP."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from adapters.rehearsal.slack_api import Channel, SlackApi
from bot.model.dispatches import Dispatch, Status
from bot.model.people import Role
from bot.model.questions import Question
from tests.slack_chats import RULES, until_taken
from tests.slack_house import SlackHouse, house_on

BOTH = pytest.mark.parametrize("called", [False, pytest.param(True, marks=pytest.mark.full)])


@pytest.fixture
async def slack() -> AsyncGenerator[SlackApi]:
    """Its retries come at once."""
    async with SlackApi(RULES) as slack:
        yield slack


def thread_buttons(house: SlackHouse, channel: Channel, thread: str) -> list[str]:
    """Labels that can be pressed there now."""
    blocks = [block for each in house.slack.shown(channel, thread) for block in each.blocks]
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    return [each["text"]["text"] for row in rows for each in row]


async def only(house: SlackHouse, kind: type[Dispatch] | type[Question]) -> Dispatch | Question:
    async with house.desk.house.store.reading() as unit:
        (found,) = await unit.find(kind)
    return found


@BOTH
async def test_a_question_is_answered_by_a_button_and_the_thread_goes_on(
    slack: SlackApi, tmp_path: Path, *, called: bool
) -> None:
    """Complaint rows 9, 16 and 17: OC #89616, HM #9394; all of it in the thread, the buttons gone."""
    ann = slack.person("Ann")
    team = slack.channel("team", ann)
    async with house_on(slack, tmp_path, (ann, Role.USER), called=called) as house:
        thread = ann.mentions("fix the server in server.py", team)
        await house.until_shown("Which port?", team, thread)
        ann.presses("9090", team)
        await house.until_shown("It listens on 9090.", team, thread)
        await house.until_shown("9090 — ann", team, thread)
        assert "8080" not in thread_buttons(house, team, thread)
        ann.writes("fix the parser in parser.py too", team, thread)  # nobody is mentioned
        await house.until_shown("Fixed.", team, thread)
        assert [each.user for each in slack.shown(team)] == [ann.id], "nothing stands outside the thread"


@BOTH
async def test_an_approval_is_the_right_persons_and_a_denial_says_why(
    slack: SlackApi, tmp_path: Path, *, called: bool
) -> None:
    """Complaint row 7: HM PR #81388; the form of [Deny and say why] reaches whoever asked."""
    ann, bob, carol = slack.person("Ann"), slack.person("Bob"), slack.person("Carol")
    team = slack.channel("team", ann, bob, carol)
    known = ((ann, Role.USER), (bob, Role.USER), (carol, Role.APPROVER))
    async with house_on(slack, tmp_path, *known, called=called) as house:
        thread = ann.mentions("clean up the build directory", team)
        await house.until_shown("asks for approval", team, thread)
        assert "rm -rf build" in house.reads(team, thread)
        bob.presses("Allow once", team)
        await slack.record.until(lambda: bool(bob.is_told()))
        assert "not yours to decide" in bob.is_told()[0]
        carol.presses("Deny and say why", team)
        await slack.record.until(lambda: bool(slack.workspace.views))
        carol.submits("not on a Friday")
        await house.until_shown("Denied: not on a Friday — carol", team, thread)
        await house.until_shown("The build directory: denied", team, thread)


@BOTH
async def test_stop_and_a_cross_end_what_was_asked_for(
    slack: SlackApi, tmp_path: Path, *, called: bool
) -> None:
    """Complaint row 6: HM #26813, OC #42262; a plain word in the thread, and ❌ on the request."""
    ann = slack.person("Ann")
    team = slack.channel("team", ann)
    async with house_on(slack, tmp_path, (ann, Role.USER), called=called) as house:
        first = ann.mentions("fix the server in server.py", team)
        await house.until_shown("Which port?", team, first)
        ann.writes("stop", team, first)
        await house.until_shown("**d1** stopped", team, first)
        second = ann.mentions("fix the server in other.py", team)
        await house.until_shown("Which port?", team, second)
        ann.reacts(second, "x", team)
        await house.until_shown("d2", team, second)
        await until_ended(house, "d2")


async def until_ended(house: SlackHouse, id: str) -> None:
    async with asyncio.timeout(30):
        while True:
            async with house.desk.house.store.reading() as unit:
                found = await unit.get(Dispatch, id)
            if found is not None and found.status is Status.CANCELLED:
                return
            await house.slack.record.changed()


@BOTH
async def test_slash_commands_answer_in_private_and_use_is_for_the_channel(
    slack: SlackApi, tmp_path: Path, *, called: bool
) -> None:
    """Empty it shows projects and examples; threads that begin later have the channel's project."""
    ann = slack.person("Ann")
    team = slack.channel("team", ann)
    projects = {"api": {"description": "The API."}, "web": {"description": "The site."}}
    known = ((ann, Role.ADMIN),)
    async with house_on(slack, tmp_path, *known, called=called, projects=projects) as house:
        envelope = ann.types("", team)
        await house.until_shown("For example", ann.private)
        await slack.record.until(lambda: envelope.acknowledged)
        assert (envelope.answer or {})["text"] == "I answer in our private channel."
        ann.types("use web", team)
        await house.until_shown("web", team)
        thread = ann.mentions("fix the parser in parser.py", team)
        await house.until_shown("Fixed.", team, thread)
        found = await only(house, Dispatch)
        assert isinstance(found, Dispatch)
        assert found.project == "web"
        ann.types("status", team)
        await house.until_shown("d1", ann.private)


@BOTH
async def test_a_stranger_pairs_in_private_and_a_guest_does_not(
    slack: SlackApi, tmp_path: Path, *, called: bool
) -> None:
    """The code is good in the words that `init` prints; a guest is told to be named, and no more."""
    ann, new, gus = slack.person("Ann"), slack.person("Newt"), slack.person("Gus", guest=True)
    async with house_on(slack, tmp_path, (ann, Role.ADMIN), called=called) as house:
        guest = gus.writes("hello")
        await house.until_shown("I only work for people I know", gus.private, guest)
        asked = new.writes("hello")
        await house.until_shown("code", new.private, asked)
        text = house.reads(new.private, asked)
        code, *_ = re.findall(r"\b[A-Z0-9]{8}\b", text)
        there = ann.writes(f"!pair {code} user newt")
        await house.until_shown("newt", ann.private, there)
        work = new.writes("fix the parser in parser.py")
        await house.until_shown("Fixed.", new.private, work)


async def test_an_edit_replaces_what_still_waits_and_a_deletion_takes_it_back(
    slack: SlackApi, tmp_path: Path
) -> None:
    """What has not been looked at yet is as if it had been written so."""
    ann = slack.person("Ann")
    async with house_on(slack, tmp_path, (ann, Role.USER)) as house:
        thread = ann.writes("fix the parser in parser.py")
        await house.until_shown("Fixed.", ann.private, thread)
        ann.edits(thread, "fix the server in server.py")
        await house.until_shown("Which port?", ann.private, thread)


async def test_the_card_shows_its_last_state(slack: SlackApi, tmp_path: Path) -> None:
    """Edits are paced; the last one comes."""
    ann = slack.person("Ann")
    async with house_on(slack, tmp_path, (ann, Role.USER)) as house:
        thread = ann.writes("fix the parser in parser.py")
        await house.until_shown("— done", ann.private, thread)


async def test_a_redelivered_event_is_one_message(slack: SlackApi, tmp_path: Path) -> None:
    """Complaint row 4: OC #83521, NB #5870; whatever its number of tries."""
    ann = slack.person("Ann")
    team = slack.channel("team", ann)
    async with house_on(slack, tmp_path, (ann, Role.USER)) as house:
        thread = ann.mentions("fix the parser in parser.py", team)
        await house.until_shown("Fixed.", team, thread)
        for envelope in tuple(slack.delivery.envelopes.values()) * 3:
            slack.delivery.repeat(envelope)
        marker = ann.writes("fix the parser in b.py")
        await until_taken(slack)
        await house.until_shown("Fixed.", ann.private, marker)
        await house.until_shown("— done", team, thread)  # the card says what was said last until then
        assert house.reads(team, thread).count("Fixed.") == 1
        assert await house.count(Dispatch) == 2


async def test_a_member_who_mentions_the_app_asks_to_be_let_in(slack: SlackApi, tmp_path: Path) -> None:
    """The admin gets [Allow as user] [Deny] in private; a guest in the same channel is refused."""
    ann, new, gus = slack.person("Ann"), slack.person("Newt"), slack.person("Gus", guest=True)
    team = slack.channel("team", ann, new, gus)
    async with house_on(slack, tmp_path, (ann, Role.ADMIN)) as house:
        hello = ann.writes("/status")
        await house.until_shown("Nothing has been dispatched", ann.private, hello)
        asked, refused = new.mentions("fix the parser in parser.py", team), gus.mentions("fix it", team)
        await house.until_shown("I have asked an admin to let you in", team, asked)
        await house.until_shown("I only work for people I know", team, refused)
        assert "asked an admin" not in house.reads(team, refused)
        again = new.mentions("hello?", team)
        await house.until_shown("asks to be", ann.private, hello)
        ann.presses("Allow as user")
        await house.until_shown("An admin let you in", team, asked)
        assert house.reads(team, again) == ""
        work = new.mentions("fix the parser in parser.py", team)
        await house.until_shown("Fixed.", team, work)


async def test_whoever_was_denied_does_not_ask_again(slack: SlackApi, tmp_path: Path) -> None:
    """For a day they read the plain refusal, once."""
    ann, new = slack.person("Ann"), slack.person("Newt")
    team = slack.channel("team", ann, new)
    async with house_on(slack, tmp_path, (ann, Role.ADMIN)) as house:
        hello = ann.writes("/status")
        await house.until_shown("Nothing has been dispatched", ann.private, hello)
        new.mentions("fix it", team)
        await house.until_shown("asks to be", ann.private, hello)
        ann.presses("Deny")
        await house.until_shown("turned away", ann.private, hello)
        second = new.mentions("please", team)
        await house.until_shown("I only work for people I know", team, second)
        assert "asked an admin" not in house.reads(team, second)
