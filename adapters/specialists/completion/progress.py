"""What became of the items so far; what is told to the house in one go, and waited for."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from adapters.specialists.completion.telling import Telling
from bot.model.events import Worked
from bot.model.items import Item, ItemEnd, ItemState

ENDED: Final = frozenset({ItemState.DONE, ItemState.FAILED})
SHOWN: Final = 5
"""Errors that a report quotes; the file has all of them."""


class Progress:
    """``spent``: what the run has cost so far."""

    def __init__(self, items: Iterable[Item], spent: Callable[[], float | None]) -> None:
        self._items = {item.n: item for item in items}
        self._spent = spent
        self._ended = Counter(item.state for item in self._items.values())
        self._sent: list[int] = []
        self._ends: list[ItemEnd] = []
        self._kept: asyncio.Future[None] | None = None  # of what is to be told next
        self._news = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def unfinished(self) -> list[int]:
        return [n for n, item in self._items.items() if item.state not in ENDED]

    def items(self) -> list[Item]:
        return [self._items[n] for n in sorted(self._items)]

    def text_of(self, n: int) -> str:
        return self._items[n].text

    async def sent(self, n: int) -> None:
        """Returns when it stands in the item's row: only now may a model be asked."""
        self._items[n] = replace(self._items[n], state=ItemState.SENT, tries=self._items[n].tries + 1)
        self._sent.append(n)
        await self._told()

    async def ended(self, n: int, text: str, *, ok: bool) -> None:
        state = ItemState.DONE if ok else ItemState.FAILED
        self._items[n] = replace(self._items[n], state=state, answer=text)
        self._ended[state] += 1
        self._ends.append(ItemEnd(n, ok, text))
        await self._told()

    async def _told(self) -> None:
        if self._kept is None:
            self._kept = asyncio.get_running_loop().create_future()
        kept = self._kept
        self._idle.clear()
        self._news.set()
        await asyncio.shield(kept)  # others wait for it too

    async def keep_telling(self, telling: Telling) -> None:
        """One event after the other, each with everything that came while the one before was stored."""
        while True:
            await self._news.wait()
            self._news.clear()
            kept, self._kept = self._kept, None
            event = self._event()
            await telling.stored(event)
            if kept is not None and not kept.done():
                kept.set_result(None)
            if not self._news.is_set():
                self._idle.set()

    async def all_told(self) -> None:
        await self._idle.wait()

    def _event(self) -> Worked:
        sent, ends = tuple(self._sent), tuple(self._ends)
        self._sent.clear()
        self._ends.clear()
        done, failed = self._ended[ItemState.DONE], self._ended[ItemState.FAILED]
        return Worked(done, failed, len(self._items), sent, ends, self._spent())

    def report(self, name: str) -> str:
        """For people: how many there were, what failed and why, how often was asked."""
        done, failed = self._ended[ItemState.DONE], self._ended[ItemState.FAILED]
        retries = sum(max(item.tries - 1, 0) for item in self._items.values())
        words = f"**{name}**: {done:,} of {len(self._items):,} items have a result"
        words += f", {failed:,} an error" if failed else ""
        words += f"; {retries:,} of the requests were retries." if retries else "."
        wrong = [item for item in self.items() if item.state is ItemState.FAILED]
        lines = [f"- item {item.n}: {item.answer}" for item in wrong[:SHOWN]]
        more = [f"- and {failed - SHOWN:,} more"] if failed > SHOWN else []
        again = ["", f"`retry {wrong[0].dispatch}` asks about those once more."] if wrong else []
        return "\n".join([words, *([""] if lines else []), *lines, *more, *again])
