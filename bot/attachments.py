"""Files that people attach reach a specialist that takes them: fetched before its work begins, kept as rows.

A run may live on another machine and never talks to a chat, so the turn fetches what its decision needs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

import structlog

from bot.brief import Brief
from bot.briefing import attached
from bot.errors import AttachmentError, ChatError
from bot.house import House
from bot.model.conversations import Conversation, FileRef, Message, MessageState
from bot.model.decisions import Action, Ask, Decision, FollowUp, StartDispatch, Steer
from bot.model.log import Blob
from bot.model_choice import COMPLETION, kind_of_specialist
from bot.ports import Ability, Chat

MAX_BYTES: Final = 20_000_000
FAILED: Final = "I could not fetch {name}, so I began nothing with it. {why}"

_log = structlog.get_logger("attachments")


class Attachments:
    def __init__(self, house: House, chats: Mapping[str, Chat]) -> None:
        self._house = house
        self._chats = chats

    def due(self, brief: Brief, decision: Decision) -> tuple[FileRef, ...]:
        """What is not here yet and the decision, or a button that it offers, would hand to somebody."""
        if not brief.trusted or not any(self._takes(brief, each) for each in _offered(decision.actions)):
            return ()
        return tuple(file for file in attached(brief.message) if not file.sha256)

    def _takes(self, brief: Brief, action: Action) -> bool:
        match action:
            case StartDispatch(project=name) if name in self._house.settings.projects:
                specialist = self._house.settings.projects[name].specialist
            case FollowUp(dispatch=id) | Steer(dispatch=id) if found := brief.dispatch(id):
                specialist = found.specialist
            case _:
                return False
        known = self._house.can(specialist, Ability.FILES)
        return kind_of_specialist(self._house.settings, specialist) == COMPLETION if known is None else known

    async def fetch(self, message: Message, files: tuple[FileRef, ...]) -> None:
        """Keep them all; raises AttachmentError with what its person is told."""
        async with self._house.store.reading() as unit:
            conversation = await unit.get(Conversation, message.conversation)
        chat = self._chats.get(conversation.chat) if conversation else None
        kept = {file: await self._bytes(chat, file) for file in files}
        async with self._house.store.transaction() as unit:
            current = await unit.get(Message, message.id, lock=True)
            if current is None or current.state is not MessageState.WAITING:
                return
            names = dict[FileRef, str]()
            for file, data in kept.items():
                names[file] = hashlib.sha256(data).hexdigest()
                if await unit.get(Blob, names[file]) is None:
                    await unit.add(Blob(names[file], len(data), data, self._house.now()))
            known = tuple(replace(file, sha256=names.get(file, file.sha256)) for file in current.files)
            await unit.change(current, files=known)

    async def _bytes(self, chat: Chat | None, file: FileRef) -> bytes:
        if chat is None:
            raise AttachmentError(FAILED.format(name=file.name, why="Its chat cannot be asked for it."))
        if file.size > MAX_BYTES:
            why = f"It is larger than {MAX_BYTES // 1_000_000} MB; split it."
            raise AttachmentError(FAILED.format(name=file.name, why=why))
        try:
            return await chat.fetch(file, MAX_BYTES)
        except ChatError as error:
            _log.warning("attachment.not_fetched", error=self._house.redact(str(error)))
            why = f"{self._house.redact(str(error))} Attach it again, please."
            raise AttachmentError(FAILED.format(name=file.name, why=why)) from error


def _offered(actions: Iterable[Action]) -> list[Action]:
    """With what the buttons of a question would do."""
    found = list[Action]()
    for action in actions:
        found.append(action)
        if isinstance(action, Ask):
            found += [choice.action for choice in action.options if choice.action is not None]
    return found
