"""Asked into a thread in which people have talked before: what they said is read once and kept as material.

It is stored before the first message there is decided on, as words of nobody that this house listens to: a
specialist gets them as material, no action can follow from them, and they are forgotten with all else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

import structlog

from bot.errors import ChatError
from bot.house import House
from bot.model.conversations import Conversation, Message, MessageState, Origin
from bot.model.log import Arrival
from bot.ports import Chat
from bot.ports.surfaces import ReadsThreads, Said

_log = structlog.get_logger("joining")

MOST: Final = 30
"""Messages, the last before we were asked."""
MAX_CHARS: Final = 2_000
"""Of one of them."""
WITHIN_S: Final = 5.0


class Joining:
    def __init__(self, house: House, chats: Mapping[str, Chat]) -> None:
        self._house = house
        self._chats = {name: chat for name, chat in chats.items() if isinstance(chat, ReadsThreads)}

    async def read(self, message: Message) -> bool:
        """Whether something was said before it that is kept now; asked once, and not again after a crash."""
        if not self._chats or message.seq != 1 or not message.reply_to or message.decision:
            return False
        async with self._house.store.reading() as unit:
            place = await unit.get(Conversation, message.conversation)
            read = await unit.find(Message, conversation=message.conversation, limit=1)
        if place is None or place.direct or place.chat not in self._chats or any(one.seq < 1 for one in read):
            return False
        try:
            async with asyncio.timeout(WITHIN_S):
                said = await self._chats[place.chat].earlier(place.address, message.platform_key)
        except (ChatError, TimeoutError) as error:  # decided without it
            _log.warning("thread.not_read", conversation=place.id, error=str(error) or type(error).__name__)
            return False
        return await self._keep(place, said[-MOST:])

    async def _keep(self, place: Conversation, said: tuple[Said, ...]) -> bool:
        async with self._house.store.transaction() as unit:
            kept = 0
            for back, one in enumerate(reversed(said), 1):
                if await unit.get(Arrival, one.key) is not None:
                    continue
                text = one.text.replace("\x00", "")[:MAX_CHARS]
                await unit.add(
                    Arrival(one.key, place.id, self._house.now()),
                    Message(
                        id=self._house.new_id(),
                        conversation=place.id,
                        seq=-back,  # before the first, which is 1
                        platform_key=one.key,
                        person=None,
                        sender=one.sender,
                        text=text,
                        received_at=one.at,
                        origin=Origin.UNTRUSTED,
                        addressed=False,
                        state=MessageState.DONE,
                    ),
                )
                kept += 1
        return kept > 0
