"""What Telegram delivers, as the house's events; who may do what is not decided here.

Ignored: other bots, channel posts and everybody who writes as a channel or as an anonymous admin (there is no
person to answer for it), groups that the configuration does not name, service messages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, cast
from zlib import crc32

import structlog
from telegram import CallbackQuery, Message, MessageReactionUpdated, Update, User
from telegram.constants import ChatType, MessageEntityType

from adapters.chats.telegram import forms
from adapters.chats.telegram.places import Place, key_of, place
from bot.model.conversations import (
    CANCELS,
    Address,
    Edited,
    FileRef,
    Inbound,
    Pressed,
    Reacted,
    Stopped,
    Submitted,
    Wrote,
)
from bot.model.people import Identity

_log = structlog.get_logger("telegram")

STOPPED: Final = "stopped_message_generation"
"""Bot API 10.3; the library knows 10.0 and hands it over unread."""

UPDATES: Final = ("message", "edited_message", "callback_query", "message_reaction", STOPPED)

_CANCELS: Final = frozenset({CANCELS, "👎"})  # ❌ is not among the reactions that everybody has
_COMMAND: Final = re.compile(r"(?P<command>/\w+)@(?P<bot>\w+)")


@dataclass(frozen=True, slots=True)
class Me:
    """Who we are on Telegram."""

    chat: str  # the adapter's name
    id: str
    username: str


@dataclass(slots=True)
class Groups:
    """The groups that the configuration names; one that became a supergroup keeps its old number here."""

    known: frozenset[int]
    moved: dict[int, int] = field(default_factory=dict[int, int])  # old → new

    def move(self, old: int, new: int) -> None:
        if old in self.known:
            self.moved[old] = new
            _log.info("telegram.group_moved", old=old, new=new)

    def now(self, chat: int) -> int:
        """Where the group is to be written to."""
        return self.moved.get(chat, chat)

    def named(self, chat: int) -> int:
        """The number by which the house knows it."""
        return next((old for old, new in self.moved.items() if new == chat), chat)

    def __contains__(self, chat: int) -> bool:
        return self.named(chat) in self.known


class Reader:
    """Pure but for what it remembers of moved groups."""

    def __init__(self, me: Me, groups: Groups) -> None:
        self._me = me
        self._groups = groups

    def read(self, update: Update) -> Inbound | None:
        """The event, or None for what is not ours."""
        if update.message is not None:
            return self._message(update.message)
        if update.edited_message is not None:
            return self._edited(update.edited_message)
        if update.callback_query is not None:
            return self._pressed(update.callback_query)
        if update.message_reaction is not None:
            return self._reacted(update.message_reaction)
        if STOPPED in update.api_kwargs:
            return self._stopped(update.update_id, cast("dict[str, Any]", update.api_kwargs[STOPPED]))
        return None

    # Messages.

    def _message(self, message: Message) -> Inbound | None:
        if message.migrate_to_chat_id:
            self._groups.move(message.chat.id, message.migrate_to_chat_id)
            return None
        if message.migrate_from_chat_id:
            self._groups.move(message.migrate_from_chat_id, message.chat.id)
            return None
        sender = self._sender(message)
        files = tuple(_files(message))
        text = self._own_text(message)
        if sender is None or text is None or not (text or files):
            return None
        replied = _replied(message)
        token = forms.token_of(replied, self._me.id) if replied else None
        if token and not message.forward_origin:
            return Submitted(*self._from(sender, message), token, {"text": text}, _name(sender))
        direct = message.chat.type == ChatType.PRIVATE
        return Wrote(
            *self._from(sender, message),
            text,
            _name(sender),
            reply_to=str(replied.message_id) if replied else None,
            direct=direct,
            addressed=direct or self._addresses_us(message, replied),
            forwarded=message.forward_origin is not None or message.via_bot is not None,
            files=files,
            sent_at=message.date,
        )

    def _edited(self, message: Message) -> Inbound | None:
        sender, text = self._sender(message), self._own_text(message)
        if sender is None or not text or message.via_bot or message.forward_origin:
            return None
        identity, where, key = self._from(sender, message)
        stamp = int(message.edit_date.timestamp()) if message.edit_date else 0
        edit = f"{key}:edited:{stamp}:{crc32(text.encode('utf-8', 'replace')):08x}"
        return Edited(identity, where, edit, key, text, _name(sender))

    def _sender(self, message: Message) -> User | None:
        """The person who wrote it and answers for it; None: nobody does, or not here."""
        sender, chat = message.from_user, message.chat
        if sender is None or sender.is_bot or chat.type == ChatType.CHANNEL:
            return None
        if message.sender_chat is not None:
            _log.warning("telegram.no_person", chat=chat.id, sender_chat=message.sender_chat.id)
            return None
        return sender if self._is_known(chat.id, str(chat.type)) else None

    def _is_known(self, chat: int, kind: str) -> bool:
        if kind == ChatType.PRIVATE or chat in self._groups:
            return True
        _log.info("telegram.unknown_group", chat=chat, remedy=f'[chats.{self._me.chat}.channels."{chat}"]')
        return False

    def _own_text(self, message: Message) -> str | None:
        """The words without what only addresses us; None when a command is for another bot."""
        text = message.text or message.caption or _rich(message)
        entities = message.entities or message.caption_entities
        if not text.startswith(("/", "@")) or not any(each.offset == 0 for each in entities):
            return text
        if (command := _COMMAND.match(text)) is not None:
            if command["bot"].casefold() != self._me.username.casefold():
                return None
            return command["command"] + text[command.end() :]
        mention = f"@{self._me.username}"
        return text[len(mention) :].lstrip(" ,:") if _begins(text, mention) else text

    def _addresses_us(self, message: Message, replied: Message | None) -> bool:
        if replied is not None and replied.from_user and str(replied.from_user.id) == self._me.id:
            return True
        found = message.parse_entities() if message.text else message.parse_caption_entities()
        mention = f"@{self._me.username}".casefold()
        return any(
            words.casefold() == mention
            if entity.type == MessageEntityType.MENTION
            else entity.type == MessageEntityType.BOT_COMMAND and entity.offset == 0
            for entity, words in found.items()
        )

    # Everything else.

    def _pressed(self, query: CallbackQuery) -> Pressed | None:
        message, sender = query.message, query.from_user
        if message is None or query.data is None or sender.is_bot:
            return None
        if not self._is_known(message.chat.id, str(message.chat.type)):
            return None
        topic = topic_of(message) if isinstance(message, Message) else None
        return Pressed(
            self._identity(sender.id),
            self._address(message.chat.id, topic),
            f"{self._me.chat}:{self._me.id}:callback:{query.id}",
            query.data,
            _name(sender),
            str(message.message_id),
        )

    def _reacted(self, reaction: MessageReactionUpdated) -> Reacted | None:
        sender, chat = reaction.user, reaction.chat
        if sender is None or sender.is_bot or not self._is_known(chat.id, str(chat.type)):
            return None
        old = {_emoji(each) for each in reaction.old_reaction}
        new = [emoji for each in reaction.new_reaction if (emoji := _emoji(each)) and emoji not in old]
        if not new:
            return None
        stamp = int(reaction.date.timestamp())
        key = f"{self._key(chat.id, reaction.message_id)}:reaction:{sender.id}:{stamp}"
        emoji = CANCELS if new[-1] in _CANCELS else new[-1]
        return Reacted(
            self._identity(sender.id),
            self._address(chat.id, None),
            f"{key}:{crc32(emoji.encode()):08x}",
            emoji,
            str(reaction.message_id),
            self._key(chat.id, reaction.message_id),
        )

    def _stopped(self, update_id: int, stopped: dict[str, Any]) -> Stopped | None:
        chat, sender = _table(stopped.get("chat")), _table(stopped.get("user") or stopped.get("from"))
        chat_id, topic = chat.get("id"), stopped.get("message_thread_id")
        if not isinstance(chat_id, int) or chat.get("type") != ChatType.PRIVATE:
            return None
        who = sender.get("id", chat_id)
        return Stopped(
            self._identity(int(who)),
            self._address(chat_id, topic if isinstance(topic, int) else None),
            f"{self._me.chat}:{self._me.id}:stopped:{update_id}",
            str(sender.get("first_name") or who),
        )

    def _from(self, sender: User, message: Message) -> tuple[Identity, Address, str]:
        where = self._address(message.chat.id, topic_of(message))
        return self._identity(sender.id), where, self._key(message.chat.id, message.message_id)

    def _identity(self, user: int) -> Identity:
        return Identity(self._me.chat, str(user))

    def _address(self, chat: int, topic: int | None) -> Address:
        return Address(self._me.chat, key_of(place(self._groups.named(chat), topic)))

    def _key(self, chat: int, message: int) -> str:
        """With our own number: every bot counts the messages of a private chat for itself."""
        return f"{self._me.chat}:{self._me.id}:{chat}:{message}"


def topic_of(message: Message) -> int | None:
    """Replies in ordinary groups carry a thread's number too; only topics are places."""
    return message.message_thread_id if message.is_topic_message else None


