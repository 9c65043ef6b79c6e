"""Groups, forums and channels, and what their administrators do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from adapters.rehearsal.bot_api.chats import Chat, Kept, Shown
from adapters.rehearsal.bot_api.formatted import entities_of
from adapters.rehearsal.bot_api.hearing import tell, tell_standing
from adapters.rehearsal.bot_api.platform import Platform
from adapters.rehearsal.bot_api.refusals import Json

_ANONYMOUS: Final = {
    "id": 1087968824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}
"""Whom Telegram names as the author when an administrator writes as the group."""
_SOMEBODY: Final = {"id": 777_000, "is_bot": False, "first_name": "Telegram"}


@dataclass(frozen=True, slots=True)
class Place:
    """A chat of several people."""

    platform: Platform
    chat: Chat

    @property
    def id(self) -> int:
        return self.chat.id

    def shown(self) -> list[Shown]:
        return self.platform.shown(self.id)

    def says(self, text: str) -> Kept:
        """A channel's post, or an administrator who writes as the group."""
        said: Json = {"text": text, "entities": entities_of(text) or None, "sender_chat": self.chat.wire()}
        author = {} if self.chat.type == "channel" else dict(_ANONYMOUS)
        kept = self.platform.keep(self.chat, said, author=author)
        tell(self.platform, self.chat, kept)
        return kept

    def opens_topic(self, name: str) -> int:
        """By an administrator; its thread id."""
        topic = self.platform.open_topic(self.chat, name, 0x6FB9F0, dict(_SOMEBODY))
        tell(self.platform, self.chat, self.chat.messages[topic.id])
        return topic.id

    def closes_topic(self, thread: int) -> None:
        """Only administrators write there then."""
        self.chat.topics[thread].closed = True

    def deletes_topic(self, thread: int, *, silently: bool = False) -> None:
        """A bot never hears of it. ``silently``: what is posted there then goes to the main chat."""
        self.chat.drop_topic(thread)
        self.chat.closes_to_main = silently

    def makes_bot(self, standing: str) -> None:
        """``administrator``, ``member``, ``left`` or ``kicked``."""
        before = self.platform.membership(self.chat)
        self.chat.standing, self.chat.known = standing, True
        tell_standing(self.platform, self.chat, dict(_SOMEBODY), before)

    def becomes_supergroup(self) -> Place:
        """The old id stays and answers with the new one."""
        new = Chat(self.id - 1_000_000_000_000, "supergroup", self.chat.title, standing=self.chat.standing)
        self.platform.chats[new.id] = new
        moved = self.platform.keep(self.chat, {"migrate_to_chat_id": new.id}, author=dict(_ANONYMOUS))
        tell(self.platform, self.chat, moved)
        self.chat.migrated_to = new.id
        came = self.platform.keep(new, {"migrate_from_chat_id": self.id}, author=dict(_ANONYMOUS))
        tell(self.platform, new, came)
        return Place(self.platform, new)
