"""What one run may use: it is told when four fifths are gone, and stopped when all is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

NEAR: Final = 0.8


@dataclass(slots=True)
class Bounds:
    """Counters against their most; the clock is passed in."""

    searches: int
    fetches: int
    tokens: int
    seconds: float
    usd: float | None  # None: no limit in money
    clock: Callable[[], float]
    used: dict[str, float] = field(default_factory=dict[str, float])
    began: float = 0.0
    deadline: asyncio.Timeout | None = None  # of what must end when the seconds are up

    def __post_init__(self) -> None:
        self.began = self.clock()

    def use(self, what: str, amount: float = 1.0) -> None:
        self.used[what] = self.used.get(what, 0.0) + amount

    def left(self, what: str) -> bool:
        """Whether one more fits."""
        return self.used.get(what, 0.0) < self.most()[what]

    def most(self) -> dict[str, float]:
        found: dict[str, float] = {
            "searches": self.searches,
            "fetches": self.fetches,
            "tokens": self.tokens,
            "seconds": self.seconds,
        }
        return found | ({"dollars": self.usd} if self.usd is not None else {})

    def seconds_left(self) -> float:
        return max(0.0, self.seconds - (self.clock() - self.began))

    @contextmanager
    def paused(self) -> Generator[None]:
        """No second of it passes meanwhile."""
        since = self.clock()
        self._reschedule(None)
        try:
            yield
        finally:
            self.began += self.clock() - since
            self._reschedule(asyncio.get_running_loop().time() + self.seconds_left())

    def _reschedule(self, when: float | None) -> None:
        if self.deadline is not None and not self.deadline.expired():
            self.deadline.reschedule(when)

    def reached(self) -> str:
        """The bound that ends the loop, in words; empty while there is none.

        Searches and fetches end only themselves: what was read can still be thought about.
        """
        shares = self._shares()
        for what in ("tokens", "dollars", "seconds"):
            if shares.get(what, 0.0) >= 1.0:
                return self.words(what)
        return ""

    def words(self, what: str) -> str:
        most = self.most()[what]
        amount = f"${most:.2g}" if what == "dollars" else f"{most:,g} {what}"
        return f"its limit of {amount} was reached"

    def hint(self) -> str:
        """For the end of a tool's answer."""
        near = [what for what, share in self._shares().items() if share >= NEAR]
        if not near:
            return ""
        return f"\n\n(Nearly used up: {', '.join(near)}. Write the answer with what you have.)"

    def _shares(self) -> dict[str, float]:
        used = self.used | {"seconds": self.clock() - self.began}
        return {what: used.get(what, 0.0) / most if most else 1.0 for what, most in self.most().items()}
