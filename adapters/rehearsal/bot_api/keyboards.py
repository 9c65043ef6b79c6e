"""What Telegram accepts as a keyboard under a message."""

from __future__ import annotations

from typing import Any, Final, cast

from adapters.rehearsal.bot_api.reading import Asked
from adapters.rehearsal.bot_api.refusals import Json, bad

MAX_DATA_BYTES: Final = 64
MAX_IN_ROW: Final = 8
MAX_BUTTONS: Final = 100
_ACTIONS: Final = frozenset(
    {
        *("url", "callback_data", "web_app", "login_url", "switch_inline_query", "copy_text", "pay"),
        *("switch_inline_query_current_chat", "switch_inline_query_chosen_chat", "callback_game"),
    }
)


def keyboard_of(asked: Asked) -> Json | None:
    """The inline keyboard of a message; other kinds of markup are checked for their shape only."""
    markup = asked.table("reply_markup", "reply markup")
    if "inline_keyboard" not in markup:
        return None
    rows = _rows(markup["inline_keyboard"])
    return {"inline_keyboard": rows} if any(rows) else None


def _rows(given: object) -> list[list[Json]]:
    if not isinstance(given, list) or not all(isinstance(row, list) for row in cast("list[object]", given)):
        raise bad('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    rows = [[_button(one) for one in row] for row in cast("list[list[object]]", given)]
    if any(len(row) > MAX_IN_ROW for row in rows) or sum(map(len, rows)) > MAX_BUTTONS:
        raise bad("reply markup is too long")
    return [row for row in rows if row]


def _button(given: object) -> Json:
    if not isinstance(given, dict):
        raise bad("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    button = cast("dict[str, Any]", given)
    if not isinstance(button.get("text"), str):
        raise bad("can't parse inline keyboard button: can't find field \"text\"")
    if not button["text"].strip():
        raise bad("BUTTON_TEXT_EMPTY")
    if not _ACTIONS & button.keys():
        raise bad("can't parse inline keyboard button: text buttons are unallowed in the inline keyboard")
    if "callback_data" in button and not 1 <= len(str(button["callback_data"]).encode()) <= MAX_DATA_BYTES:
        raise bad("BUTTON_DATA_INVALID")
    if "url" in button and not str(button["url"]).startswith(("http://", "https://", "tg://")):
        raise bad(f"inline keyboard button URL '{button['url']}' is invalid: wrong HTTP URL")
    return button


def buttons(markup: Json | None) -> list[list[Json]]:
    return cast("list[list[Json]]", (markup or {}).get("inline_keyboard", []))
