"""What the bot hears of what people do, which depends on the kind of chat and on privacy mode."""

from __future__ import annotations

from typing import Any, Final

from adapters.rehearsal.bot_api.chats import Chat, Kept
from adapters.rehearsal.bot_api.formatted import cut
from adapters.rehearsal.bot_api.platform import Platform
from adapters.rehearsal.bot_api.refusals import Json

_IN_CHANNELS: Final = {"message": "channel_post", "edited_message": "edited_channel_post"}


def tell(platform: Platform, chat: Chat, kept: Kept, kind: str = "message") -> int | None:
    """The update's id, or None when the bot does not hear of this message."""
    if not _reaches(platform, chat, kept.payload):
        return None
    chat.known = True
    kind = _IN_CHANNELS[kind] if chat.type == "channel" else kind
    return platform.updates.add(kind, dict(kept.payload))


def _reaches(platform: Platform, chat: Chat, message: Json) -> bool:
    if chat.blocked or chat.migrated_to is not None or chat.standing in ("left", "kicked"):
        return False
    in_a_group = chat.type in ("group", "supergroup")
    hears_all = chat.standing == "administrator" or not platform.rules.privacy
    return not in_a_group or hears_all or _is_for(platform, message)


def _is_for(platform: Platform, message: Json) -> bool:
    """Privacy mode. https://core.telegram.org/bots/features#privacy-mode"""
    answered: dict[str, Any] = message.get("reply_to_message", {})
    if answered.get("from", {}).get("id") == platform.id:
        return True
    text = message.get("text") or message.get("caption") or ""
    marks: list[Json] = message.get("entities") or message.get("caption_entities") or []
    return any(_names(platform, mark["type"], cut(text, mark["offset"], mark["length"])) for mark in marks)


def _names(platform: Platform, kind: str, words: str) -> bool:
    own = platform.username.lower()
    _, at, name = words.lower().partition("@")
    return name == own if at else kind == "bot_command"


def tell_standing(platform: Platform, chat: Chat, by: Json, before: Json) -> int | None:
    """Somebody blocked, added, promoted or removed the bot."""
    about: Json = {"chat": chat.wire(), "from": by, "date": int(platform.clock())}
    change = {"old_chat_member": before, "new_chat_member": platform.membership(chat)}
    return platform.updates.add("my_chat_member", {**about, **change})
