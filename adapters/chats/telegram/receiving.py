"""Hands each update to the desk and comes back when it is committed; a press is answered in time even so."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog
from telegram import Bot, CallbackQuery, ForceReply, LinkPreviewOptions, Message, Update
from telegram.error import TelegramError

from adapters.chats.telegram import forms
from adapters.chats.telegram.reading import Reader, topic_of
from bot.errors import FrontdeskError
from bot.model.conversations import Form, Inbound, Outcome, Pressed, Receipt, Submitted
from bot.ports import Receive

_log = structlog.get_logger("telegram")

ANSWER_WITHIN_S: Final = 3.0
"""Of a press; Telegram shows a spinner until then and forgets the press after some more seconds."""

MAX_ANSWER_CHARS: Final = 200
"""https://core.telegram.org/bots/api#answercallbackquery"""

WAIT: Final = "One moment: I am still writing that down."


class Receiving:
    def __init__(
        self,
        bot: Bot,
        reader: Reader,
        receive: Receive,
        answer_within_s: float = ANSWER_WITHIN_S,
    ) -> None:
        self._bot = bot
        self._reader = reader
        self._receive = receive
        self._answer_within_s = answer_within_s

    async def take(self, update: Update) -> None:
        """Returns after the commit; raises what ``receive`` raises, and then nothing was kept."""
        inbound = self._read(update)
        if inbound is None:
            return
        if isinstance(inbound, Pressed) and update.callback_query:
            await self._press(update.callback_query, inbound)
            return
        receipt = await self._receive(inbound)
        if isinstance(inbound, Submitted) and receipt.text and update.message:
            await self._say(update.message.chat.id, receipt.text, update.message.message_id)

    def _read(self, update: Update) -> Inbound | None:
        try:
            return self._reader.read(update)
        except Exception:  # noqa: BLE001  one odd update must not stop all others
            _log.exception("telegram.unreadable", update=update.update_id)
            return None

    async def _press(self, query: CallbackQuery, inbound: Pressed) -> None:
        """A platform that waits for its answer is answered, also while the database is away."""
        keeping = asyncio.ensure_future(self._kept(inbound))
        try:
            done, _ = await asyncio.wait([keeping], timeout=self._answer_within_s)
            if not done:
                await self._answer(query, WAIT)
            receipt = await keeping
        except FrontdeskError as error:
            await self._answer(query, "I could not write that down; I am trying again by myself.")
            raise error from error.__cause__
        finally:
            keeping.cancel()
        await self._confirm(query, receipt, answered=not done)

    async def _kept(self, inbound: Inbound) -> Receipt:
        return await self._receive(inbound)

    async def _confirm(self, query: CallbackQuery, receipt: Receipt, *, answered: bool) -> None:
        refused = receipt.outcome is Outcome.REFUSED
        if not answered:
            await self._answer(query, receipt.text, alert=refused)
        elif receipt.text and query.message:
            await self._say(query.message.chat.id, receipt.text, query.message.message_id)
        if receipt.outcome is Outcome.ACCEPTED:
            await self._take_keyboard_away(query)
        if receipt.form is not None and query.message:
            shown = query.message
            thread = topic_of(shown) if isinstance(shown, Message) else None
            await self._ask(shown.chat.id, shown.message_id, thread, receipt.form)

    async def _answer(self, query: CallbackQuery, text: str, *, alert: bool = False) -> None:
        try:
            await self._bot.answer_callback_query(query.id, text[:MAX_ANSWER_CHARS] or None, show_alert=alert)
        except TelegramError as error:  # too late, or answered before
            _log.info("telegram.press_not_answered", error=str(error))

    async def _take_keyboard_away(self, query: CallbackQuery) -> None:
        if query.message is None:
            return
        try:
            await self._bot.edit_message_reply_markup(query.message.chat.id, query.message.message_id)
        except TelegramError as error:  # the desk has redrawn the message meanwhile
            _log.info("telegram.keyboard_left", error=str(error))

    async def _ask(self, chat: int, message: int, thread: int | None, form: Form) -> None:
        """Where the button was; the words come as a reply to this."""
        words, entities = forms.asked(form)
        try:
            await self._bot.send_message(
                chat,
                words,
                entities=entities,
                reply_markup=ForceReply(input_field_placeholder=forms.placeholder(form)),
                reply_to_message_id=message,
                allow_sending_without_reply=True,
                message_thread_id=thread,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        except TelegramError as error:
            _log.warning("telegram.not_asked", error=str(error))

    async def _say(self, chat: int, words: str, message: int) -> None:
        try:
            await self._bot.send_message(
                chat, words[:4000], reply_to_message_id=message, allow_sending_without_reply=True
            )
        except TelegramError as error:
            _log.warning("telegram.not_said", error=str(error))
