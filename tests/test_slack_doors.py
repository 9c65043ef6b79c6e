"""Every way into Slack's app, tried by everybody who has no business there: nothing happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from adapters.chats.slack.interactions import MESSAGE_SHORTCUT, SHORTCUT
from adapters.chats.slack.reading import EVENTS, INTERACTIONS
from adapters.rehearsal.slack_api import Channel, Person, SlackApi
from bot.model.conversations import Message
from bot.model.dispatches import Dispatch, Note
from bot.model.log import Refusal
from bot.model.people import AccountRow, Pairing, PersonRow, Role
from bot.model.questions import Question, QuestionState
from tests.slack_chats import RULES, until_taken
from tests.slack_house import SlackHouse, house_on


@dataclass
class Place:
    """A channel with a thread of Ann's, in which a question with buttons is open."""

    slack: SlackApi
    channel: Channel
    thread: str
    asked: str  # the ts of our question
    token: str  # of its first button
    form: str  # of the button that opens a form

    def ours(self) -> dict[str, object]:
        return self.channel.messages[self.asked]


Door = Callable[[Person, Place], object]

DOORS: Final[dict[str, tuple[str, Door]]] = {
    "mention": ("app_mention", lambda who, at: who.mentions("fix it", at.channel)),
    "mention in the thread": ("app_mention", lambda who, at: who.mentions("8080", at.channel, at.thread)),
    "message": ("message", lambda who, at: who.writes("fix it", at.channel)),
    "message in the thread": ("message", lambda who, at: who.writes("8080", at.channel, at.thread)),
    "stop in the thread": ("message", lambda who, at: who.writes("stop", at.channel, at.thread)),
    "bang command": ("message", lambda who, at: who.mentions("!cancel d1", at.channel, at.thread)),
    "message in private": ("message", lambda who, _: who.writes("fix it")),
    "file": (
        "message/file_share",
        lambda who, at: who.shares("a.txt", b"x", f"<@{at.slack.workspace.bot.id}>", at.channel, at.thread),
    ),
    "broadcast": (
        "message/thread_broadcast",
        lambda who, at: who.writes("8080", at.channel, at.thread, subtype="thread_broadcast"),
    ),
    "edit": (
        "message/message_changed",
        lambda who, at: who.edits(who.writes("x", at.channel, at.thread), "9090", at.channel),
    ),
    "deletion": (
        "message/message_deleted",
        lambda who, at: who.deletes(who.writes("x", at.channel, at.thread), at.channel),
    ),
    "reaction on the request": ("reaction_added", lambda who, at: who.reacts(at.thread, "x", at.channel)),
    "reaction on a post": ("reaction_added", lambda who, at: who.reacts(at.asked, "x", at.channel)),
    "stop button": ("agent_session_stopped", lambda who, at: who.stops(at.channel, at.thread)),
    "home": ("app_home_opened", lambda who, _: who.opens_home()),
    "messages tab": ("app_home_opened", lambda who, _: who.opens_home("messages")),
    "press at home": ("block_actions", lambda who, at: who.presses_token_at_home(at.token, {"type": "home"})),
    "press": ("block_actions", lambda who, at: who.presses_token(at.token, at.channel, at.ours())),
    "press of a form's button": (
        "block_actions", lambda who, at: who.presses_token(at.form, at.channel, at.ours())
    ),
    "form": ("view_submission", lambda who, at: who.submits("8080", forged(at))),
    "message shortcut": (
        "message_action", lambda who, at: who.uses_shortcut(MESSAGE_SHORTCUT, at.thread, at.channel)
    ),
    "global shortcut": ("shortcut", lambda who, _: who.starts(SHORTCUT)),
    "slash command": ("slash", lambda who, at: who.types("fix it", at.channel)),
    "slash command to cancel": ("slash", lambda who, at: who.types("cancel d1", at.channel)),
    "slash command for the channel": ("slash", lambda who, at: who.types("use api", at.channel)),
}  # fmt: skip
"""Each with the kind that Slack delivers."""

SUBTYPES: Final = {
    "message/file_share",
    "message/thread_broadcast",
    "message/message_changed",
    "message/message_deleted",
}


def forged(at: Place) -> dict[str, object]:
    """As if the form had been opened for them."""
    field = {"type": "plain_text_input", "action_id": "text"}
    asked = {"type": "input", "block_id": "text", "element": field}
    where = f'{{"token": "{at.form}", "key": "{at.channel.id}/{at.thread}"}}'
    return {
        "type": "modal",
        "id": "V1",
        "hash": "h",
        "callback_id": "frontdesk.form",
        "private_metadata": where,
        "blocks": [asked],
    }


def test_every_door_has_its_row() -> None:
    """An entry point that is added to the adapter has to be tried here."""
    assert {kind for kind, _ in DOORS.values()} == {*EVENTS, *INTERACTIONS, *SUBTYPES}


