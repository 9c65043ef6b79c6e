"""One transaction over all nouns: get, find, add, change, and promises that commit with them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, TypeVar, cast

from sqlalchemy import CursorResult, Executable, Row, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import Conflict, StoreError
from bot.model.conversations import Address, Message
from bot.model.dispatches import Dispatch
from bot.model.health import Backlog, Figures
from bot.model.log import LedgerRow
from bot.model.posts import RETURNED, SENT_AGAIN
from bot.model.work_items import WorkItem
from bot.ports import Enqueue
from storage import statements
from storage.faults import conflict, translated
from storage.inline import LONG
from storage.rows import rows_of
from storage.statements import Statement
from storage.store import schedule_views, views

N = TypeVar("N")

_COUNT = text(
    "INSERT INTO counters (name, value) VALUES (:name, 1) "
    "ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 RETURNING value"
)


class SqlUnit:
    """The Unit port on one connection."""

    def __init__(
        self, connection: AsyncConnection, where: str, enqueue: Enqueue | None, *, writable: bool = True
    ) -> None:
        self._connection = connection
        self._where = where
        self._enqueue = enqueue
        self._writable = writable
        self._failure: BaseException | None = None
        self.promised: list[WorkItem] = []
        self.calls_others = False

    async def get(self, kind: type[N], id: str, /, *, lock: bool = False) -> N | None:
        if lock:
            self._insist_on_writing()
        found = (await self._run(statements.getting(kind, id, lock=lock))).first()
        return None if found is None else _noun(kind, found)

    async def find(
        self, kind: type[N], /, *, limit: int | None = None, newest: bool = False, **equals: object
    ) -> list[N]:
        if () in equals.values():  # one of none: nothing is
            return []
        statement = statements.finding(kind, limit, newest, equals)
        return [_noun(kind, row) for row in await self._run(statement)]

    async def add(self, *nouns: object) -> None:
        """After a Conflict the transaction goes on, without any of ``nouns``."""
        self._insist_on_writing()
        with self._sound():
            twin = await self._insert(nouns)
        if twin is not None:
            raise conflict(twin) from twin

    async def change(self, old: N, **changes: object) -> N:
        self._insist_on_writing()
        rows = rows_of(type(old))
        if "version" in rows.guards:
            changes["version"] = cast("Any", old).version + 1
        new = cast("N", replace(cast("Any", old), **changes))
        before, after = rows.values(old), rows.values(new)
        written = {name: after[name] for name in (*changes, *rows.derived)}
        same = {name: before[name] for name in rows.guarded(changes)}
        result = await self._run(statements.changing(type(old), before[rows.identity], same, written))
        if cast("CursorResult[Any]", result).rowcount != 1:
            raise Conflict(
                f"{type(old).__name__} {before[rows.identity]} was changed by somebody else first."
            )
        return new

    async def next_number(self, counter: str) -> int:
        self._insist_on_writing()
        return (await self._execute(_COUNT, {"name": counter})).scalar_one()

    async def reached(self, counter: str) -> int:
        return (await self._execute(views.reached(counter))).scalar() or 0

    async def enqueue(self, item: WorkItem) -> None:
        self._insist_on_writing()
        if self._enqueue is None:
            self.calls_others = True
        else:
            with self._sound():
                await self._connection.run_sync(self._enqueue, item)
        self.promised.append(item)

    async def call_others(self) -> None:
        self._insist_on_writing()
        self.calls_others = True

    async def clock(self) -> datetime:
        if self._connection.dialect.name == "sqlite":
            return datetime.now(UTC)  # one machine, one clock
        return (await self._execute(select(func.clock_timestamp()))).scalar_one()

    async def posted(self, conversation: str, message_id: str) -> str | None:
        return (await self._execute(views.posted(conversation, message_id))).scalar()

    async def posted_at(self, place: Address, message_id: str) -> str | None:
        return (await self._execute(views.posted_at(place, message_id))).scalar()

    async def dirty_cards(self, conversation: str | None = None) -> list[str]:
        return list((await self._execute(views.dirty_cards(conversation))).scalars())

    async def spent_usd(
        self, *, since: datetime, person: str | None = None, project: str | None = None
    ) -> float:
        return (await self._execute(views.spent_usd(since, person, project))).scalar_one()

    async def paid_usd(self, *, since: datetime, person: str | None = None) -> float:
        return (await self._execute(views.paid_usd(since, person))).scalar_one()

    async def paid_rows(
        self, *, since: datetime, until: datetime, person: str | None = None
    ) -> list[LedgerRow]:
        columns = rows_of(LedgerRow).columns
        return [
            LedgerRow(*row) for row in await self._execute(views.paid_rows(columns, since, until, person))
        ]

    async def count_since(self, kind: type[Message] | type[Dispatch], person: str, since: datetime) -> int:
        count = views.count_messages if kind is Message else views.count_dispatches
        return (await self._execute(count(person, since))).scalar_one()

    async def backlog(self) -> Backlog:
        return Backlog(*(await self._execute(views.backlog())).one())

    async def figures(self, since: datetime) -> Figures:
        paid = {row.billing.value: row.usd for row in await self._execute(views.paid())}
        waits = await self._execute(views.waits(since))
        waited = tuple((closed - asked).total_seconds() for asked, closed in waits)
        return Figures(paid, waited, await self.reached(SENT_AGAIN), await self.reached(RETURNED))

    async def next_due(self, after: datetime | None = None) -> datetime | None:
        return (await self._execute(views.next_due(after))).scalar()

    async def due_schedules(self, at: datetime) -> list[str]:
        return list((await self._execute(schedule_views.due(at))).scalars())

    async def next_firing(self) -> datetime | None:
        return (await self._execute(schedule_views.next_firing())).scalar()

    async def touched_since(self, since: datetime) -> list[Dispatch]:
        columns = rows_of(Dispatch).columns
        return [Dispatch(*row) for row in await self._execute(schedule_views.touched(columns, since))]

    async def schedule_usd(self, schedule: str, since: datetime) -> float:
        return (await self._execute(schedule_views.spent_usd(schedule, since))).scalar_one()

    async def search(self, words: str, limit: int) -> list[str]:
        looking = views.search(words, limit).execution_options(**{LONG: True})
        return list((await self._execute(looking)).scalars())

    async def _run(self, statement: Statement) -> Any:
        return await self._execute(statement.sql, statement.bound)

    async def _execute(self, statement: Executable, parameters: dict[str, object] | None = None) -> Any:
        with self._sound():
            return await self._connection.execute(statement, parameters)

    async def _insert(self, nouns: Sequence[object]) -> IntegrityError | None:
        """What is in the way, then without any of them: all in a savepoint, but for the single row on SQLite,
        of which a statement that fails leaves nothing anyway."""
        alone = len(nouns) == 1 and self._connection.dialect.name == "sqlite"
        savepoint = None if alone else await self._connection.begin_nested()
        try:
            for kind, group in groupby(nouns, type):
                values = [rows_of(kind).values(noun) for noun in group]
                await self._connection.execute(statements.inserting(kind), values)
        except IntegrityError as error:
            if savepoint is not None:
                await savepoint.rollback()
            return error
        if savepoint is not None:
            await savepoint.commit()
        return None

    @contextmanager
    def _sound(self) -> Generator[None]:
        """A statement that fails ends the transaction, whoever catches its error: Postgres would turn the
        commit into a rollback without a word, and SQLite may have rolled back and go on row by row."""
        self.insist_on_being_sound()
        try:
            with translated(self._where):
                yield
        except BaseException as error:
            self._failure = error
            raise

    def insist_on_being_sound(self) -> None:
        if self._failure is not None:
            raise StoreError("The transaction failed before; nothing of it was accepted.") from self._failure

    def _insist_on_writing(self) -> None:
        if not self._writable:
            raise StoreError("A reading only looks; use a transaction to write or to lock.")


def _noun(kind: type[N], row: Row[Any]) -> N:
    return cast("Any", kind)(*row)
