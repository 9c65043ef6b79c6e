"""Where a person can be written to in private: what the rows know, else what the platform says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from bot import people
from bot.addresses import add_conversation, find_conversation
from bot.errors import ChatError
from bot.house import House
from bot.model.conversations import Address, Conversation, Message
from bot.ports import Chat, Unit

_log = structlog.get_logger("whereabouts")


class Whereabouts:
    def __init__(self, house: House, chats: Mapping[str, Chat]) -> None:
        self._house = house
        self._chats = chats

    async def on(self, chat: str, person: str) -> Address | None:
        """The person's private conversation on that chat; the platform may be asked."""
        async with self._house.store.reading() as unit:
            accounts = await people.accounts_on(unit, self._house.settings, person, chat)
            there = await known(unit, chat, person)
        return there or await self._asked_for(chat, person, accounts)

    async def anywhere(self, person: str) -> Address | None:
        """Where they are reminded, else where they have written before, else where a platform finds them."""
        async with self._house.store.reading() as unit:
            if place := await known_anywhere(unit, self._house, person):
                return place.address
        for chat in self._chats:
            if (there := await self.on(chat, person)) and not await self._is_lost(there):
                return there
        return None

    async def _is_lost(self, there: Address) -> bool:
        async with self._house.store.reading() as unit:
            found = await find_conversation(unit, there)
        return found is not None and found.lost

    async def _asked_for(self, name: str, person: str, accounts: Sequence[str]) -> Address | None:
        """As the platform says; it may open the conversation, or not know the account."""
        if (chat := self._chats.get(name)) is None:
            return None
        for account in accounts:
            try:
                if there := await chat.direct(account):
                    return there
            except ChatError as error:
                _log.warning("person.not_found", chat=name, person=person, error=str(error))
        return None

    async def open(self, unit: Unit, there: Address, person: str) -> Conversation | None:
        """The row of that conversation, made now if need be; None when others read there."""
        found = await find_conversation(unit, there)
        if found is None:
            return await add_conversation(unit, self._house, there, person=person)
        if not is_private(found, person):
            _log.warning("person.not_alone", person=person, chat=there.chat)
            return None
        return found


async def known(unit: Unit, chat: str, person: str) -> Address | None:
    """Where that person, and nobody else, has written to us last, and where posts arrive."""
    theirs: dict[str, Any] = {"chat": chat, "person": person, "direct": True, "lost": False}
    found = await unit.find(Conversation, newest=True, limit=1, **theirs)
    for conversation in found:
        last = await unit.find(Message, conversation=conversation.id, newest=True, limit=1)
        if all(message.person == person for message in last):
            return conversation.address
    return None


async def known_anywhere(unit: Unit, house: House, person: str) -> Conversation | None:
    """The same on any chat, the one for reminders first."""
    now = await people.known(unit, house.settings, person)
    theirs = await unit.find(Conversation, person=person, direct=True, lost=False, newest=True)
    notify = [now.notify] if now and now.notify else []
    for chat in dict.fromkeys((*notify, *(place.chat for place in theirs))):
        if there := await known(unit, chat, person):
            return await find_conversation(unit, there)
    return None


def is_private(conversation: Conversation, person: str) -> bool:
    return conversation.direct and conversation.person in (None, person)
