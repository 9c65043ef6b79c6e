"""That we are at it: the platform's typing sign while somebody waits; nothing that matters hangs on it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog

from bot.house import House
from bot.model.conversations import Conversation, Message
from bot.ports import Chat

_log = structlog.get_logger("signs")

AFTER_S: Final = 0.3
"""Commands and rules have answered by then, and nobody was asked for anything."""

EVERY_S: Final = 4.0
"""Telegram takes its sign away after five seconds."""


class Signs:
    def __init__(self, house: House, chats: Mapping[str, Chat]) -> None:
        self._house = house
        self._chats = chats

    def around(self, take: Callable[[str], Awaitable[None]]) -> Callable[[str], Awaitable[None]]:
        """The turn of a message, with the sign for as long as it lasts."""

        async def taken(message_id: str) -> None:
            showing = asyncio.create_task(self._show(message_id))
            try:
                await take(message_id)
            finally:
                showing.cancel()
                await asyncio.wait([showing])

        return taken

    async def _show(self, message_id: str) -> None:
        """A sign that cannot be given is nobody's trouble."""
        await asyncio.sleep(AFTER_S)
        try:
            async with self._house.store.reading() as unit:
                message = await unit.get(Message, message_id)
                place = await unit.get(Conversation, message.conversation) if message else None
            chat = self._chats.get(place.chat) if place and message and message.addressed else None
            while chat and place and not chat.abilities.local:
                await chat.typing(place.address)
                await asyncio.sleep(EVERY_S)
        except Exception as error:  # noqa: BLE001  a courtesy
            _log.info("sign.not_given", message=message_id, error=repr(error))
