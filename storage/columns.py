"""Column types: how text, enums, moments and nested values look in SQLite and Postgres alike."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, cast

from pydantic import TypeAdapter
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    Text,
    TypeDecorator,
)
from sqlalchemy import text as sql
from typing_extensions import override

Place = BigInteger().with_variant(Integer(), "sqlite")
"""Counts rows as they are inserted; only an INTEGER primary key does that on SQLite."""


class Words(TypeDecorator[str]):
    """Any text: NUL, which Postgres refuses, is shown as ␀, and half a surrogate pair as ?."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class Moment(TypeDecorator[datetime]):
    """An aware moment, in UTC on both sides and ordered by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; every moment in the house is aware.")
        return value and value.astimezone(UTC)

    @override
    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Word(TypeDecorator[StrEnum]):
    """One word of an enum."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    @override
    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else self.words(value).value

    @override
    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.words(value)


class Document(TypeDecorator[object]):
    """A nested dataclass or a tuple of them, as JSON text."""

    impl = Text
    cache_ok = True

    def __init__(self, shape: Any) -> None:
        super().__init__()
        self.shape = shape
        self._adapter: TypeAdapter[Any] = TypeAdapter(shape)

    @override
    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        if value is None:
            return None
        try:
            return self._adapter.dump_json(value).decode()
        except ValueError:  # half a surrogate pair somewhere inside
            plain = self._adapter.dump_python(value)
            return TypeAdapter(object).dump_json(_deep_storable(plain)).decode()

    @override
    def process_result_value(self, value: str | None, dialect: Dialect) -> object:
        return None if value is None else self._adapter.validate_json(value)


def place() -> Column[int]:
    return Column("place", Place, primary_key=True)


def identity(name: str = "id") -> Column[str]:
    return Column(name, Words, nullable=False, unique=True)


def text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, Words, nullable=null)


def reference(name: str, table: str, *, null: bool = False) -> Column[str]:
    return Column(
        name, Words, ForeignKey(f"{table}.id", deferrable=True, initially="DEFERRED"), nullable=null
    )


def number(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null)


def usd(name: str, *, null: bool = False) -> Column[float]:
    return Column(name, Double, nullable=null)


def flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def at(name: str, *, null: bool = False) -> Column[datetime]:
    return Column(name, Moment, nullable=null)


def only_where(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over the few rows that matter."""
    return Index(name, *columns, unique=unique, sqlite_where=sql(where), postgresql_where=sql(where))


def storable(text: str) -> str:
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "␀").encode("utf-8", "replace").decode()


def _deep_storable(value: object) -> object:
    match value:
        case str():
            return storable(value)
        case dict():
            items = cast("dict[Any, object]", value).items()
            return {_deep_storable(key): _deep_storable(item) for key, item in items}
        case list() | tuple():
            return [_deep_storable(item) for item in cast("list[object]", value)]
        case _:
            return value
