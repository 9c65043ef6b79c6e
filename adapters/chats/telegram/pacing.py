"""Our own pace, so that Telegram has no reason to refuse: a wait before each message, chat by chat.

A message each second in a private chat, twenty a minute in a group, thirty a second in all; a message is
edited every 1.5 s (3 s in a group) at most. https://core.telegram.org/bots/faq#my-bot-is-hitting-limits
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from adapters.chats.telegram.places import Place

EDIT_EVERY_S: Final = 1.5
_REMEMBERED: Final = 5000  # chats and messages


@dataclass(frozen=True, slots=True)
class Rate:
    most: int
    per_s: float


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
        self._now = now
        self._sleep = sleep
        self._taken: OrderedDict[object, deque[float]] = OrderedDict()

    async def before_message(self, place: Place) -> None:
        await self._wait(place.chat, self._rates.private if place.is_private else self._rates.group)

    async def before_edit(self, place: Place, message_id: str) -> None:
        rates = self._rates.private_edit if place.is_private else self._rates.group_edit
        await self._wait((place.chat, message_id), rates)

    async def _wait(self, what: object, rates: tuple[Rate, ...]) -> None:
        at = max(self._free(what, rates), self._free(None, self._rates.overall))
        self._take(what, rates, at)
        self._take(None, self._rates.overall, at)
        if (wait_s := at - self._now()) > 0:
            await self._sleep(wait_s)

    def _free(self, what: object, rates: tuple[Rate, ...]) -> float:
        taken = self._taken.get(what, ())
        full = [taken[-rate.most] + rate.per_s for rate in rates if len(taken) >= rate.most]
        return max([self._now(), *full])

    def _take(self, what: object, rates: tuple[Rate, ...], at: float) -> None:
        if not rates:
            return
        taken = self._taken.setdefault(what, deque(maxlen=max(rate.most for rate in rates)))
        taken.append(at)
        self._taken.move_to_end(what)
        while len(self._taken) > _REMEMBERED:
            self._taken.popitem(last=False)
