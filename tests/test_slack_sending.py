"""What the Slack chat writes: in blocks or in words, once, at its pace, and what it says of a refusal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from adapters.chats.pace import Rate
from adapters.chats.slack.chat import SlackChat
from adapters.chats.slack.pacing import Rates
from adapters.rehearsal.slack_api import SCOPES, Fault, Pace, Rules, SlackApi
from bot.errors import ChatError
from bot.model.dispatches import Step, StepState
from bot.model.posts import FileView, Post
from tests.slack_chats import RULES, at, settings_for


@pytest.fixture
async def slack() -> AsyncGenerator[SlackApi]:
    """Its retries come at once."""
    async with SlackApi(RULES) as slack:
        yield slack


def content_of(files: dict[str, bytes]) -> Any:
    async def content(sha256: str) -> bytes:
        return files[sha256]

    return content


async def test_what_slack_refuses_as_blocks_goes_as_words(slack: SlackApi) -> None:
    """Complaint row 19: getnao/nao #1323, onyx #1007; never silence."""
    chat, team = SlackChat(settings_for(slack)), slack.channel("team")
    slack.faults.next_calls(Fault.NO_BLOCKS)
    (part,) = chat.parts(Post("**Done** in <@U024> `x`"))
    ts = await chat.send(at(team), part, "k1", again=False)
    (shown,) = slack.shown(team)
    assert (shown.blocks, shown.text) == ((), "Done in &lt;\u200b@U024&gt; x")
    slack.faults.next_calls(Fault.NO_BLOCKS)
    (longer,) = chat.parts(Post("word " * 2_000))
    await chat.edit(at(team), ts, longer)
    assert slack.shown(team)[0].text.startswith("word word")
    await chat.close()


async def test_a_workspace_without_plans_is_asked_once(slack: SlackApi) -> None:
    """Then its cards are lines of text at the first try."""
    chat, team = SlackChat(settings_for(slack)), slack.channel("team")
    (card,) = chat.parts(Post("d7", steps=(Step("1", "read", StepState.DONE),)))
    slack.faults.next_calls(Fault.NO_BLOCKS)
    ts = await chat.send(at(team), card, "k1", again=False)
    assert slack.shown(team)[0].blocks[0]["type"] == "markdown"
    await chat.edit(at(team), ts, card)
    assert slack.shown(team)[0].blocks[0]["type"] == "markdown"
    assert len(slack.record.calls(r"chat\..*")) == 3
    await chat.close()


async def test_nothing_is_unfurled_and_nothing_is_linked(slack: SlackApi) -> None:
    """A preview would fetch whatever address a model wrote."""
    chat, team = SlackChat(settings_for(slack)), slack.channel("team")
    for text in ("see https://a.b", "@channel"):
        (part,) = chat.parts(Post(text))
        await chat.send(at(team), part, text, again=False)
    for call in slack.record.calls(r"chat\.postMessage"):
        given = call["arguments"]
        assert (given["unfurl_links"], given["unfurl_media"], given["link_names"]) == (False, False, False)
    await chat.close()


async def test_files_go_into_the_thread_once(slack: SlackApi) -> None:
    """Complaint row 28: paradigmxyz/centaur PR #633; found again by name after an uncertain try."""
    ann = slack.person("Ann")
    root = ann.writes("hello")
    where = at(ann.private, root)
    chat = SlackChat(settings_for(slack), content_of({"s": b"+1\n"}))
    _, file = chat.parts(Post("Done.", files=(FileView("../a b.diff", "s", 3),)))
    slack.faults.next_calls(Fault.APPLY_THEN_DROP)
    with pytest.raises(ChatError) as error:
        await chat.send(where, file, "k1", again=False)
    assert error.value.ambiguous
    id = await chat.send(where, file, "k1", again=True)
    (shared,) = ann.sees(root)[-1].files
    assert (shared["id"], shared["title"], shared["snippet_type"]) == (id, "../a b.diff", "diff")
    assert len([each for each in ann.sees(root) if each.files]) == 1
    await chat.close()


async def test_an_uncertain_message_is_looked_for_on_every_page(slack: SlackApi) -> None:
    """Complaint row 4: OC #87440; in a thread that has gone on for long."""
    ann = slack.person("Ann")
    root = ann.writes("hello")
    where, chat = at(ann.private, root), SlackChat(settings_for(slack))
    for n in range(230):
        ann.writes(f"more {n}", thread=root)
    (part,) = chat.parts(Post("Done."))
    slack.faults.next_calls(Fault.APPLY_THEN_DROP)
    with pytest.raises(ChatError):
        await chat.send(where, part, "k1", again=False)
    ts = await chat.send(where, part, "k1", again=True)
    assert ts == ann.sees(root)[-1].ts
    assert await chat.send(where, part, "k2", again=True) != ts
    await chat.close()


async def test_where_nobody_may_look_it_is_sent_again() -> None:
    """Doubled rather than lost: the app has no scope to read there."""
    async with SlackApi(Rules(scopes=SCOPES - {"channels:history"})) as slack:
        chat, team = SlackChat(settings_for(slack)), slack.channel("team")
        (part,) = chat.parts(Post("Done."))
        first = await chat.send(at(team), part, "k1", again=False)
        assert await chat.send(at(team), part, "k1", again=True) != first
        await chat.close()


@pytest.mark.parametrize(
    ("code", "flags"),
    [
        ("channel_not_found", {"gone"}),
        ("not_in_channel", {"forbidden"}),
        ("is_archived", {"gone"}),
        ("invalid_auth", {"retry"}),
    ],
)
async def test_a_refusal_says_what_to_do(slack: SlackApi, code: str, flags: set[str]) -> None:
    """Complaint row 21: OC #102598; a token that was revoked throws nothing away."""
    channel = slack.channel("team", joined=code != "not_in_channel")
    channel.archived = code == "is_archived"
    where = at(channel) if code != "channel_not_found" else at(channel, None)
    if code == "channel_not_found":
        del slack.workspace.channels[channel.id]
    token = "xoxb-old" if code == "invalid_auth" else slack.bot_token
    chat = SlackChat(settings_for(slack, bot_token=token))
    (part,) = chat.parts(Post("hello"))
    with pytest.raises(ChatError, match=code) as error:
        await chat.send(where, part, "k1", again=False)
    raised = error.value
    known = {"gone": raised.gone, "forbidden": raised.forbidden, "retry": raised.retry_after_s is not None}
    assert {name for name, holds in known.items() if holds} == flags
    assert not raised.ambiguous
    await chat.close()


async def test_its_own_pace_keeps_slack_from_refusing() -> None:
    """Messages into one channel while Slack counts; another channel does not wait for them."""
    async with SlackApi(Rules(pace=Pace(posts=(2, 0.3)))) as slack:
        team, other = slack.channel("team"), slack.channel("other")
        chat = SlackChat(settings_for(slack, rates=Rates(post=(Rate(1, 0.2),))))
        (part,) = chat.parts(Post("hello"))
        began = time.monotonic()
        sending = [chat.send(at(team), part, f"k{n}", again=False) for n in range(5)]
        await asyncio.gather(*sending, chat.send(at(other), part, "k", again=False))
        assert time.monotonic() - began >= 0.79
        assert not [call for call in slack.record.calls() if call["outcome"].get("error")]
        await chat.close()
