"""The rehearsed Telegram itself: who is there, what was written, and what the bot is told of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from adapters.rehearsal.bot_api.chats import GENERAL, Chat, Kept, Shown, Topic
from adapters.rehearsal.bot_api.faults import Faults
from adapters.rehearsal.bot_api.pace import Pace
from adapters.rehearsal.bot_api.reading import Upload
from adapters.rehearsal.bot_api.record import Record
from adapters.rehearsal.bot_api.refusals import Json, bad
from adapters.rehearsal.bot_api.updates import Updates

MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Rules:
    """What differs between bots, servers and times; the defaults are Telegram's own."""

    privacy: bool = True  # in groups the bot hears commands, mentions and replies only
    topics_in_private: bool = False  # BotFather's threaded mode
    users_create_topics: bool = True  # in private chats with topics
    rich: bool = True  # the server knows rich messages (Bot API 10.1)
    drafts: bool = True  # the server knows sendMessageDraft (Bot API 9.3)
    upload_bytes: int = 50 * MIB
    photo_bytes: int = 10 * MIB
    download_bytes: int = 20 * MIB
    press_expires_s: float = 60.0  # how long a press may be answered; Telegram names no figure
    conflict_hold_s: float = 3.0
    webhook_retry_s: float = 1.0  # doubled at each failure
    pace: Pace | None = field(default_factory=Pace)  # None: no limit of speed


@dataclass(slots=True)
class Press:
    """Somebody pressed a button; what the bot answered is what pops up on the phone."""

    id: str
    at: float
    text: str | None = None  # None: not answered yet, the button shows a spinner
    alert: bool = False


@dataclass(slots=True)
class Stored:
    """A file on Telegram's servers."""

    id: str
    name: str
    mime: str
    content: bytes
    size: int  # as Telegram states it


@dataclass
class Platform:
    """State, and the few changes that both people and the bot can cause."""

    token: str
    username: str
    rules: Rules
    faults: Faults
    clock: Callable[[], float] = time.time
    record: Record = field(default_factory=Record)
    chats: dict[int, Chat] = field(default_factory=dict[int, Chat])
    presses: dict[str, Press] = field(default_factory=dict[str, Press])
    files: dict[str, Stored] = field(default_factory=dict[str, Stored])
    commands: dict[str, list[Json]] = field(default_factory=dict[str, list[Json]])  # by scope and language
    members: dict[int, dict[int, Json]] = field(default_factory=dict[int, dict[int, Json]])  # by chat
    logged_out: bool = False
    webhook: Json = field(default_factory=dict[str, Any])
    _ids: Any = field(default_factory=lambda: count(1))
    _supergroup_ids: dict[int, Any] = field(default_factory=dict[int, Any])

    def __post_init__(self) -> None:
        self.updates = Updates(self.record, self.clock, self.rules.conflict_hold_s)

    @property
    def id(self) -> int:
        return int(self.token.partition(":")[0])

    def me(self) -> Json:
        return {
            "id": self.id,
            "is_bot": True,
            "first_name": "Frontdesk",
            "username": self.username,
            "can_join_groups": True,
            "can_read_all_group_messages": not self.rules.privacy,
            "supports_inline_queries": False,
            "has_topics_enabled": self.rules.topics_in_private,
            "allows_users_to_create_topics": self.rules.topics_in_private and self.rules.users_create_topics,
        }

    def as_author(self) -> Json:
        return {name: value for name, value in self.me().items() if name in _AUTHOR}

    def next_id(self, chat: Chat) -> int:
        """Private chats and groups share the bot's numbering, each supergroup and channel has its own."""
        if chat.type in ("supergroup", "channel"):
            return next(self._supergroup_ids.setdefault(chat.id, count(2)))  # 1 is its creation
        return next(self._ids)

    def chat(self, given: str) -> Chat:
        """By its id, or by the @name of a group or channel; one that the bot may write to."""
        if not given:
            raise bad("chat_id is empty")
        for chat in self.chats.values():
            if chat.known and given in (str(chat.id), f"@{chat.username}"):
                chat.check_access()
                return chat
        raise bad("chat not found")

    def keep(self, chat: Chat, content: Json, *, author: Json, thread: int | None = None) -> Kept:
        """A new message in ``chat``."""
        payload: Json = {"message_id": self.next_id(chat), "date": int(self.clock()), "chat": chat.wire()}
        if author:
            payload["from"] = author
        if thread is not None:
            payload["message_thread_id"] = thread
        if thread not in (None, GENERAL) and chat.threaded:
            payload["is_topic_message"] = True  # elsewhere the id names a chain of replies
        kept = Kept({**payload, **{name: value for name, value in content.items() if value is not None}})
        chat.messages[kept.id] = kept
        chat.last_writer = author.get("id", chat.id)
        return kept

    def open_topic(self, chat: Chat, name: str, color: int, author: Json) -> Topic:
        """A forum shows it with a message, whose id is the topic's."""
        made: Json = {"forum_topic_created": {"name": name, "icon_color": color}}
        kept = self.keep(chat, made, author=author)
        kept.payload |= {"message_thread_id": kept.id, "is_topic_message": True}
        topic = chat.topics[kept.id] = Topic(kept.id, name, color)
        return topic

    def membership(self, chat: Chat) -> Json:
        """The bot's own, as a ChatMember."""
        match chat.standing:
            case "administrator":
                more = dict.fromkeys(_RIGHTS, False) | {"can_manage_topics": True, "can_manage_chat": True}
            case "kicked":
                more = {"until_date": 0}
            case _:
                more = {}
        return {"status": chat.standing, "user": self.as_author(), **more}

    def store(self, upload: Upload, size: int | None = None) -> Stored:
        id, size = f"file{len(self.files) + 1}", size or len(upload.content)
        file = Stored(id, upload.name, upload.mime, upload.content, size)
        self.files[file.id] = file
        return file

    def shown(self, chat: int) -> list[Shown]:
        return [kept.shown(self.id) for kept in self.chats[chat].messages.values()]


_AUTHOR: Final = ("id", "is_bot", "first_name", "username")
_RIGHTS: Final = (
    *("can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats"),
    *(
        "can_restrict_members",
        "can_promote_members",
        "can_change_info",
        "can_invite_users",
        "can_post_stories",
    ),
    *("can_edit_stories", "can_delete_stories"),
)