def _replied(message: Message) -> Message | None:
    """In a topic everything is a reply to the message that opened it."""
    replied = message.reply_to_message
    if replied is None or (message.is_topic_message and replied.message_id == message.message_thread_id):
        return None
    return replied


def _files(message: Message) -> Iterator[FileRef]:
    n = message.message_id
    if message.photo:
        largest = max(message.photo, key=lambda each: each.width * each.height)
        yield FileRef(largest.file_id, f"photo-{n}.jpg", largest.file_size or 0)
    for file, name in (
        (message.document, f"file-{n}"),
        (message.audio, f"audio-{n}.mp3"),
        (message.video, f"video-{n}.mp4"),
    ):
        if file is not None:
            yield FileRef(file.file_id, file.file_name or name, file.file_size or 0)
    if message.voice:
        yield FileRef(message.voice.file_id, f"voice-{n}.ogg", message.voice.file_size or 0, voice=True)


def _rich(message: Message) -> str:
    """The words of a rich message (Bot API 10.1), which the library hands over unread."""
    return "\n".join(_words(message.api_kwargs.get("rich_message")))


def _words(value: object) -> Iterator[str]:
    match value:
        case {"text": str(words)}:
            yield words
        case dict():
            for each in cast("dict[str, object]", value).values():
                yield from _words(each)
        case list():
            for each in cast("list[object]", value):
                yield from _words(each)
        case _:
            return


def _name(user: User) -> str:
    return user.full_name or str(user.id)


def _emoji(reaction: object) -> str:
    return str(getattr(reaction, "emoji", ""))


def _begins(text: str, mention: str) -> bool:
    return re.match(re.escape(mention) + r"(?!\w)", text, re.IGNORECASE) is not None


def _table(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def place_in(update: Update) -> Place | None:
    """Where it happened, whatever it is."""
    message = update.effective_message
    if message is not None:
        return place(message.chat.id, topic_of(message))
    return Place(update.effective_chat.id) if update.effective_chat else None
