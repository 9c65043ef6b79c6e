"""Takes the house's secrets out of what is kept of a run and of what people read, noun by noun.

Only words are touched: ids, hashes, tokens of buttons and an adapter's own resume data stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import TypeVar, cast

from bot.model import events as ev
from bot.model.posts import Post
from bot.model.questions import Approval

Redact = Callable[[str], str]
T = TypeVar("T")


def masked_event(event: ev.Event, redact: Redact) -> ev.Event:
    """The event without secrets, a handed-over file's content and a call that asks for approval included."""
    match event:
        case ev.Started():
            return replace(event, note=redact(event.note))
        case ev.Asked(approval=approval):
            bound = _masked_approval(approval, redact) if approval else None
            asks = tuple(
                replace(_words(ask, redact), key=_key(ask.key, approval, redact)) for ask in event.asks
            )
            return replace(event, asks=asks, approval=bound, default=event.default and redact(event.default))
        case _:
            return _words(event, redact)


def _key(key: str, approval: Approval | None, redact: Redact) -> str:
    """A question's key is the specialist's own words; an approval's is its hash."""
    return key if approval else redact(key)


def _masked_approval(approval: Approval, redact: Redact) -> Approval:
    """Shown without the secret, and bound by its hash to the call as it was made."""
    return replace(approval, input=masked_json(approval.input, redact))


def masked_json(text: str, redact: Redact) -> str:
    """The same JSON with its strings redacted one by one: a match across two of them would spoil it."""
    try:
        value: object = json.loads(text)
    except ValueError:
        return redact(text)
    masked = _strings(value, redact)
    if masked == value:
        return text
    return json.dumps(masked, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _strings(value: object, redact: Redact) -> object:
    match value:
        case str():
            return redact(value)
        case dict():
            table = cast("dict[str, object]", value)
            return {redact(name): _strings(item, redact) for name, item in table.items()}
        case list():
            return [_strings(item, redact) for item in cast("list[object]", value)]
        case _:
            return value


def masked_post(post: Post, redact: Redact) -> Post:
    """Everything of a post that people read."""
    return replace(
        post,
        markdown=redact(post.markdown),
        footer=redact(post.footer),
        steps=tuple(replace(step, text=redact(step.text)) for step in post.steps),
        buttons=tuple(replace(button, label=redact(button.label)) for button in post.buttons),
        files=tuple(replace(file, name=redact(file.name)) for file in post.files),
    )


def _words(value: T, redact: Redact) -> T:
    return cast("T", _masked(value, redact))


def _masked(value: object, redact: Redact) -> object:
    match value:
        case Enum():
            return value
        case str():
            return redact(value)
        case bytes():
            return redact(value.decode(errors="surrogateescape")).encode(errors="surrogateescape")
        case tuple():
            return tuple(_masked(item, redact) for item in cast("tuple[object, ...]", value))
        case _ if is_dataclass(value) and not isinstance(value, type):
            changed = {field.name: _masked(getattr(value, field.name), redact) for field in fields(value)}
            return replace(value, **changed)
        case _:
            return value
