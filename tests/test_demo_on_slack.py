"""The demo on Slack, without its long story: the stand-in's thread, the screen, and the first answer."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from adapters.rehearsal.slack_api import SlackApi
from adapters.rehearsal.slack_api.stage import SlackPhones
from bot.cli.demo.screen import Screen
from tests.bolts import client_of, socket_mode
from tests.first_answers import first_answer


@pytest.mark.full
async def test_the_first_answer_comes_through_the_real_adapter(tmp_path: Path) -> None:
    """A house of its own process, the real library, the stand-in, and the screen that somebody looks at."""
    async with SlackApi() as slack:
        text, printed = await first_answer(tmp_path, SlackPhones(slack))
    assert 'slack = "T01/U024ANN"' in text
    assert slack.bot_token not in text
    assert "Ann\n  @frontdesk What can you do here?" in printed
    assert "Frontdesk\n  I pass your work to Claude Code" in printed


async def test_the_screen_shows_the_thread_as_people_see_it() -> None:
    """Plans, buttons, files, what an edit added, and that the buttons have gone."""
    out = io.StringIO()
    screen = Screen(Console(file=out, width=200))
    async with SlackApi() as slack:
        phones, client = SlackPhones(slack), client_of(slack)
        phones.writes("ann", "Red?")
        (root,) = phones.sees()
        channel = next(iter(slack.workspace.channels))
        where = {"channel": channel, "thread_ts": root.id}
        task = {"type": "task_card", "task_id": "1", "title": "read", "status": "complete"}
        await client(
            "chat.postMessage", **where, text="d1", blocks=[{"type": "plan", "title": "d1", "tasks": [task]}]
        )
        asked = [
            {"type": "markdown", "text": "**q1** · Red?"},
            {"type": "actions", "elements": [button("Yes")]},
        ]
        ts = (await client("chat.postMessage", **where, text="q1", blocks=asked))["ts"]
        await client.upload(
            channel=channel, thread_ts=root.id, filename="a.diff", content="+1", title="a.diff"
        )
        screen.show(phones.sees())
        changed = [{"type": "markdown", "text": "**q1** · Red?\nyes — ann"}]
        await client("chat.update", channel=channel, ts=ts, text="q1", blocks=changed)
        screen.show(phones.sees())
    lines = [line.strip() for line in out.getvalue().splitlines() if line.strip()]
    assert lines == [
        *("Ann", "@frontdesk Red?"),
        *("Frontdesk", "d1", "✅ read"),
        *("Frontdesk", "q1 · Red?", "[ Yes ]"),
        *("Frontdesk", "📎 a.diff"),
        *("Frontdesk  ✎ q1 · Red?", "yes — ann", "(its buttons are gone)"),
    ]


def button(label: str) -> dict[str, object]:
    return {"type": "button", "text": {"type": "plain_text", "text": label}, "action_id": label}


async def test_what_only_one_person_is_told_pops_up_with_the_press() -> None:
    """Slack shows it as a message that nobody else sees."""
    async with SlackApi() as slack:
        phones, client = SlackPhones(slack), client_of(slack)
        phones.writes("ann", "Red?")
        channel = next(iter(slack.workspace.channels))
        blocks = [{"type": "actions", "elements": [button("Yes")]}]
        await client("chat.postMessage", channel=channel, text="?", blocks=blocks)

        async def tell(body: dict[str, object]) -> None:
            if body.get("type") == "block_actions":
                await client("chat.postEphemeral", channel=channel, user="U024BOB", text="Not yours.")

        async with socket_mode(slack, tell):
            assert await phones.presses("bob", "Yes") == "Not yours."
