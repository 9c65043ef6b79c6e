"""A post as Slack's messages: Markdown, the card's steps as a plan, buttons under the last, files behind.

A part's body is JSON of one message, written here and read back here. What needs more than two messages is
cut short and follows whole, as a file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, cast

from adapters.chats import markup
from adapters.chats.slack.wire import Json
from adapters.chats.slack.words import escaped, harmless
from bot.model.dispatches import Step, StepState
from bot.model.posts import ButtonView, FileView, Part, Post, Style

MAX_CHARS: Final = 11_000
"""Of one message. Slack takes 12,000 of Markdown and about 13,000 of all; some is for the footer and buttons.
https://docs.slack.dev/reference/block-kit/blocks/markdown-block"""

MOST_MESSAGES: Final = 2
HEAD_CHARS: Final = 3_000
MAX_FOOTER: Final = 500
MAX_BUTTONS: Final = 25
MAX_LABEL: Final = 75
MAX_STEPS: Final = 40
MAX_TITLE: Final = 200
MAX_SUMMARY: Final = 1_000
"""What a notification and a screen reader say, beside the blocks."""
MAX_PLAIN: Final = 3_900
"""Of words without blocks. An edit of more than 4,000 is refused. https://github.com/getnao/nao/issues/1323"""

NOTHING: Final = "…"  # Slack takes no empty message
WHOLE_NAME: Final = "result.md"
WHOLE_BELOW: Final = "\n\n… (the whole text is in the file)"

_USER: Final = re.compile(r"[A-Z0-9]+/([UW][A-Z0-9]+)")
_MARKS: Final = {StepState.DONE: "✅", StepState.ACTIVE: "⏳", StepState.FAILED: "❌", StepState.OPEN: "⬜"}
_STATUSES: Final = {
    StepState.DONE: "complete",
    StepState.ACTIVE: "in_progress",
    StepState.FAILED: "error",
    StepState.OPEN: "pending",
}


@dataclass(frozen=True, slots=True)
class Document:
    """A file: a text of our own, or one that the house keeps under its sha256."""

    name: str
    text: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    text: str
    state: StepState


@dataclass(frozen=True, slots=True)
class Sendable:
    """One message of ours, or one file."""

    markdown: str = ""
    tasks: tuple[Task, ...] = ()
    footer: str = ""
    buttons: tuple[ButtonView, ...] = ()
    document: Document | None = None
    calls: str = ""  # the id of a user whom it notifies

    @property
    def words(self) -> str:
        """All that people read, as Markdown."""
        steps = "\n".join(f"{_MARKS[task.state]} {task.text}" for task in self.tasks)
        return "\n\n".join(filter(None, (self.markdown, steps, self.footer))) or NOTHING

    @property
    def plain(self) -> str:
        """The same without Markdown, as text that Slack shows as it is."""
        return self.called + (escaped(markup.plain(self.words)) or NOTHING)

    @property
    def called(self) -> str:
        """https://docs.slack.dev/messaging/formatting-message-text#mentioning-users"""
        return f"<@{self.calls}> " if self.calls else ""


def render(post: Post) -> tuple[Part, ...]:
    """Pure; each part within Slack's limits, and none of them without words."""
    return tuple(map(written, _messages(post)))


def _messages(post: Post) -> Iterator[Sendable]:
    tasks = tuple(Task(_line(step), step.state) for step in post.steps[:MAX_STEPS])
    footer = harmless(post.footer)[:MAX_FOOTER]
    room = MAX_CHARS - len(footer) - sum(len(task.text) + 3 for task in tasks) - 10
    markdown = harmless(post.markdown)
    chunks = _chunks(markdown, max(room, markup.LEAST_MAX_CHARS))
    whole: Document | None = None
    if not chunks:
        whole = Document(WHOLE_NAME, markdown)
        chunks = (markup.split(markdown[: 2 * HEAD_CHARS], HEAD_CHARS)[0] + WHOLE_BELOW,)
    called = _user(post.mention)
    for chunk in chunks[:-1]:
        yield Sendable(chunk, calls=called)
        called = ""
    yield Sendable(chunks[-1], tasks, footer, shown_buttons(post.buttons), calls=called)
    if whole is not None:
        yield Sendable(document=whole)
    for file in post.files:
        yield Sendable(document=_attached(file))


