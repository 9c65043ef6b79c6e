"""What the Slack chat hears and what it shows at once: all that the contract of every chat leaves open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from adapters.chats.slack.chat import SlackChat
from adapters.rehearsal.slack_api import SCOPES, Fault, Rules, SlackApi
from bot.errors import ChatError
from bot.model.conversations import (
    Deleted,
    Edited,
    FileRef,
    Form,
    Outcome,
    Pressed,
    Reacted,
    Receipt,
    Stopped,
    Submitted,
    Wrote,
)
from bot.model.posts import ButtonView, Post
from bot.ports import Heard
from tests.desks import Desk, listening
from tests.slack_chats import RULES, at, settings_for, until_taken


@pytest.fixture
async def slack() -> AsyncGenerator[SlackApi]:
    """Its retries come at once."""
    async with SlackApi(RULES) as slack:
        yield slack


async def test_a_mention_counts_once_by_its_message(slack: SlackApi) -> None:
    """Complaint row 4: OC #58443; Slack tells of it twice, with different ids of the event."""
    ann, desk = slack.person("Ann"), Desk()
    team = slack.channel("team", ann)
    async with listening(SlackChat(settings_for(slack)), desk.receive):
        ts = ann.mentions("fix it", team)
        await until_taken(slack)
    first, second = desk.got
    assert first == second
    assert isinstance(first, Wrote)
    assert (first.where, first.text, first.sender) == (at(team, ts), "fix it", "Ann")
    assert (first.addressed, first.direct) == (True, False)
    assert first.identity.account == ann.account


async def test_threads_and_private_words_are_conversations(slack: SlackApi) -> None:
    """Complaint rows 16 and 17: OC #89616, HM #15201; one function makes the key, wherever it comes from."""
    ann, desk = slack.person("Ann"), Desk()
    team = slack.channel("team", ann)
    root = ann.writes("among ourselves", team)
    async with listening(SlackChat(settings_for(slack)), desk.receive):
        ann.writes("and more", team, root)
        own = ann.writes("hello")
        ann.writes("again", thread=own)
        await until_taken(slack)
    assert [each.where for each in desk.got] == [
        at(team, root), at(team, root), at(ann.private, own), at(ann.private, own)
    ]  # fmt: skip
    wrote = [each for each in desk.got if isinstance(each, Wrote)]
    assert [each.opens for each in wrote] == [False, False, True, True]
    assert [each.addressed for each in wrote] == [False, True, True, True]


async def test_words_to_somebody_else_are_not_for_us(slack: SlackApi) -> None:
    """In a thread nobody has to mention us, but whoever mentions others talks to them."""
    ann, desk = slack.person("Ann"), Desk()
    team = slack.channel("team", ann)
    async with listening(SlackChat(settings_for(slack)), desk.receive):
        root = ann.mentions("fix it", team)
        slack.workspace.keep(team, slack.workspace.bot, {"text": "Done."}, root)
        ann.tells("U0BOB", "could you look at this?", team, root)
        await until_taken(slack)
    last = desk.got[-1]
    assert isinstance(last, Wrote)
    assert (last.text, last.addressed, last.opens) == ("@U0BOB could you look at this?", False, False)


async def test_edits_deletions_reactions_and_stops_name_their_message(slack: SlackApi) -> None:
    """A link that is shown changes the message and not its words: that is no edit."""
    ann, desk = slack.person("Ann"), Desk()
    async with listening(SlackChat(settings_for(slack)), desk.receive):
        ts = ann.writes("hello")
        ann.unfurls(ts)
        ann.edits(ts, "hello there")
        ann.reacts(ts, "x")
        ann.stops(ann.private, ts)
        ann.deletes(ts)
        await until_taken(slack)
    by_kind = {type(each): each for each in desk.got}
    assert set(by_kind) == {Wrote, Edited, Reacted, Stopped, Deleted}
    assert len(desk.got) == 5
    key = by_kind[Wrote].key
    edited, reacted = by_kind[Edited], by_kind[Reacted]
    assert isinstance(edited, Edited)
    assert (edited.of, edited.text) == (key, "hello there")
    assert isinstance(reacted, Reacted)
    assert (reacted.of, reacted.emoji) == (key, "❌")
    assert by_kind[Stopped].where == at(ann.private, ts)


