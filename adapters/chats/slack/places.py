"""Where a conversation is in Slack, and the one function each way between that and its key."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bot.errors import ChatError

_KEY: Final = re.compile(r"(?P<channel>[CGDUW][A-Z0-9]{1,30})(?:/(?P<thread>\d{1,20}\.\d{1,10}))?")


@dataclass(frozen=True, slots=True)
class Place:
    """A thread, a channel outside its threads, or somebody's private channel by that person's id."""

    channel: str
    thread: str | None = None

    @property
    def user(self) -> str | None:
        """Whose private channel it is, where it is named by the person."""
        return self.channel if self.channel[0] in "UW" else None


def key_of(place: Place) -> str:
    return place.channel if place.thread is None else f"{place.channel}/{place.thread}"


def place_of(key: str) -> Place:
    found = _KEY.fullmatch(key)
    if found is None:
        raise ChatError(f"{key!r} is no place in Slack: it must be a channel's id, or channel/thread.")
    return Place(found["channel"], found["thread"])
