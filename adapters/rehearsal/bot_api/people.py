"""People, and what they can do on a phone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from adapters.rehearsal.bot_api.chats import Chat, Draft, Kept, Shown
from adapters.rehearsal.bot_api.formatted import entities_of
from adapters.rehearsal.bot_api.hearing import tell, tell_standing
from adapters.rehearsal.bot_api.keyboards import buttons
from adapters.rehearsal.bot_api.methods.files import as_photo, described
from adapters.rehearsal.bot_api.places import Place
from adapters.rehearsal.bot_api.platform import Platform, Press
from adapters.rehearsal.bot_api.reading import Upload
from adapters.rehearsal.bot_api.refusals import Json
from adapters.rehearsal.phones import Impossible

MAX_START: Final = 64
"""Characters of a deep link's payload. https://core.telegram.org/bots/features#deep-linking"""
_DRAFT_S: Final = 30


@dataclass(frozen=True, slots=True)
class Person:
    """Writes in the private chat with the bot unless ``place`` says where."""

    platform: Platform
    id: int
    first_name: str
    username: str = ""
    language: str = "en"
    is_bot: bool = False

    def wire(self) -> Json:
        username = {"username": self.username} if self.username else {}
        spoken = {} if self.is_bot else {"language_code": self.language}
        return {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name, **username, **spoken}

    @property
    def private(self) -> Chat:
        return self.platform.chats[self.id]

    def chat(self, place: Place | None) -> Chat:
        if place is None:
            return self.private
        self.platform.members.setdefault(place.id, {})[self.id] = self.wire()
        return place.chat

    # Writing.

    def writes(
        self,
        text: str,
        place: Place | None = None,
        *,
        thread: int | None = None,
        reply_to: int | None = None,
        **more: Any,
    ) -> Kept:
        """A text message. ``more`` are further fields of a Message, as they are."""
        said: Json = {"text": text, "entities": entities_of(text) or None, **more}
        return self._says(said, self.chat(place), thread, reply_to)

    def starts(self, payload: str = "") -> Kept:
        """Opens the bot, by ``t.me/<bot>?start=<payload>`` when there is one."""
        if not re.fullmatch(rf"[A-Za-z0-9_-]{{0,{MAX_START}}}", payload):
            raise Impossible(f"A deep link carries {MAX_START} of A-Z, a-z, 0-9, _ and -, not {payload!r}.")
        return self.writes(f"/start {payload}".strip())

    def sends(
        self,
        kind: str,
        content: bytes,
        name: str = "file.bin",
        *,
        mime: str = "application/octet-stream",
        caption: str = "",
        size: int | None = None,
        place: Place | None = None,
        thread: int | None = None,
        reply_to: int | None = None,
    ) -> Kept:
        """A ``document``, ``photo`` or ``voice``; ``size``: what Telegram says it has, if not the truth."""
        file = self.platform.store(Upload(name, content, mime), size)
        shapes: Json = {"document": described(file), "photo": [as_photo(file)]}
        voice = {**as_photo(file), "duration": 3, "mime_type": "audio/ogg"}
        shapes["voice"] = {key: value for key, value in voice.items() if key not in ("width", "height")}
        said: Json = {kind: shapes[kind], "caption": caption or None}
        said["caption_entities"] = entities_of(caption) or None
        return self._says(said, self.chat(place), thread, reply_to)

    def forwards(self, text: str, author: Person | None = None, place: Place | None = None) -> Kept:
        """Words of somebody else, or of somebody who hides."""
        hidden: Json = {"type": "hidden_user", "sender_user_name": "Somebody"}
        origin = {"type": "user", "sender_user": author.wire()} if author else hidden
        return self.writes(text, place, forward_origin={**origin, "date": int(self.platform.clock())})

    def edits(self, message: int, text: str, place: Place | None = None) -> None:
        chat = self.chat(place)
        kept = chat.messages[message]
        if kept.payload["from"]["id"] != self.id:
            raise Impossible("People edit their own messages only.")
        words: Json = {"text": text, "entities": entities_of(text)}
        kept.payload = {**kept.payload, **words, "edit_date": int(self.platform.clock())}
        tell(self.platform, chat, kept, "edited_message")

    def deletes(self, message: int, place: Place | None = None) -> None:
        """A bot never hears of it."""
        del self.chat(place).messages[message]

    def _says(self, said: Json, chat: Chat, thread: int | None, reply_to: int | None) -> Kept:
        answered = chat.messages[reply_to] if reply_to is not None else None
        if thread is None and answered is not None:
            thread = answered.thread
        quoted = answered or (chat.messages[thread] if thread in chat.topics and chat.forum else None)
        if quoted is not None:
            # In a forum's topic, what answers nothing else answers the message that opened the topic.
            said |= {"reply_to_message": {k: v for k, v in quoted.payload.items() if k != "reply_to_message"}}
        kept = self.platform.keep(chat, said, author=self.wire(), thread=thread)
        if chat.type == "supergroup" and not chat.forum and answered is not None:
            # A chain of replies has a thread id too, and is no topic.
            kept.payload["message_thread_id"] = answered.thread or answered.id
        tell(self.platform, chat, kept)
        return kept

    # Answering the bot.

    def presses(self, label: str, place: Place | None = None, *, message: int | None = None) -> Press:
        """The newest button that reads ``label``, or that of one message, as it is on the screen now."""
        chat = self.chat(place)
        kept, button = _button(chat, label, message)
        return self._pressed(chat, kept.payload, button["callback_data"])

    def presses_late(self, seen: Shown, label: str) -> Press:
        """A button that was on the screen once: the message may have changed or gone since."""
        rows = buttons(seen.payload.get("reply_markup"))
        data = next(one["callback_data"] for row in rows for one in row if one["text"] == label)
        return self._pressed(self.platform.chats[seen.payload["chat"]["id"]], seen.payload, data)

    def _pressed(self, chat: Chat, message: Json, data: str) -> Press:
        press = Press(uuid4().hex, self.platform.clock())
        self.platform.presses[press.id] = press
        if message["message_id"] in chat.messages:
            message = chat.messages[message["message_id"]].payload
        else:  # https://core.telegram.org/bots/api#inaccessiblemessage
            message = {"chat": chat.wire(), "message_id": message["message_id"], "date": 0}
        query: Json = {"id": press.id, "from": self.wire(), "message": message, "data": data}
        self.platform.updates.add("callback_query", {**query, "chat_instance": str(chat.id)})
        return press

    def reacts(self, message: int, emoji: str = "", place: Place | None = None) -> None:
        """With one emoji, or with none any more. In a group only an administrator bot hears of it."""
        chat = self.chat(place)
        if not chat.private and chat.standing != "administrator":
            return
        felt = chat.messages[message].felt
        change: Json = {"old_reaction": _reaction(felt.get(self.id, "")), "new_reaction": _reaction(emoji)}
        felt[self.id] = emoji
        who: Json = {"chat": chat.wire(), "message_id": message, "user": self.wire()}
        self.platform.updates.add("message_reaction", {**who, "date": int(self.platform.clock()), **change})

    def sees_draft(self) -> Draft | None:
        """The newest draft, as long as it is on the screen."""
        now = self.platform.clock()
        fresh = [draft for draft in self.private.drafts.values() if now < draft.seen_at + _DRAFT_S]
        return fresh[-1] if fresh else None

    def stops(self) -> None:
        """Presses stop under the draft that is on the screen."""
        draft = self.sees_draft()
        if draft is None or not draft.can_stop:
            raise Impossible("No draft with a stop button is on the screen.")
        thread = {"message_thread_id": draft.thread} if draft.thread else {}
        self.private.drafts.clear()
        stopped: Json = {"chat": self.private.wire(), **thread, "draft_id": draft.id}
        self.platform.updates.add("stopped_message_generation", stopped)

    def opens_topic(self, name: str) -> int:
        """In the private chat with the bot."""
        if not self.private.topics_on or not self.platform.rules.users_create_topics:
            raise Impossible("People cannot open topics with this bot.")
        topic = self.platform.open_topic(self.private, name, 0x6FB9F0, self.wire())
        tell(self.platform, self.private, self.private.messages[topic.id])
        return topic.id

    def deletes_topic(self, thread: int, *, silently: bool = False) -> None:
        """In the private chat; a bot never hears of it. ``silently``: its posts then go to the main chat."""
        self.private.drop_topic(thread)
        self.private.closes_to_main = silently

    def blocks(self) -> None:
        self._stands("kicked", blocked=True)

    def unblocks(self) -> None:
        self._stands("member", blocked=False)

    def _stands(self, standing: str, *, blocked: bool) -> None:
        before = self.platform.membership(self.private)
        self.private.standing, self.private.blocked = standing, blocked
        tell_standing(self.platform, self.private, self.wire(), before)

    # Looking.

    def sees(self, place: Place | None = None) -> list[Shown]:
        """The chat as it is on the screen, oldest first."""
        return self.platform.shown(self.chat(place).id)


def _reaction(emoji: str) -> list[Json]:
    return [{"type": "emoji", "emoji": emoji}] if emoji else []


def _button(chat: Chat, label: str, message: int | None) -> tuple[Kept, Json]:
    for kept in reversed(chat.messages.values()):
        for row in buttons(kept.payload.get("reply_markup")) if message in (None, kept.id) else []:
            for button in row:
                if button["text"] == label and "callback_data" in button:
                    return kept, button
    raise Impossible(f"No message in {chat.title!r} has a button {label!r}.")
