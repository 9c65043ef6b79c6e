"""A voice note becomes words, which its person is shown before anything follows from them.

note ──▶ fetched, written down, kept as the message's text ──▶ “I heard …” [Yes, go on] [No] ──▶ a turn
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import structlog

from bot.brief import Brief
from bot.errors import FrontdeskError, HearingError, StoreError
from bot.house import House
from bot.ledger import charge
from bot.model.conversations import Conversation, FileRef, Message, MessageState
from bot.model.dispatches import Billing
from bot.model.log import LedgerRow
from bot.ports import Chat, Recording, Transcribe

MB: Final = 1_000_000
OFF: Final = (
    "I cannot listen to voice notes here. Write it, please; an admin can turn them on with `[voice]`."
)
FAILED: Final = "I could not make out your voice note. {why} Write it, please, or send it again."
VOICE: Final = "voice"
"""In the ledger, where a project stands for other work."""

_log = structlog.get_logger("voice")


class Hearing:
    def __init__(self, house: House, chats: Mapping[str, Chat], transcribe: Transcribe) -> None:
        self._house = house
        self._chats = chats
        self._transcribe = transcribe

    def due(self, brief: Brief) -> FileRef | None:
        """The note, if its person spoke to us and its words are not known yet.

        While nobody listens, a note with words beside it is a file like any other.
        """
        note = brief.message.voice
        if note is None or note.heard or not (brief.for_us and brief.trusted):
            return None
        return None if brief.text and self._house.settings.voice.model is None else note

    async def hear(self, message: Message, note: FileRef) -> None:
        """Keep what was said as the message's text; raises HearingError with what its person is told."""
        model = self._house.settings.voice.model
        if model is None:
            raise HearingError(OFF)
        try:
            words = (await self._words(message, note, model)).strip() or _nothing_said()
        except StoreError:
            raise
        except FrontdeskError as error:
            _log.warning("voice.not_heard", message=message.id, error=self._house.redact(str(error)))
            raise HearingError(FAILED.format(why=self._house.redact(str(error)))) from error
        async with self._house.store.transaction() as unit:
            current = await unit.get(Message, message.id, lock=True)
            if current is None or current.state is not MessageState.WAITING or note not in current.files:
                return
            await charge(unit, self._house, self._cost(message, model))
            files = tuple(replace(file, heard=True) if file == note else file for file in current.files)
            await unit.change(current, text=f"{current.text}\n{words}".strip(), files=files, late=True)

    async def _words(self, message: Message, note: FileRef, model: str) -> str:
        settings = self._house.settings
        voice = settings.voice
        async with self._house.store.reading() as unit:
            conversation = await unit.get(Conversation, message.conversation)
        chat = self._chats.get(conversation.chat) if conversation else None
        if chat is None:
            raise HearingError("The chat it came from cannot be asked for it.")
        audio = await chat.fetch(note, voice.max_mb * MB)
        recording = Recording(note.name, audio, voice.base_url, model, settings.voice_key(), voice.timeout_s)
        return await self._transcribe(recording)

    def _cost(self, message: Message, model: str) -> LedgerRow:
        """Servers do not say it."""
        return LedgerRow(
            id=self._house.new_id(),
            at=self._house.now(),
            person=message.person or "",
            project=VOICE,
            object=message.id,
            usd=None,
            billing=Billing.ESTIMATED,
            model=model,
            conversation=message.conversation,
        )


def _nothing_said() -> str:
    raise HearingError("Nothing was said in it.")
