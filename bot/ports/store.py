"""Store: what we remember."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol, TypeVar

from bot.model.conversations import Address, Message
from bot.model.dispatches import Dispatch
from bot.model.health import Backlog, Figures
from bot.model.log import LedgerRow
from bot.model.purging import Purge, Rows
from bot.model.work_items import WorkItem

N = TypeVar("N")


class Unit(Protocol):
    """One transaction. What is written and what is promised (``enqueue``) commit together or not at all."""

    async def get(self, kind: type[N], id: str, /, *, lock: bool = False) -> N | None:
        """The row, or None; ``lock`` keeps others from changing it until the commit."""
        ...

    async def find(
        self, kind: type[N], /, *, limit: int | None = None, newest: bool = False, **equals: object
    ) -> list[N]:
        """Rows whose fields equal (a tuple: are one of) the values, oldest first unless ``newest``."""
        ...

    async def add(self, *nouns: object) -> None:
        """Insert; raises Conflict when a unique key exists already."""
        ...

    async def change(self, old: N, **changes: object) -> N:
        """The changed noun, written if the row is still as ``old`` was (state and version); else Conflict.

        A noun with a ``version`` has it raised by one.
        """
        ...

    async def next_number(self, counter: str) -> int:
        """1, 2, 3 … without gaps among commits."""
        ...

    async def reached(self, counter: str) -> int:
        """Its last number; 0 before the first."""
        ...

    async def enqueue(self, item: WorkItem) -> None:
        """Promise the work; it is woken after the commit."""
        ...

    async def call_others(self) -> None:
        """Have every other process of this house look at the rows after the commit."""
        ...

    async def clock(self) -> datetime:
        """The time by the database's own clock, which all machines share."""
        ...

    async def posted(self, conversation: str, message_id: str) -> str | None:
        """The id of the outbox row whose part became this platform message."""
        ...

    async def posted_at(self, place: Address, message_id: str) -> str | None:
        """The same where only the place is known, or the one that its thread lies in."""
        ...

    async def dirty_cards(self, conversation: str | None = None) -> list[str]:
        """Ids of dispatches whose card shows less than it should."""
        ...

    async def spent_usd(
        self, *, since: datetime, person: str | None = None, project: str | None = None
    ) -> float:
        """Settled money, where it is unknown its reservation, plus what admitted runs reserve."""
        ...

    async def paid_usd(self, *, since: datetime, person: str | None = None) -> float:
        """The same without what runs reserve that are going on."""
        ...

    async def paid_rows(
        self, *, since: datetime, until: datetime, person: str | None = None
    ) -> list[LedgerRow]:
        """The ledger between two moments, the second one not included; oldest first."""
        ...

    async def count_since(self, kind: type[Message] | type[Dispatch], person: str, since: datetime) -> int:
        """How many messages were kept of that person since then, or how many dispatches they started."""
        ...

    async def backlog(self) -> Backlog:
        """What waits for its turn, its dispatch or its answer, and since when."""
        ...

    async def figures(self, since: datetime) -> Figures:
        """All money by its mark, and how long the questions waited that were closed since then."""
        ...

    async def next_due(self, after: datetime | None = None) -> datetime | None:
        """The earliest moment at which something must happen by the clock: reminder, expiry, hold, resume.

        What was due by ``after`` has been seen to, or is another process's.
        """
        ...

    async def due_schedules(self, at: datetime) -> list[str]:
        """Ids of the active ones whose next moment has come, the longest due first."""
        ...

    async def next_firing(self) -> datetime | None:
        """The earliest moment of an active schedule, or at which a firing is held no longer."""
        ...

    async def touched_since(self, since: datetime) -> list[Dispatch]:
        """Dispatches in which something happened since then, and those that go on; oldest first."""
        ...

    async def schedule_usd(self, schedule: str, since: datetime) -> float:
        """What the dispatches of its firings have cost that were made since then, reservations included."""
        ...

    async def search(self, words: str, limit: int) -> list[str]:
        """Ids of dispatches whose title, goal or result contain all the words, newest first."""
        ...


class Store(Protocol):
    """What the house remembers. Raises StoreError when nothing was committed."""

    def transaction(self, *, urgent: bool = False) -> AbstractAsyncContextManager[Unit]:
        """Begin; commit at the block's end, roll back on an exception. One writer at a time on SQLite, where
        an ``urgent`` one goes before those that nobody outside waits for."""
        ...

    def reading(self) -> AbstractAsyncContextManager[Unit]:
        """A snapshot for looking only; never blocks a writer."""
        ...

    async def to_purge(self, purge: Purge) -> Rows:
        """What ``purge`` would delete now."""
        ...

    async def purge(self, purge: Purge) -> Rows:
        """Delete events, blobs and ended work older than that, in batches; what has gone."""
        ...

    async def check(self) -> str:
        """One sentence about the database, or StoreError."""
        ...

    async def close(self) -> None: ...


Enqueue = Callable[[object, WorkItem], None]
"""Promise work inside the caller's SQL transaction; the composition root hands it to the Store."""

Woken = Callable[[Sequence[WorkItem]], None]
"""Called after the commit with what was promised in it."""
