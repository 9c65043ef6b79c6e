"""Where a conversation is on Telegram, and the one function each way between that and its key."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bot.errors import ChatError

_KEY: Final = re.compile(r"(?P<chat>-?[1-9][0-9]{0,18})(?:/(?P<topic>[1-9][0-9]{0,18}))?")

GENERAL: Final = 1
"""The topic that every forum has: it arrives as 1, and naming it when sending is refused.
https://github.com/tdlib/telegram-bot-api/issues/447"""


@dataclass(frozen=True, slots=True)
class Place:
    """A private chat or group, or one topic of it."""

    chat: int
    topic: int | None = None  # None: no topics, or General

    @property
    def is_private(self) -> bool:
        """A private chat has its person's id; groups and channels have negative ones."""
        return self.chat > 0


def place(chat: int, topic: int | None) -> Place:
    return Place(chat, None if topic == GENERAL else topic)


def key_of(place: Place) -> str:
    return str(place.chat) if place.topic is None else f"{place.chat}/{place.topic}"


def place_of(key: str) -> Place:
    found = _KEY.fullmatch(key)
    if found is None:
        raise ChatError(f"{key!r} is no place on Telegram: it must be a chat's number, or chat/topic.")
    return place(int(found["chat"]), int(found["topic"]) if found["topic"] else None)


def link_to(place: Place) -> str:
    """Leads the members of a group to its topic; there is no such thing for a private chat.

    https://core.telegram.org/api/links#private-message-links
    """
    channel = str(place.chat).removeprefix("-100")
    return "" if place.is_private or place.topic is None else f"https://t.me/c/{channel}/{place.topic}"
