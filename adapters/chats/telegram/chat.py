"""The Chat port over Telegram, and its entry point."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog
from telegram import ReactionTypeEmoji
from telegram.constants import ChatAction, ReactionEmoji
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, TelegramError

from adapters.chats.contact import Contact
from adapters.chats.telegram import downloads
from adapters.chats.telegram.bot import API_URL, READ_WITHIN_S, id_of, make_bot
from adapters.chats.telegram.commands import keep_commands
from adapters.chats.telegram.entities import MAX_UNITS
from adapters.chats.telegram.failures import RETRY_S, TOKEN_RETRY_S, UNKNOWN_BOT, own_errors
from adapters.chats.telegram.pacing import EDIT_EVERY_S, TELEGRAMS, Pace, Rates
from adapters.chats.telegram.places import Place, key_of, link_to, place, place_of
from adapters.chats.telegram.polling import POLL_S, USUAL, Patience, Polling
from adapters.chats.telegram.reading import Groups, Me, Reader
from adapters.chats.telegram.receiving import ANSWER_WITHIN_S, Receiving
from adapters.chats.telegram.rendering import read, render
from adapters.chats.telegram.sending import Content, Sending
from adapters.chats.telegram.webhook import Listen, Webhook
from bot.errors import ChatError, SettingsError
from bot.model.conversations import Address, FileRef, Form
from bot.model.health import Connection
from bot.model.posts import Part, Post
from bot.ports import Abilities, Receive, Supplies, Topic

if TYPE_CHECKING:
    from bot.settings import Settings

_log = structlog.get_logger("telegram")

ABILITIES: Final = Abilities(
    threads=True,
    edit=True,
    buttons=True,
    files=True,
    lookup=False,  # Telegram has no key of ours and no history for bots
    one_listener=True,
    silent=True,
    topics=True,
    max_chars=MAX_UNITS,
    edit_every_s=EDIT_EVERY_S,
)

MAX_TITLE: Final = 60
"""Of a topic; Telegram takes 128 UTF-16 units. https://core.telegram.org/bots/api#createforumtopic"""

SILENCE_S: Final = 60.0
"""After the end of a poll; then nobody is there."""

_REACTIONS: Final = {"✅": ReactionEmoji.THUMBS_UP, "❌": ReactionEmoji.THUMBS_DOWN}
"""Neither is among the reactions that bots may give."""


async def no_content(sha256: str) -> bytes:
    raise ChatError(f"The file {sha256[:8]} cannot be read here.")


@dataclass(frozen=True, slots=True)
class TelegramSettings:
    token: str
    name: str = "telegram"
    api_url: str = API_URL
    groups: frozenset[int] = frozenset()  # where it listens besides private chats
    webhook: Listen | None = None  # None: polling
    rates: Rates = TELEGRAMS
    patience: Patience = USUAL
    poll_s: int = POLL_S
    read_within_s: float = READ_WITHIN_S
    retry_s: float = RETRY_S  # after a call whose outcome is unknown
    answer_within_s: float = ANSWER_WITHIN_S


