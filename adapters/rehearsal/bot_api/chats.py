"""Chats, their topics and messages, as Telegram keeps them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from adapters.rehearsal.bot_api.keyboards import buttons
from adapters.rehearsal.bot_api.refusals import Json, Refused, bad, forbidden

GENERAL: Final = 1
"""The topic that every forum has. It is never named when sending: its id is refused."""
UPGRADED: Final = "Bad Request: group chat was upgraded to a supergroup chat"


@dataclass(slots=True)
class Topic:
    id: int
    name: str
    icon_color: int
    closed: bool = False


@dataclass(slots=True)
class Draft:
    """What a person sees grow while the bot generates; gone after thirty seconds or with the message."""

    id: int
    text: str
    thread: int | None
    can_stop: bool
    seen_at: float


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as people see it now."""

    id: int
    by: str  # the first name, or the title of a channel
    by_bot: bool
    text: str  # or the caption
    buttons: tuple[tuple[str, ...], ...]  # labels, row by row
    thread: int | None
    payload: Json  # the whole message as the Bot API gives it
    edits: int
    silent: bool
    reactions: tuple[str, ...]  # the bot's


@dataclass(slots=True)
class Kept:
    """A message in its chat."""

    payload: Json
    edits: int = 0
    silent: bool = False
    reactions: tuple[str, ...] = ()  # the bot's
    felt: dict[int, str] = field(default_factory=dict[int, str])  # by people

    @property
    def id(self) -> int:
        return self.payload["message_id"]

    @property
    def thread(self) -> int | None:
        return self.payload.get("message_thread_id")

    def shown(self, bot_id: int) -> Shown:
        payload = self.payload
        author: dict[str, Any] = payload.get("sender_chat") or payload.get("from") or payload["chat"]
        rich: Json = payload.get("rich_message", {})
        texts = (payload.get("text"), payload.get("caption"), rich.get("markdown"), rich.get("html"))
        rows = buttons(payload.get("reply_markup"))
        return Shown(
            id=self.id,
            by=author.get("title") or author.get("first_name", ""),
            by_bot=author["id"] == bot_id,
            text=next((text for text in texts if text), ""),
            buttons=tuple(tuple(button["text"] for button in row) for row in rows),
            thread=self.thread,
            payload=payload,
            edits=self.edits,
            silent=self.silent,
            reactions=self.reactions,
        )


@dataclass(slots=True)
class Chat:
    """A private chat has the id of its person; groups, supergroups and channels have negative ids."""

    id: int
    type: str  # private | group | supergroup | channel
    title: str
    username: str = ""
    forum: bool = False  # a supergroup with topics
    topics_on: bool = False  # a private chat with topics
    standing: str = "member"  # the bot's: member | administrator | left | kicked
    known: bool = True  # whether the bot has ever heard of it
    blocked: bool = False  # by its person
    migrated_to: int | None = None
    closes_to_main: bool = False
    """What is posted to a deleted topic lands in the main chat: tdlib/telegram-bot-api#854."""
    messages: dict[int, Kept] = field(default_factory=dict[int, Kept])
    topics: dict[int, Topic] = field(default_factory=dict[int, Topic])
    drafts: dict[int, Draft] = field(default_factory=dict[int, Draft])
    last_writer: int = 0

    @property
    def private(self) -> bool:
        return self.type == "private"

    @property
    def threaded(self) -> bool:
        return self.forum or self.topics_on

    def wire(self) -> Json:
        name = {"first_name": self.title} if self.private else {"title": self.title}
        username = {"username": self.username} if self.username else {}
        return {
            "id": self.id,
            "type": self.type,
            **name,
            **username,
            **({"is_forum": True} if self.forum else {}),
        }

    def check_access(self) -> None:
        """Raises what Telegram says to a bot that may not write here."""
        if self.migrated_to is not None:
            raise Refused(400, UPGRADED, migrate_to=self.migrated_to)
        if self.blocked:
            raise forbidden("bot was blocked by the user")
        if self.standing == "kicked":
            raise forbidden(f"bot was kicked from the {self.type} chat")
        if self.standing == "left":
            raise forbidden(f"bot is not a member of the {self.type} chat")

    def thread_for(self, thread: int) -> int | None:
        """Where a post with this ``message_thread_id`` lands; None is the main chat, or General."""
        if not thread:
            return None
        if thread in self.topics and thread != GENERAL:
            if self.topics[thread].closed and self.standing != "administrator":
                raise bad("TOPIC_CLOSED")
            return thread
        if self.threaded and self.closes_to_main and thread != GENERAL:
            return None
        if self.threaded or self.private:
            raise bad("message thread not found")
        return None

    def topic(self, thread: int) -> Topic:
        if not self.threaded:
            raise bad("the chat is not a forum")
        if thread not in self.topics:
            raise bad("TOPIC_ID_INVALID")
        return self.topics[thread]

    def kept(self, message: int, what: str) -> Kept:
        """``what`` is Telegram's word for it: message to edit, to delete, to be replied, to react."""
        if message not in self.messages:
            raise bad(f"{what} not found")
        return self.messages[message]

    def drop_topic(self, thread: int) -> None:
        """A topic goes with all of its messages."""
        del self.topics[thread]
        self.messages = {id: kept for id, kept in self.messages.items() if kept.thread != thread}
