"""Whether work goes on in a conversation, waits for somebody or is done: shown where a platform can.

After what was promised to a conversation has been sent, its sign is looked at again; only a sign that has
changed is shown, beside everything else, so that no post waits for it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog

from bot import reports
from bot.errors import FrontdeskError
from bot.house import House
from bot.model.conversations import Conversation
from bot.model.dispatches import LIVE, Dispatch, ParkReason, Status
from bot.model.questions import Question, QuestionState
from bot.model.signs import Sign
from bot.ports import Chat
from bot.ports.surfaces import ShowsWork

_log = structlog.get_logger("signs")

REMEMBERED: Final = 2_000
LOOKED_AT: Final = 20
"""The newest pieces of work of a conversation."""


class WorkSigns:
    def __init__(self, house: House, chats: Mapping[str, Chat]) -> None:
        self._house = house
        self._chats = {name: chat for name, chat in chats.items() if isinstance(chat, ShowsWork)}
        self._shown: OrderedDict[str, tuple[Sign, str]] = OrderedDict()
        self._changed: dict[str, None] = {}
        self._bell = asyncio.Event()

    def after(self, drain: Callable[[str], Awaitable[None]]) -> Callable[[str], Awaitable[None]]:
        """The sending of what a conversation was promised, and then its sign."""

        async def drained(conversation_id: str) -> None:
            await drain(conversation_id)
            if self._chats:
                self._changed[conversation_id] = None
                self._bell.set()

        return drained

    async def run(self) -> None:
        """Until cancelled."""
        while self._chats:
            await self._bell.wait()
            self._bell.clear()
            while self._changed:
                await self._show(next(iter(self._changed)))

    async def _show(self, conversation_id: str) -> None:
        self._changed.pop(conversation_id)
        try:
            found = await self._sign(conversation_id)
        except FrontdeskError as error:  # a courtesy; the next change shows it
            _log.info("sign.not_found", conversation=conversation_id, error=str(error))
            return
        if found is None:
            return
        place, *shown = found
        if self._shown.get(conversation_id) == tuple(shown):
            return
        self._shown[conversation_id] = (found[1], found[2])
        while len(self._shown) > REMEMBERED:
            self._shown.popitem(last=False)
        await self._chats[place.chat].show_work(place.address, found[1], found[2])

    async def _sign(self, conversation_id: str) -> tuple[Conversation, Sign, str] | None:
        """None where no work was asked for, or no sign can be shown."""
        async with self._house.store.reading() as unit:
            place = await unit.get(Conversation, conversation_id)
            if place is None or place.chat not in self._chats:
                return None
            works = await unit.find(Dispatch, conversation=place.id, newest=True, limit=LOOKED_AT)
            asked = await unit.find(Question, conversation=place.id, state=QuestionState.OPEN, limit=1)
        if not works:
            return None
        about = next((item for item in works if item.status in LIVE), works[0])
        title = self._house.redact(reports.place_title(about))
        return place, Sign.WAITING if asked else _sign_of(works), title


def _sign_of(works: list[Dispatch]) -> Sign:
    """Of the newest first."""
    live = [item for item in works if item.status in LIVE]
    if any(item.status is not Status.PARKED or item.park_reason is ParkReason.RATE_LIMIT for item in live):
        return Sign.WORKING
    if live:
        return Sign.WAITING
    return Sign.CLOSED if works[0].status is Status.CANCELLED else Sign.IDLE