class TelegramChat:
    def __init__(self, settings: TelegramSettings, content: Content = no_content) -> None:
        """Nothing is connected yet."""
        self._settings = settings
        self._bot = make_bot(settings.token, settings.api_url, settings.read_within_s)
        self._groups = Groups(settings.groups)
        self._sending = Sending(self._bot, self._groups, Pace(settings.rates), content, settings.retry_s)
        self._contact = Contact("telegram")
        self._fresh: set[Place] = set()  # topics of ours that have taken nothing yet: they may never

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def abilities(self) -> Abilities:
        return ABILITIES

    @property
    def connection(self) -> Connection:
        contact = self._contact
        quiet_s = None if self._settings.webhook else self._settings.poll_s + SILENCE_S
        return Connection(contact.since, contact.heard_at, quiet_s, contact.problem)

    async def listen(self, receive: Receive) -> None:
        try:
            await self._listen(receive)
        finally:
            self._contact.ended()

    async def _listen(self, receive: Receive) -> None:
        settings, contact = self._settings, self._contact
        reader = Reader(await self._introduced(), self._groups)
        await keep_commands(self._bot)
        receiving = Receiving(self._bot, reader, receive, settings.answer_within_s)
        if settings.webhook is None:
            await Polling(self._bot, receiving, contact, settings.poll_s, settings.patience).run()
        else:
            await Webhook(self._bot, receiving, contact, settings.webhook, settings.patience).run()

    def parts(self, post: Post) -> tuple[Part, ...]:
        return render(post)

    async def send(self, where: Address, part: Part, key: str, again: bool) -> str:
        if again:
            _log.warning("telegram.sent_again", key=key)
        there = place_of(where.key)
        id = await self._sending.send(there, read(part))
        self._fresh.discard(there)
        return id

    async def edit(self, where: Address, message_id: str, part: Part) -> None:
        await self._sending.edit(place_of(where.key), message_id, read(part))

    async def direct(self, account: str) -> Address | None:
        """A private chat has its person's number; Telegram shows it to us only once they have written."""
        if not account.isascii() or not account.isdecimal():
            return None
        with own_errors("looking for a private chat"):
            try:
                chat = await self._bot.get_chat(int(account))
            except (BadRequest, Forbidden):
                return None
        return Address(self.name, key_of(place(chat.id, None)))

    async def reopen(self, where: Address, title: str) -> Address | None:
        """A new topic; where we may not open one, the chat itself."""
        there = place_of(where.key)
        if there.topic is None:
            return None
        found = Place(there.chat)
        with own_errors("opening a topic"):
            try:
                if there not in self._fresh:
                    found = await self._new_topic(there.chat, title)
            except Forbidden:
                return None
            except BadRequest as error:
                _log.info("telegram.no_topic", chat=there.chat, error=str(error))
        return Address(self.name, key_of(found))

    async def open_topic(self, where: Address, title: str) -> Topic | None:
        """In a forum that lets us, and in a private chat that has topics; Telegram says which that is."""
        there = place_of(where.key)
        if there.topic is not None:
            return None
        with own_errors("opening a topic", self._settings.retry_s):
            try:
                opened = await self._new_topic(there.chat, title)
            except BadRequest as error:
                _log.info("telegram.no_topic", chat=there.chat, error=str(error))
                return None
        link = link_to(Place(self._groups.now(there.chat), opened.topic))
        return Topic(Address(self.name, key_of(opened)), link)

    async def _new_topic(self, chat: int, title: str) -> Place:
        try:
            topic = await self._bot.create_forum_topic(self._groups.now(chat), title[:MAX_TITLE])
        except ChatMigrated as error:  # a group becomes another one when it is given topics
            self._groups.move(chat, error.new_chat_id)
            topic = await self._bot.create_forum_topic(error.new_chat_id, title[:MAX_TITLE])
        opened = place(chat, topic.message_thread_id)
        self._fresh.add(opened)
        return opened

    async def fetch(self, file: FileRef, max_bytes: int) -> bytes:
        with own_errors(f"fetching {file.name!r}"):
            found = await self._bot.get_file(file.id)
            size = found.file_size or file.size
        if size > max_bytes:
            raise downloads.too_big(file, size, max_bytes)
        return await downloads.load(file, found.file_path or "", max_bytes, self._settings.read_within_s)

    async def react(self, where: Address, message_id: str, emoji: str) -> None:
        try:
            await self._bot.set_message_reaction(
                self._groups.now(place_of(where.key).chat),
                int(message_id),
                ReactionTypeEmoji(_REACTIONS.get(emoji, emoji)) if emoji else None,
            )
        except TelegramError as error:  # a courtesy; the group may not allow it
            _log.info("telegram.no_reaction", error=str(error))

    async def typing(self, where: Address) -> None:
        there = place_of(where.key)
        try:
            await self._bot.send_chat_action(
                self._groups.now(there.chat), ChatAction.TYPING, message_thread_id=there.topic
            )
        except TelegramError as error:
            _log.info("telegram.no_typing", error=str(error))

    async def open_form(self, where: Address, form: Form) -> None:
        """Asked for by a press, which knows the message: see ``receiving``."""

    async def close(self) -> None:
        await self._bot.request.shutdown()
        await self._bot.shutdown()

    async def _introduced(self) -> Me:
        """Who we are; asked until Telegram says so."""
        rest_s = self._settings.patience.retry_s
        while True:
            try:
                me = await self._bot.get_me()
                await self._find_moved_groups()
            except InvalidToken:
                self._contact.lost(UNKNOWN_BOT)
                rest_s = TOKEN_RETRY_S
            except TelegramError as error:
                self._contact.lost(f"Telegram cannot be reached ({error}).")
            else:
                self._contact.heard()
                return Me(self.name, id_of(self._settings.token), me.username or "")
            await asyncio.sleep(rest_s)
            rest_s = min(rest_s * 2, self._settings.patience.most_s)

    async def _find_moved_groups(self) -> None:
        """The configuration names a group by the number it had; Telegram knows where it went."""
        for group in self._settings.groups:
            try:
                await self._bot.get_chat(group)
            except ChatMigrated as error:
                self._groups.move(group, error.new_chat_id)
            except (BadRequest, Forbidden) as error:
                _log.warning("telegram.group_not_found", chat=group, error=str(error))


def make(settings: Settings, name: str, supplies: Supplies) -> TelegramChat:
    """The entry point ``frontdesk.chats``."""
    table = settings.chats[name]
    webhook = Listen(table.webhook_url, table.listen_host, table.listen_port) if table.webhook_url else None
    return TelegramChat(
        TelegramSettings(
            token=settings.secrets.require("TELEGRAM_BOT_TOKEN"),
            name=name,
            api_url=settings.environ.get("TELEGRAM_API_URL", "").rstrip("/") or API_URL,
            groups=frozenset(_group(name, key) for key in table.channels),
            webhook=webhook,
        ),
        supplies.content,
    )


def _group(name: str, key: str) -> int:
    try:
        return place_of(key).chat
    except ChatError:
        where = f"chats.{name}.channels.{key}"
        raise SettingsError(f"{where}: must be the number of a group, as in -1001234567890") from None
