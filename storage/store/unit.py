"""One transaction over all nouns: get, find, add, change, and promises that commit with them."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, CursorResult, Executable, Row, func, or_, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import Conflict, StoreError
from bot.model.work_items import WorkItem
from bot.ports import Enqueue
from storage.faults import conflict, translated
from storage.rows import Rows, rows_of
from storage.store import views

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
        rows = rows_of(kind)
        query = select(*rows.columns).where(rows.key == id)
        if lock:
            self._insist_on_writing()
            query = query.with_for_update()
        found = (await self._execute(query)).first()
        return None if found is None else _noun(kind, found)

    async def find(
        self, kind: type[N], /, *, limit: int | None = None, newest: bool = False, **equals: object
    ) -> list[N]:
        rows = rows_of(kind)
        order = [column.desc() for column in rows.order] if newest else rows.order
        query = select(*rows.columns).where(*_conditions(rows, equals)).order_by(*order).limit(limit)
        return [_noun(kind, row) for row in await self._execute(query)]

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
        same = [_is(rows.column(name), before[name]) for name in rows.guarded(changes)]
        where = rows.key == before[rows.identity]
        result = await self._execute(rows.table.update().where(where, *same).values(written))
        if cast("CursorResult[Any]", result).rowcount != 1:
            raise Conflict(
                f"{type(old).__name__} {before[rows.identity]} was changed by somebody else first."
            )
        return new

    async def next_number(self, counter: str) -> int:
        self._insist_on_writing()
        return (await self._execute(_COUNT, {"name": counter})).scalar_one()

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

    async def dirty_cards(self, conversation: str | None = None) -> list[str]:
        return list((await self._execute(views.dirty_cards(conversation))).scalars())

    async def spent_usd(
        self, *, since: datetime, person: str | None = None, project: str | None = None
    ) -> float:
        return (await self._execute(views.spent_usd(since, person, project))).scalar_one()

    async def next_due(self) -> datetime | None:
        return (await self._execute(views.next_due())).scalar()

    async def search(self, words: str, limit: int) -> list[str]:
        return list((await self._execute(views.search(words, limit))).scalars())

    async def _execute(self, statement: Executable, parameters: dict[str, object] | None = None) -> Any:
        with self._sound():
            return await self._connection.execute(statement, parameters)

    async def _insert(self, nouns: Sequence[object]) -> IntegrityError | None:
        """All in a savepoint; what is in the way, then without any of them."""
        savepoint = await self._connection.begin_nested()
        try:
            for kind, group in groupby(nouns, type):
                rows = rows_of(kind)
                values = [rows.values(noun) for noun in group]
                await self._connection.execute(rows.table.insert().inline(), values)
        except IntegrityError as error:
            await savepoint.rollback()
            return error
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


def _conditions(rows: Rows, equals: dict[str, object]) -> Iterator[ColumnElement[bool]]:
    for name, wanted in equals.items():
        column = rows.column(name)
        if isinstance(wanted, tuple | list | set | frozenset):
            values = list(cast("Sequence[object]", wanted))
            given = column.in_([value for value in values if value is not None])
            yield or_(given, column.is_(None)) if None in values else given
        else:
            yield column.is_(None) if wanted is None else column == wanted


def _is(column: ColumnElement[Any], value: object) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column == value