async def test_files_are_fetched_up_to_a_size_and_never_a_login_page(slack: SlackApi) -> None:
    """Slack answers a missing scope with a web page that asks to sign in."""
    ann, desk = slack.person("Ann"), Desk()
    chat = SlackChat(settings_for(slack))
    async with listening(chat, desk.receive):
        ann.shares("../notes.txt", b"twelve bytes", "read this")
        await until_taken(slack)
        (wrote,) = desk.got
        assert isinstance(wrote, Wrote)
        (file,) = wrote.files
        assert (file.name, file.size, wrote.text) == ("../notes.txt", 12, "read this")
        assert await chat.fetch(file, 100) == b"twelve bytes"
        with pytest.raises(ChatError, match="the limit is 5"):
            await chat.fetch(file, 5)
        slack.workspace.files[file.id]["size"] = 1  # not what it says
        with pytest.raises(ChatError, match="limit"):
            await chat.fetch(file, 5)
        with pytest.raises(ChatError):
            await chat.fetch(FileRef("F404", "x", 1), 100)
    async with SlackApi(Rules(scopes=SCOPES - {"files:write"})) as other:
        stored = other.workspace.store("a.txt", b"x", other.workspace.bot)
        stored["url_private_download"] = f"{other.url}/files-pri/none/a.txt"
        chat = SlackChat(settings_for(other))
        with pytest.raises(ChatError):
            await chat.fetch(FileRef(stored["id"], "a.txt", 1), 100)
        await chat.close()


async def test_a_press_opens_the_form_and_the_form_comes_back(slack: SlackApi) -> None:
    """Complaint row 9: while its trigger lives, and in the conversation of the press."""
    ann = slack.person("Ann")
    root = ann.writes("hello")
    slack.delivery.drop()
    where, chat = at(ann.private, root), SlackChat(settings_for(slack))
    form = Form("t9", "Answer q7 with more words than fit", "Which port?", "8080")
    desk = Desk(Receipt(Outcome.OPEN_FORM, form=form))
    async with listening(chat, desk.receive):
        (part,) = chat.parts(Post("Which?", buttons=(ButtonView("t9", "Other…", form=True),)))
        await chat.send(where, part, "k1", again=False)
        ann.presses("Other…")
        await slack.record.until(lambda: bool(slack.workspace.views))
        assert len(ann.sees_form()["title"]["text"]) <= 24
        ann.submits("9090 & more")
        await until_taken(slack)
    pressed, submitted = desk.got
    assert isinstance(pressed, Pressed)
    assert isinstance(submitted, Submitted)
    assert (pressed.token, pressed.where) == ("t9", where)
    assert (submitted.token, submitted.where, submitted.values) == ("t9", where, {"text": "9090 & more"})


async def test_a_refused_press_is_told_to_who_pressed(slack: SlackApi) -> None:
    """In the thread, and to nobody else."""
    ann, desk = slack.person("Ann"), Desk(Receipt(Outcome.REFUSED, "Only carol can press that."))
    root = ann.writes("hello")
    slack.delivery.drop()
    chat = SlackChat(settings_for(slack))
    async with listening(chat, desk.receive):
        (part,) = chat.parts(Post("?", buttons=(ButtonView("t1", "Yes"),)))
        await chat.send(at(ann.private, root), part, "k1", again=False)
        ann.presses("Yes")
        await slack.record.until(lambda: bool(ann.is_told()))
    assert ann.is_told() == ["Only carol can press that."]
    assert slack.workspace.ephemeral[0]["thread_ts"] == root


