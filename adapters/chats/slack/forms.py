"""A form as Slack's modal, and what comes back from it; where it belongs travels in its metadata."""

from __future__ import annotations

import json
from typing import Final

from adapters.chats.slack.wire import Json, table
from adapters.chats.slack.words import harmless
from bot.model.conversations import Field, Form

CALLBACK: Final = "frontdesk.form"
FIELD: Final = "text"

MAX_TITLE: Final = 24
MAX_LABEL: Final = 2_000
MAX_PLACEHOLDER: Final = 150
MAX_WORDS: Final = 3_000
MAX_OPTION: Final = 75
MAX_VALUE: Final = 150
MOST_OPTIONS: Final = 100
"""https://docs.slack.dev/reference/views/modal-views"""


def modal(form: Form, key: str) -> Json:
    """``key``: of the conversation that the button stood in."""
    element: Json = {"type": "plain_text_input", "action_id": FIELD, "multiline": True}
    if form.placeholder:
        element["placeholder"] = _plain(form.placeholder, MAX_PLACEHOLDER)
    asked: Json = {
        "type": "input",
        "block_id": FIELD,
        "label": _plain(form.label, MAX_LABEL),
        "element": element,
    }
    blocks = [_said(form.label), *map(_field, form.fields)] if form.fields else [asked]
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": json.dumps({"token": form.token, "key": key}),
        "title": _plain(form.title, MAX_TITLE),
        "submit": _plain("Send", MAX_TITLE),
        "close": _plain("Cancel", MAX_TITLE),
        "blocks": blocks,
    }


def _said(words: str) -> Json:
    return {"type": "section", "text": _plain(words, MAX_WORDS)}


def _field(field: Field) -> Json:
    """Words in several lines, or one of the options."""
    element: Json = {"type": "plain_text_input", "action_id": FIELD, "multiline": True}
    if field.options:
        options = [
            {"text": _plain(each, MAX_OPTION), "value": each[:MAX_VALUE]}
            for each in field.options[:MOST_OPTIONS]
        ]
        chosen = [each for each in options if each["value"] == field.chosen]
        element = {"type": "static_select", "action_id": FIELD, "options": options}
        element |= {"initial_option": chosen[0]} if chosen else {}
    return {
        "type": "input",
        "block_id": field.name,
        "label": _plain(field.label, MAX_LABEL),
        "optional": field.optional,
        "element": element,
    }


def notice(words: str) -> Json:
    """Words for whoever pressed where no message could be shown."""
    text = _plain(words, MAX_WORDS)
    shown: Json = {"type": "section", "text": text}
    return {"type": "modal", "title": _plain("Frontdesk", MAX_TITLE), "blocks": [shown]}


def filled_in(view: Json) -> tuple[str, str, dict[str, str]] | None:
    """Token, conversation's key and words; None for a form that is not ours."""
    if view.get("callback_id") != CALLBACK:
        return None
    known = table(json.loads(str(view.get("private_metadata") or "{}")))
    blocks = table(table(view.get("state")).get("values"))
    values = {name: _value(table(block)) for name, block in blocks.items()}
    return str(known.get("token")), str(known.get("key")), values


def _value(block: Json) -> str:
    """What was written or chosen in it."""
    fields = [table(each) for each in block.values()]
    field = fields[0] if fields else table(None)
    return str(field.get("value") or table(field.get("selected_option")).get("value") or "")


def _plain(text: str, most: int) -> Json:
    shown = harmless(text).strip() or "…"
    return {"type": "plain_text", "text": shown if len(shown) <= most else shown[: most - 1] + "…"}
