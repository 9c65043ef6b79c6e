"""Our own pace, so that Telegram has no reason to refuse: a wait before each message, chat by chat.

A message each second in a private chat, twenty a minute in a group, thirty a second in all; a message is
edited every 1.5 s (3 s in a group) at most. https://core.telegram.org/bots/faq#my-bot-is-hitting-limits
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from adapters.chats.pace import Line, Rate
from adapters.chats.telegram.places import Place

EDIT_EVERY_S: Final = 1.5


@dataclass(frozen=True, slots=True)
class Rates:
    private: tuple[Rate, ...] = (Rate(1, 1.0),)
    group: tuple[Rate, ...] = (Rate(1, 1.0), Rate(20, 60.0))
    private_edit: tuple[Rate, ...] = (Rate(1, EDIT_EVERY_S),)
    group_edit: tuple[Rate, ...] = (Rate(1, 3.0),)
    overall: tuple[Rate, ...] = (Rate(30, 1.0),)


TELEGRAMS: Final = Rates()
UNPACED: Final = Rates((), (), (), (), ())


class Pace:
    """Each wait returns when its turn has come; who asks first goes first."""

    def __init__(
        self,
        rates: Rates = TELEGRAMS,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._rates = rates
        self._line = Line(rates.overall, now, sleep)

    async def before_message(self, place: Place) -> None:
        await self._line.wait(place.chat, self._rates.private if place.is_private else self._rates.group)

    async def before_edit(self, place: Place, message_id: str) -> None:
        rates = self._rates.private_edit if place.is_private else self._rates.group_edit
        await self._line.wait((place.chat, message_id), rates)
