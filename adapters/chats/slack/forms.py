"""A form as Slack's modal, and what comes back from it; where it belongs travels in its metadata."""

from __future__ import annotations

import json
from typing import Final

from adapters.chats.slack.wire import Json, table
from adapters.chats.slack.words import harmless
from bot.model.conversations import Form

CALLBACK: Final = "frontdesk.form"
FIELD: Final = "text"

MAX_TITLE: Final = 24
MAX_LABEL: Final = 2_000
MAX_PLACEHOLDER: Final = 150
MAX_WORDS: Final = 3_000
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
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": json.dumps({"token": form.token, "key": key}),
        "title": _plain(form.title, MAX_TITLE),
        "submit": _plain("Send", MAX_TITLE),
        "close": _plain("Cancel", MAX_TITLE),
        "blocks": [asked],
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
    fields = (table(field) for block in blocks.values() for field in table(block).values())
    words = next((str(field.get("value") or "") for field in fields), "")
    return str(known.get("token")), str(known.get("key")), {"text": words}


def _plain(text: str, most: int) -> Json:
    shown = harmless(text).strip() or "…"
    return {"type": "plain_text", "text": shown if len(shown) <= most else shown[: most - 1] + "…"}