@pytest.mark.parametrize(
    ("typed", "text", "private"),
    [
        ("", "/start", True),
        ("status", "/status", True),
        ("Cancel d7", "/Cancel d7", True),
        ("use api", "/use api", False),
        ("please fix the &lt;parser&gt;", "please fix the <parser>", True),
    ],
)
async def test_a_slash_command_is_one_of_the_houses_own(
    slack: SlackApi, typed: str, text: str, *, private: bool
) -> None:
    """Complaint row 6: threads know none, so it is answered in private; `use` is about the channel."""
    ann, desk = slack.person("Ann"), Desk()
    team = slack.channel("team", ann)
    async with listening(SlackChat(settings_for(slack)), desk.receive):
        envelope = ann.types(typed, team)
        await until_taken(slack)
    (wrote,) = desk.got
    assert isinstance(wrote, Wrote)
    assert (wrote.text, wrote.direct) == (text, private)
    assert wrote.where.key == (ann.id if private else team.id)
    assert (envelope.answer or {}).get("response_type") == ("ephemeral" if private else None)


async def test_people_see_at_once_that_they_were_heard(slack: SlackApi) -> None:
    """Until our next message in the thread; a workspace that does not know it is asked once."""
    ann, desk = slack.person("Ann"), Desk()
    async with listening(SlackChat(settings_for(slack)), desk.receive):
        ts = ann.writes("hello")
        await slack.record.until(lambda: bool(slack.workspace.statuses))
    assert slack.workspace.statuses == {(ann.private.id, ts): "is thinking…"}
    slack.faults.next_calls(Fault.NO_METHOD, method="assistant.threads.setStatus")
    async with listening(SlackChat(settings_for(slack)), desk.receive):
        for _ in range(2):
            ann.writes("hello")
            await until_taken(slack)
        await slack.record.until(lambda: len(slack.record.calls("assistant.*")) == 2)


async def test_a_deaf_connection_is_built_anew(slack: SlackApi) -> None:
    """Complaint row 5: HM #14326, node-slack-sdk #1652; deaf for hours, and it called itself connected."""
    ann, desk = slack.person("Ann"), Desk()
    chat = SlackChat(settings_for(slack))
    async with listening(chat, desk.receive):
        await slack.connected()
        slack.socket.deaf = True
        await slack.record.until(lambda: slack.socket.opened == 2, 60.0)
        slack.socket.deaf = False
        ann.writes("hello")
        await until_taken(slack)
        assert chat.connection.problem == ""
    assert {type(each) for each in desk.got} == {Wrote}


@pytest.mark.parametrize("called", [False, True])
async def test_what_was_written_while_nobody_listened_is_fetched(slack: SlackApi, *, called: bool) -> None:
    """Complaint row 1: OC #55792; in the threads that are known, and in private also what began one."""
    ann = slack.person("Ann")
    team = slack.channel("team", ann)
    own, thread = ann.writes("first"), ann.mentions("first", team)
    other = ann.writes("among others", team)
    ann.writes("missed", thread=own)
    ann.writes("missed here", team, thread)
    begun = ann.writes("missed too")
    ann.writes("not for us", team, other)
    slack.delivery.drop()

    async def heard(_chat: str) -> list[Heard]:
        known = ((ann.private, own), (team, thread))
        return [Heard(at(place, ts).key, f"slack:T01:{place.id}:{ts}") for place, ts in known]

    desk = Desk()
    async with listening(SlackChat(settings_for(slack, called=called), heard=heard), desk.receive):
        await slack.record.until(lambda: len(desk.got) >= 3 and bool(slack.record.calls(".*history")))
        ann.writes("later", thread=begun)
        await until_taken(slack)
    found = [(each.where, each.text) for each in desk.got if isinstance(each, Wrote)]
    assert sorted(found, key=str) == sorted(
        [
            (at(ann.private, own), "missed"),
            (at(team, thread), "missed here"),
            (at(ann.private, begun), "missed too"),
            (at(ann.private, begun), "later"),
        ],
        key=str,
    )


