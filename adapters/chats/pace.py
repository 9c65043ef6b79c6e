"""Our own pace, so that a platform has no reason to refuse: who asks first goes first."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

_REMEMBERED: Final = 5000  # chats and messages


@dataclass(frozen=True, slots=True)
class Rate:
    most: int
    per_s: float


class Line:
    """Each wait returns when its turn has come, by the rates of what it is for and of all together."""

    def __init__(
        self,
        overall: tuple[Rate, ...] = (),
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._overall = overall
        self._now = now
        self._sleep = sleep
        self._taken: OrderedDict[object, deque[float]] = OrderedDict()

    async def wait(self, what: object, rates: tuple[Rate, ...]) -> None:
        at = max(self._free(what, rates), self._free(None, self._overall))
        self._take(what, rates, at)
        self._take(None, self._overall, at)
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
