"""The statements of a unit, built once for each shape: to build one takes longer than to execute it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Executable, bindparam, or_, select

from storage.rows import rows_of

_LIMIT: Final = "row_limit"
_KEY: Final = "row_key"


class _Is(Enum):
    """How a column is compared; NULL is no value that could be bound."""

    EQUAL = auto()
    NULL = auto()
    AMONG = auto()
    AMONG_OR_NULL = auto()


@dataclass(frozen=True, slots=True)
class Statement:
    """What is executed, and with what."""

    sql: Executable
    bound: dict[str, object]


def getting(kind: type, id: str, *, lock: bool) -> Statement:
    return Statement(_get(kind, lock), {_KEY: id})


def finding(kind: type, limit: int | None, newest: bool, equals: Mapping[str, object]) -> Statement:
    shape = tuple((name, _shape(wanted)) for name, wanted in equals.items())
    bound = {f"is_{name}": _values(wanted) for name, wanted in equals.items() if wanted is not None}
    if limit is not None:
        bound[_LIMIT] = limit
    return Statement(_find(kind, shape, newest, limit is not None), bound)


def inserting(kind: type) -> Executable:
    return _insert(kind)


def changing(kind: type, id: object, same: Mapping[str, object], written: Mapping[str, object]) -> Statement:
    """Set ``written`` where ``same`` still holds."""
    # A tuple here is the old value itself, not a choice of values as in ``find``.
    shape = tuple((name, _Is.NULL if value is None else _Is.EQUAL) for name, value in same.items())
    bound = {_KEY: id}
    bound |= {f"is_{name}": value for name, value in same.items() if value is not None}
    bound |= {f"to_{name}": value for name, value in written.items()}
    return Statement(_change(kind, shape, tuple(written)), bound)


@cache
def _get(kind: type, lock: bool) -> Executable:
    rows = rows_of(kind)
    query = select(*rows.columns).where(rows.key == bindparam(_KEY))
    return query.with_for_update() if lock else query


@cache
def _find(kind: type, shape: tuple[tuple[str, _Is], ...], newest: bool, limited: bool) -> Executable:
    rows = rows_of(kind)
    order = [column.desc() for column in rows.order] if newest else rows.order
    query = select(*rows.columns).where(*_conditions(kind, shape)).order_by(*order)
    return query.limit(bindparam(_LIMIT)) if limited else query


@cache
def _insert(kind: type) -> Executable:
    return rows_of(kind).table.insert().inline()


@cache
def _change(kind: type, shape: tuple[tuple[str, _Is], ...], written: tuple[str, ...]) -> Executable:
    rows = rows_of(kind)
    update = rows.table.update().where(rows.key == bindparam(_KEY), *_conditions(kind, shape))
    return update.values({name: bindparam(f"to_{name}", type_=rows.column(name).type) for name in written})


def _conditions(kind: type, shape: tuple[tuple[str, _Is], ...]) -> Iterator[ColumnElement[bool]]:
    rows = rows_of(kind)
    for name, how in shape:
        column, bound = rows.column(name), f"is_{name}"
        match how:
            case _Is.NULL:
                yield column.is_(None)
            case _Is.EQUAL:
                yield column == bindparam(bound)
            case _Is.AMONG:
                yield column.in_(bindparam(bound, expanding=True))
            case _Is.AMONG_OR_NULL:
                yield or_(column.in_(bindparam(bound, expanding=True)), column.is_(None))


def _shape(wanted: object) -> _Is:
    if isinstance(wanted, tuple | list | set | frozenset):
        return _Is.AMONG_OR_NULL if None in wanted else _Is.AMONG
    return _Is.NULL if wanted is None else _Is.EQUAL


def _values(wanted: object) -> object:
    if isinstance(wanted, tuple | list | set | frozenset):
        return [value for value in cast("tuple[Any, ...]", wanted) if value is not None]
    return wanted