def _chunks(markdown: str, room: int) -> tuple[str, ...]:
    """None when they are more than people want to read as messages."""
    chunks = () if len(markdown) > MOST_MESSAGES * room else markup.split(markdown, room)
    return chunks if len(chunks) <= MOST_MESSAGES else ()


def _user(account: str | None) -> str:
    """Of an account of ours, team and user."""
    found = _USER.fullmatch(account or "")
    return found[1] if found else ""


def _line(step: Step) -> str:
    return " ".join(harmless(step.text).split())[:MAX_TITLE] or NOTHING


def shown_buttons(buttons: tuple[ButtonView, ...]) -> tuple[ButtonView, ...]:
    """As many, and with as long labels, as Slack takes."""
    return tuple(
        ButtonView(each.token, harmless(each.label).strip()[:MAX_LABEL] or NOTHING, each.style)
        for each in buttons[:MAX_BUTTONS]
    )


def _attached(file: FileView) -> Document:
    return Document(markup.neutralise(file.name) or "file", sha256=file.sha256)


# ── blocks ───────────────────────────────────────────────────────────────────────────────────────────────


def blocks_of(message: Sendable, *, plan: bool) -> list[Json]:
    """``plan``: the steps as Slack's own list, where the workspace knows it; else as lines of text."""
    if message.calls:
        calls = {"type": "section", "text": {"type": "mrkdwn", "text": message.called.strip()}}
        return [calls, *blocks_of(replace(message, calls=""), plan=plan)]
    if plan and message.tasks:
        title, rest = _titled(message.markdown)
        more = [{"type": "markdown", "text": rest}] if rest else []
        return [_plan(title, message.tasks), *more, *_below(message)]
    steps = "\n".join(f"{_MARKS[task.state]} {task.text}" for task in message.tasks)
    text = "\n\n".join(filter(None, (message.markdown, steps))) or NOTHING
    return [{"type": "markdown", "text": text}, *_below(message)]


def _titled(markdown: str) -> tuple[str, str]:
    """The first line as a title, which has no marks, and the rest."""
    first, _, rest = markdown.strip().partition("\n")
    title = " ".join(markup.plain(first).split()) or NOTHING
    return title[:MAX_TITLE], rest.strip() if len(title) <= MAX_TITLE else markdown


def _plan(title: str, steps: tuple[Task, ...]) -> Json:
    tasks = [
        {"type": "task_card", "task_id": str(n), "title": task.text, "status": _STATUSES[task.state]}
        for n, task in enumerate(steps, 1)
    ]
    return {"type": "plan", "title": title, "tasks": tasks}


def _below(message: Sendable) -> Iterator[Json]:
    if message.footer:
        yield {"type": "context", "elements": [{"type": "mrkdwn", "text": escaped(message.footer)[:2_900]}]}
    if message.buttons:
        yield {"type": "actions", "elements": [button_of(each) for each in message.buttons]}


def button_of(button: ButtonView) -> Json:
    shown: Json = {
        "type": "button",
        "action_id": button.token,
        "text": {"type": "plain_text", "text": button.label, "emoji": True},
    }
    return shown if button.style is Style.PLAIN else {**shown, "style": button.style.value}


# ── a part's body ────────────────────────────────────────────────────────────────────────────────────────


def written(message: Sendable) -> Part:
    fields: Json = {"markdown": message.markdown}
    if message.tasks:
        fields["tasks"] = [[task.text, task.state] for task in message.tasks]
    if message.footer:
        fields["footer"] = message.footer
    if message.buttons:
        fields["buttons"] = [[each.token, each.label, each.style] for each in message.buttons]
    if message.calls:
        fields["calls"] = message.calls
    if message.document:
        fields["document"] = {
            name: value for name, value in asdict(message.document).items() if value is not None
        }
    return Part(json.dumps(fields, ensure_ascii=False))


def read(part: Part) -> Sendable:
    fields = cast("dict[str, Any]", json.loads(part.body))
    tasks = tuple(Task(text, StepState(state)) for text, state in fields.get("tasks", ()))
    buttons = tuple(
        ButtonView(token, label, Style(style)) for token, label, style in fields.get("buttons", ())
    )
    document = Document(**fields["document"]) if "document" in fields else None
    calls = fields.get("calls", "")
    return Sendable(fields["markdown"], tasks, fields.get("footer", ""), buttons, document, calls)
