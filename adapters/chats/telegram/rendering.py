"""A post as Telegram's messages: text with entities, buttons under the last of it, files behind it.

A part's body is JSON of one message, written here and read back here. What needs more than two messages is
cut short and follows whole, as a file.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, cast

from adapters.chats import markup
from adapters.chats.telegram.entities import MAX_UNITS, Entity, Formatted, convert, within_limits
from bot.model.dispatches import Step, StepState
from bot.model.posts import ButtonView, FileView, Part, Post

CONVERT_WITHIN_S: Final = 2.0
"""All of one post; after that the rest is sent as it was written."""

MOST_MESSAGES: Final = 2
HEAD_UNITS: Final = 3000
ROW_CHARS: Final = 26
"""Labels of one row of buttons together, so that none is cut off on a phone."""

MAX_ROW: Final = 4
MAX_BUTTONS: Final = 100
MAX_TOKEN_BYTES: Final = 64
"""Of callback_data. https://core.telegram.org/bots/api#inlinekeyboardbutton"""

NOTHING: Final = "…"  # Telegram takes no empty message
WHOLE_NAME: Final = "result.md"
WHOLE_BELOW: Final = "\n\n… (the whole text is in the file)"

_ROOM: Final = 400  # conversion may lengthen a text a little: bullets, rules, tables
_MARKS: Final = {StepState.DONE: "✅", StepState.ACTIVE: "⏳", StepState.FAILED: "❌", StepState.OPEN: "⬜"}


@dataclass(frozen=True, slots=True)
class Document:
    """A file: a text of our own, or one that the house keeps under its sha256."""

    name: str
    text: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Sendable:
    """One message; with a document the text is empty."""

    shown: Formatted
    rows: tuple[tuple[ButtonView, ...], ...] = ()
    silent: bool = False
    document: Document | None = None


def render(post: Post) -> tuple[Part, ...]:
    """Pure: the same parts for the same post."""
    markdown = _markdown(post)
    chunks = _split(markdown, MAX_UNITS - _ROOM)
    documents = [*map(_attached, post.files)]
    if len(chunks) > MOST_MESSAGES:
        chunks = (_split(markdown, HEAD_UNITS)[0] + WHOLE_BELOW,)
        documents.insert(0, Document(WHOLE_NAME, text=markdown))
    messages = [Sendable(shown, silent=post.silent) for shown in _formatted(chunks)]
    messages[-1] = replace(messages[-1], rows=_rows(post.buttons))
    messages += [Sendable(Formatted(""), silent=post.silent, document=document) for document in documents]
    return tuple(map(written, messages))


def _split(markdown: str, units: int) -> tuple[str, ...]:
    """No more of it than shows whether there are too many."""
    beginning = markdown[: (MOST_MESSAGES + 2) * units]
    return markup.split(beginning, units, markup.utf16_units)


def _formatted(chunks: tuple[str, ...]) -> Iterator[Formatted]:
    until = time.monotonic() + CONVERT_WITHIN_S
    for chunk in chunks:
        for shown in within_limits(convert(chunk, until)):
            yield shown if shown.text.strip() else Formatted(NOTHING)


def _attached(file: FileView) -> Document:
    return Document(markup.neutralise(file.name) or "file", sha256=file.sha256)


def _markdown(post: Post) -> str:
    steps = "\n".join(map(_step, post.steps))
    return markup.neutralise("\n\n".join(filter(None, (post.markdown, steps, post.footer))))


def _step(step: Step) -> str:
    return f"{_MARKS[step.state]} {step.text}"


def _rows(buttons: tuple[ButtonView, ...]) -> tuple[tuple[ButtonView, ...], ...]:
    """Short labels beside each other, long ones below each other."""
    rows: list[list[ButtonView]] = []
    for button in buttons[:MAX_BUTTONS]:
        shown = replace(button, label=markup.neutralise(button.label).strip() or NOTHING)
        if rows and _fits(rows[-1], shown):
            rows[-1].append(shown)
        else:
            rows.append([shown])
    return tuple(map(tuple, rows))


def _fits(row: list[ButtonView], button: ButtonView) -> bool:
    return len(row) < MAX_ROW and sum(len(each.label) for each in (*row, button)) <= ROW_CHARS


# ── a part's body ────────────────────────────────────────────────────────────────────────────────────────


def written(message: Sendable) -> Part:
    fields: dict[str, Any] = {"text": message.shown.text, "silent": message.silent}
    if message.shown.entities:
        fields["entities"] = [_without_nothing(asdict(entity)) for entity in message.shown.entities]
    if message.rows:
        fields["rows"] = [[[each.token, each.label] for each in row] for row in message.rows]
    if message.document:
        fields["document"] = _without_nothing(asdict(message.document))
    return Part(json.dumps(fields, ensure_ascii=False))


def read(part: Part) -> Sendable:
    fields = cast("dict[str, Any]", json.loads(part.body))
    entities = tuple(Entity(**entity) for entity in fields.get("entities", ()))
    rows = tuple(tuple(ButtonView(*button) for button in row) for row in fields.get("rows", ()))
    document = Document(**fields["document"]) if "document" in fields else None
    return Sendable(Formatted(fields["text"], entities), rows, fields["silent"], document)


def _without_nothing(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
