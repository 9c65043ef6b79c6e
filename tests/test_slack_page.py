"""The page that shows the rehearsed Slack: as people see it, and safe whatever was written there."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from adapters.rehearsal.slack_api import Channel, Person, Rules, SlackApi
from adapters.rehearsal.slack_api.page import page
from adapters.rehearsal.slack_api.stage import SlackPhones
from bot.cli.demo.drawing import draw
from bot.cli.demo.stage import Stage
from bot.errors import FrontdeskError
from tests.bolts import client_of, socket_mode
from tests.commands import Shell, shell

__all__ = ["shell"]

HOSTILE = "<script>alert(1)</script> ![p](https://evil.example/p) [x](javascript:f()) <img src=x onerror=y>"
VOID = {"meta", "br", "hr"}


class Reader(HTMLParser):
    """Elements and attributes, and whether what is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
async def slack() -> AsyncGenerator[SlackApi]:
    async with SlackApi(Rules()) as slack:
        yield slack


def words_of(html: str) -> str:
    """What is read, without the head."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.partition("<main>")[2]).split())


async def thread_of(ann: Person, team: Channel) -> str:
    """Its root, by somebody who names the app."""
    return ann.mentions("fix *the* `parser`", team)


async def test_it_shows_a_thread_with_plan_buttons_files_and_who_pressed_what(slack: SlackApi) -> None:
    """The last state of every message; buttons that are gone name whoever pressed them."""
    ann, bob = slack.person("Ann Lee"), slack.person("Bob")
    team, client = slack.channel("team", ann, bob), client_of(slack)
    thread = await thread_of(ann, team)
    where: dict[str, Any] = {"channel": team.id, "thread_ts": thread}
    tasks = [
        {"type": "task_card", "task_id": "1", "title": "read", "status": "complete"},
        {"type": "task_card", "task_id": "2", "title": "write", "status": "in_progress"},
    ]
    plan = {"type": "plan", "title": "d1 — working", "tasks": tasks}
    await client("chat.postMessage", **where, text="d1", blocks=[plan, actions("Stop")])
    asked = [{"type": "markdown", "text": "**q1** · Red?"}, actions("Yes", "No")]
    ts = (await client("chat.postMessage", **where, text="q1", blocks=asked))["ts"]
    diff = "@@ -1 +1 @@\n-old\n+new\n"
    await client.upload(
        channel=team.id,
        thread_ts=thread,
        filename="a.diff",
        content=diff,
        title="a.diff",
        snippet_type="diff",
    )
    async with socket_mode(slack, ignore):
        ann.presses("Yes", team)
    await client("chat.postEphemeral", channel=team.id, user=bob.id, thread_ts=thread, text="Not yours.")
    answered = [{"type": "markdown", "text": "**q1** · Red?\n\nYes — ann"}]
    await client("chat.update", channel=team.id, ts=ts, text="q1", blocks=answered)
    await client("reactions.add", channel=team.id, timestamp=thread, name="eyes")
    html = page(slack.workspace, "Team")
    read = words_of(html)
    assert "# team" in read
    assert "@Frontdesk fix the parser" in read
    assert "👀 1" in read
    assert "d1 — working 1/2 read write Stop" in read
    assert "q1 · Red? Yes — ann Yes No Ann Lee pressed Yes at" in read
    assert "Only visible to Bob Not yours." in read
    assert "a.diff" in read
    assert '<span class="removed">-old</span>' in html
    assert ">AL</div>" in html, "an avatar has the initials"
    assert html.count('class="button chosen"') == 1


async def ignore(body: dict[str, object]) -> None:
    """Acknowledged, and no more."""


def actions(*labels: str) -> dict[str, Any]:
    elements = [
        {"type": "button", "action_id": label, "text": {"type": "plain_text", "text": label}}
        for label in labels
    ]
    return {"type": "actions", "elements": elements}


async def test_nothing_that_is_written_there_runs_or_loads_anything(slack: SlackApi) -> None:
    """Markup is shown as words, pictures and scripts' links are not made, and every element is closed."""
    ann = slack.person('<b onclick="x">Eve</b>')
    team, client = slack.channel("</style><i>", ann), client_of(slack)
    thread = ann.mentions(HOSTILE, team)
    button = actions("<script>2</script>")
    more = [{"type": "markdown", "text": HOSTILE}, {"type": "header", "text": plain("<s>")}, button]
    more.append({"type": "context", "elements": [{"type": "mrkdwn", "text": HOSTILE}]})
    more.append(
        {"type": "section", "text": {"type": "mrkdwn", "text": "<javascript:x|y> <https://a.example|b>"}}
    )
    await client("chat.postMessage", channel=team.id, thread_ts=thread, text="x", blocks=more)
    await client.upload(
        channel=team.id,
        thread_ts=thread,
        filename="<u>.md",
        content=HOSTILE,
        title="<u>.md",
        snippet_type=None,
    )
    html = page(slack.workspace, "</title><script>")
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    assert not reader.tags & {"script", "img", "link", "iframe", "s", "u", "i"}
    names = {name for name, _ in reader.attributes}
    assert names <= {"lang", "charset", "name", "content", "class", "style", "title", "href", "rel"}
    links = [value for name, value in reader.attributes if name == "href"]
    assert set(links) == {"https://a.example", "https://evil.example/p"}, "links to follow, nothing loaded"
    assert "url(" not in html
    assert "@import" not in html


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


async def test_it_says_when_the_app_was_cut_off(slack: SlackApi) -> None:
    """Between the messages before and after."""
    ann = slack.person("Ann")
    team, client = slack.channel("team", ann), client_of(slack)
    thread = await thread_of(ann, team)
    await client("chat.postMessage", channel=team.id, thread_ts=thread, text="before")
    async with socket_mode(slack, ignore):
        slack.socket.cut()
        await slack.record.until(lambda: slack.socket.opened > 1)
    await client("chat.postMessage", channel=team.id, thread_ts=thread, text="after")
    assert re.search(
        r"before Frontdesk was cut off at [\d:]+, and back at [\d:]+", words_of(page(slack.workspace, ""))
    )


async def test_a_place_that_cannot_be_written_is_said(slack: SlackApi, tmp_path: Path) -> None:
    """In a sentence, before the scenes begin."""
    stage = Stage(tmp_path, SlackPhones(slack))
    with pytest.raises(FrontdeskError, match="cannot be written"):
        draw(stage, tmp_path / "missing" / "x.html", "slack")
    draw(stage, tmp_path / "x.html", "slack")
    assert (tmp_path / "x.html").read_text().startswith("<!doctype html>")


def test_a_page_needs_a_chat(shell: Shell) -> None:
    """In a terminal there is nothing to draw."""
    ended = shell("demo", "--html", "x.html")
    assert ended.code == 3
    assert "--chat slack" in ended.err
