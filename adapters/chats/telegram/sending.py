"""One message to Telegram: at our pace, into the right topic, and never silence where words can be sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, LinkPreviewOptions, Message
from telegram import MessageEntity as TelegramEntity
from telegram.error import BadRequest, ChatMigrated, TelegramError

from adapters.chats.telegram.entities import Entity
from adapters.chats.telegram.failures import is_about_entities, is_unchanged, own_errors
from adapters.chats.telegram.pacing import Pace
from adapters.chats.telegram.places import Place
from adapters.chats.telegram.reading import Groups
from adapters.chats.telegram.rendering import MAX_TOKEN_BYTES, Document, Sendable
from bot.errors import ChatError
from bot.model.posts import ButtonView

_log = structlog.get_logger("telegram")

NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)
"""A preview fetches whatever address a model wrote."""

Content = Callable[[str], Awaitable[bytes]]
"""The bytes of a file of a post, by its sha256."""


class Sending:
    def __init__(self, bot: Bot, groups: Groups, pace: Pace, content: Content, retry_s: float) -> None:
        self._bot = bot
        self._groups = groups
        self._pace = pace
        self._content = content
        self._retry_s = retry_s

    async def send(self, where: Place, message: Sendable) -> str:
        """The id of the new message; ChatError(gone) when it would stand somewhere else."""
        await self._pace.before_message(where)
        with own_errors("sending", self._retry_s):
            try:
                sent = await self._sent(where, message)
            except ChatMigrated as error:
                self._groups.move(where.chat, error.new_chat_id)
                sent = await self._sent(where, message)
        await self._check_topic(where, sent)
        return str(sent.message_id)

    async def edit(self, where: Place, message_id: str, message: Sendable) -> None:
        if message.document is not None:
            return  # a file that was sent stays as it is
        await self._pace.before_edit(where, message_id)
        with own_errors("editing", self._retry_s):
            try:
                await self._edited(where, int(message_id), message)
            except ChatMigrated as error:
                raise ChatError("The message stayed behind when the group moved.", gone=True) from error
            except BadRequest as error:
                if not is_unchanged(error):
                    raise

    async def _sent(self, where: Place, message: Sendable) -> Message:
        if message.document is not None:
            return await self._sent_file(where, message, message.document)
        try:
            return await self._sent_text(where, message, _entities(message))
        except BadRequest as error:
            if not is_about_entities(error):
                raise
            _log.warning("telegram.sent_plain", error=str(error))
            return await self._sent_text(where, message, None)

    async def _sent_text(
        self, where: Place, message: Sendable, entities: list[TelegramEntity] | None
    ) -> Message:
        return await self._bot.send_message(
            self._groups.now(where.chat),
            message.shown.text,
            entities=entities,
            message_thread_id=where.topic,
            reply_markup=keyboard(message.rows),
            disable_notification=message.silent,
            link_preview_options=NO_PREVIEW,
        )

    async def _sent_file(self, where: Place, message: Sendable, document: Document) -> Message:
        content = (document.text or "").encode()
        if document.sha256:
            content = await self._content(document.sha256)
        return await self._bot.send_document(
            self._groups.now(where.chat),
            InputFile(content, filename=document.name),
            message_thread_id=where.topic,
            disable_notification=message.silent,
            disable_content_type_detection=True,
        )

    async def _edited(self, where: Place, message_id: int, message: Sendable) -> None:
        try:
            await self._edited_text(where, message_id, message, _entities(message))
        except BadRequest as error:
            if is_unchanged(error) or not is_about_entities(error):
                raise
            _log.warning("telegram.sent_plain", error=str(error))
            await self._edited_text(where, message_id, message, None)

    async def _edited_text(
        self, where: Place, message_id: int, message: Sendable, entities: list[TelegramEntity] | None
    ) -> None:
        await self._bot.edit_message_text(
            message.shown.text,
            chat_id=self._groups.now(where.chat),
            message_id=message_id,
            entities=entities,
            reply_markup=keyboard(message.rows),
            link_preview_options=NO_PREVIEW,
        )

    async def _check_topic(self, where: Place, sent: Message) -> None:
        """A message to a deleted topic can arrive in the chat itself: it is taken back there.

        https://github.com/tdlib/telegram-bot-api/issues/854
        """
        if where.topic is None or sent.message_thread_id == where.topic:
            return
        try:
            await self._bot.delete_message(sent.chat.id, sent.message_id)
        except TelegramError as error:
            _log.warning("telegram.misplaced", message=sent.message_id, error=str(error))
        raise ChatError(f"The topic {where.topic} is gone.", gone=True)


def keyboard(rows: tuple[tuple[ButtonView, ...], ...]) -> InlineKeyboardMarkup | None:
    if not rows:
        return None
    return InlineKeyboardMarkup([[_button(each) for each in row] for row in rows])


def _button(button: ButtonView) -> InlineKeyboardButton:
    if len(button.token.encode()) > MAX_TOKEN_BYTES:
        raise ChatError(f"The id of the button {button.label!r} is too long for Telegram.")
    return InlineKeyboardButton(button.label, callback_data=button.token)


def _entities(message: Sendable) -> list[TelegramEntity]:
    return [_entity(each) for each in message.shown.entities]


def _entity(entity: Entity) -> TelegramEntity:
    return TelegramEntity(entity.type, entity.offset, entity.length, url=entity.url, language=entity.language)