def nobodies(slack: SlackApi) -> dict[str, Person]:
    """Who is not named in the configuration, each for another reason."""
    vanished = slack.person("Van")
    found = {
        "member": slack.person("Mallory"),
        "guest": slack.person("Guest", guest=True),
        "other organisation": slack.person("Eve", team="T99", stranger=True),
        "same id elsewhere": slack.person("Ann", "UANN2", team="T99", stranger=True),
        "other bot": slack.person("Robot", is_bot=True),
        "cannot be looked up": vanished,
    }
    del slack.workspace.users[vanished.id]
    return found


async def asked(house: SlackHouse, ann: Person, channel: Channel) -> Place:
    thread = ann.mentions("fix the server in server.py", channel)
    await house.until_shown("Which port?", channel, thread)
    question = next(each for each in house.slack.shown(channel, thread) if "Which port?" in each.text)
    elements = [
        each for block in question.blocks for each in block.get("elements", []) if "action_id" in each
    ]
    tokens = {each["text"]["text"]: each["action_id"] for each in elements}
    return Place(
        house.slack, channel, thread, question.ts, tokens["8080"], next(iter(reversed(tokens.values())))
    )


@pytest.mark.parametrize("called", [False, pytest.param(True, marks=pytest.mark.full)])
async def test_nobody_does_anything_through_any_door(tmp_path: Path, *, called: bool) -> None:
    """Complaint rows 7 and 22: HM PR #81388, HM PR #14117; no row, no model, and one refusal at most."""
    async with SlackApi(RULES) as slack:
        ann, strangers = slack.person("Ann"), nobodies(slack)
        channel = slack.channel("team", ann, *strangers.values())
        async with house_on(slack, tmp_path, (ann, Role.USER), called=called) as house:
            at = await asked(house, ann, channel)
            kinds = (Message, Dispatch, Note, PersonRow, AccountRow)
            before = await house.count(*kinds)
            house.decided.clear()
            for name, stranger in strangers.items():
                posted = len(slack.record.calls(r"chat\.postMessage"))
                for _, open_door in DOORS.values():
                    open_door(stranger, at)
                await until_taken(slack)
                await settled(house)
                told = slack.record.calls(r"chat\.postMessage")[posted:]
                assert len(told) <= 2, (name, told)  # one in the channel, one in private
                assert all("fix" not in call["arguments"]["text"] for call in told)
            assert await house.count(*kinds) == before
            assert house.decided == []
            assert await still_open(house)
            await ann_goes_on(house, ann, at)


async def settled(house: SlackHouse) -> None:
    """All that was promised has been sent; Slack lets nobody write to a bot."""
    users = house.slack.workspace.users.values()
    bots = tuple(f"/{user.id}:private:" for user in users if user.is_bot)
    async with house.desk.house.store.reading() as unit:
        refused, asked = await unit.find(Refusal), await unit.find(Pairing)
    count = len(asked) + sum(not any(bot in each.id for bot in bots) for each in refused)
    house.running.clock.ring()
    await house.slack.record.until(lambda: sent(house) >= count, 30.0)


def sent(house: SlackHouse) -> int:
    calls = house.slack.record.calls(r"chat\.postMessage")
    return sum("only work for people" in call["arguments"]["text"] for call in calls)


async def still_open(house: SlackHouse) -> bool:
    async with house.desk.house.store.reading() as unit:
        (question,) = await unit.find(Question)
    return question.state is QuestionState.OPEN


async def ann_goes_on(house: SlackHouse, ann: Person, at: Place) -> None:
    """The same door is open to whom it belongs."""
    ann.presses("9090", at.channel)
    await house.until_shown("It listens on 9090.", at.channel, at.thread)
    assert "— ann" in house.reads(at.channel, at.thread)


async def test_a_channel_with_another_organisation_is_silent_until_it_is_named(tmp_path: Path) -> None:
    """What we post there, others read; also a known person has to be in a channel that was named for it."""
    async with SlackApi(RULES) as slack:
        ann = slack.person("Ann")
        shared = slack.channel("shared", ann, external=True)
        async with house_on(slack, tmp_path, (ann, Role.USER)) as house:
            ann.mentions("fix it", shared)
            await until_taken(slack)
            assert await house.count(Message) == 0
            assert slack.record.calls(r"chat\..*") == []


async def test_another_workspace_is_not_this_one(tmp_path: Path) -> None:
    """An event that was installed for somebody else is acknowledged and nothing more."""
    async with SlackApi(RULES) as slack:
        ann = slack.person("Ann")
        async with house_on(slack, tmp_path, (ann, Role.USER)) as house:
            ann.writes("fix it")
            (envelope,) = slack.delivery.envelopes.values()
            other = {**envelope.payload, "team_id": "T99", "authorizations": [{"team_id": "T99"}]}
            other["event"] = {**envelope.payload["event"], "ts": "1.000001"}
            slack.delivery.add(envelope.kind, other)
            await until_taken(slack)
            assert await house.count(Message) == 1