async def test_a_mention_that_nobody_heard_is_found_on_every_page(slack: SlackApi) -> None:
    """Complaint row 1: OC #55792; in a channel that is known, or named, with what was said below it."""
    ann, desk = slack.person("Ann"), Desk()
    team, named = slack.channel("team", ann), slack.channel("named", ann)
    before = ann.mentions("long ago", named)
    thread = ann.mentions("first", team)
    missed = ann.mentions("missed", named)
    ann.writes("and more", named, missed)
    for n in range(450):
        slack.workspace.keep(team, ann.user, {"text": f"chatter {n}"})
    last = ann.mentions("missed at the end", team)
    slack.delivery.drop()
    slack.faults.retry_after_s = 0
    slack.faults.next_calls(Fault.RATE_LIMIT, method=r"conversations\.history")

    async def heard(_chat: str) -> list[Heard]:
        key = f"slack:T01:{team.id}:{thread}"
        return [Heard(at(team, thread).key, key, key)]

    async with listening(SlackChat(settings_for(slack, named), heard=heard), desk.receive):
        await slack.record.until(lambda: len(desk.got) >= 3)
        later = ann.writes("later")
        await until_taken(slack)
    found = [(each.where, each.text) for each in desk.got if isinstance(each, Wrote)]
    assert sorted(found, key=str) == sorted(
        [
            (at(named, missed), "missed"),
            (at(named, missed), "and more"),
            (at(team, last), "missed at the end"),
            (at(ann.private, later), "later"),
        ],
        key=str,
    )
    assert before < thread


async def test_words_from_before_the_house_was_asked_in_are_not_taken_for_missed_ones(
    slack: SlackApi,
) -> None:
    """The thread is known from a message in its middle."""
    ann, desk = slack.person("Ann"), Desk()
    team = slack.channel("team", ann)
    kept = ann.writes("kept in another thread", team)
    root = ann.writes("the parser eats commas", team)
    ann.writes("delete it", team, root)
    middle = ann.mentions("fix it", team, root)
    ann.writes("missed", team, root)
    slack.delivery.drop()

    async def heard(_chat: str) -> list[Heard]:
        mine, other = (f"slack:T01:{team.id}:{ts}" for ts in (middle, kept))
        return [Heard(at(team, root).key, mine, mine), Heard(at(team, kept).key, other, other)]

    async with listening(SlackChat(settings_for(slack), heard=heard), desk.receive):
        await slack.record.until(lambda: bool(desk.got) and bool(slack.record.calls(".*history")))
        await until_taken(slack)
    assert [each.text for each in desk.got if isinstance(each, Wrote)] == ["missed"]


async def test_a_wrong_token_is_said_and_asked_again(slack: SlackApi) -> None:
    """What to do is one sentence, for `status` and the health pages."""
    chat = SlackChat(settings_for(slack, app_token="xapp-old"))
    async with listening(chat, Desk().receive):
        async with asyncio.timeout(20):
            while not chat.connection.problem:  # noqa: ASYNC110  nobody tells
                await asyncio.sleep(0.01)
        assert "SLACK_APP_TOKEN" in chat.connection.problem


async def test_who_cannot_be_looked_up_is_an_outsider(slack: SlackApi) -> None:
    """Threat T2: a guest, somebody else's member, and everybody while Slack does not say."""
    desk = Desk()
    people = [
        slack.person("Ann"),
        slack.person("Gus", guest=True),
        slack.person("Eve", team="T9", stranger=True),
    ]
    lost = slack.person("Lost")
    team = slack.channel("team", *people, lost)
    del slack.workspace.users[lost.id]
    async with listening(SlackChat(settings_for(slack)), desk.receive):
        for each in (*people, lost):
            each.writes("hello", team)
        await until_taken(slack)
    assert [each.outsider for each in desk.got if isinstance(each, Wrote)] == [False, True, True, True]
