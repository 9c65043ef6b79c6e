"""How we call people, places and events of Slack: the same event has the same key, however often it comes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from adapters.chats.slack.places import Place, key_of
from adapters.chats.slack.wire import Json
from bot.model.conversations import Address
from bot.model.people import Identity

_TS: Final = re.compile(r":(\d+\.\d+)(?=:|$)")


@dataclass(frozen=True, slots=True)
class Me:
    """Who we are in Slack."""

    chat: str  # the adapter's name
    team: str
    user: str
    shared: frozenset[str] = frozenset()  # channels with other organisations that the configuration names

    def identity(self, team: str, user: str) -> Identity:
        return Identity(self.chat, f"{team}/{user}")

    def address(self, where: Place) -> Address:
        return Address(self.chat, key_of(where))

    def key(self, channel: str, ts: str) -> str:
        """Never an event's id: a mention comes as two events about one message."""
        return f"{self.chat}:{self.team}:{channel}:{ts}"

    def place(self, message: Json) -> Place:
        """A message outside threads begins its own; below a post of ours in private it is that channel."""
        channel, thread = str(message["channel"]), message.get("thread_ts")
        if thread and is_direct(message) and message.get("parent_user_id") == self.user:
            return Place(str(message["user"]))
        return Place(channel, str(thread or message["ts"]))


def ts_of(key: str) -> str:
    """When the message was written that the key is of; empty where it is of something else."""
    found = _TS.search(key)
    return found[1] if found else ""


def is_direct(message: Json) -> bool:
    return message.get("channel_type") == "im" or str(message.get("channel", "")).startswith("D")
