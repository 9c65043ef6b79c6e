"""A store that forgets: what is tried on it is counted and leaves no trace."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

from bot.ports import Store, Unit


class _Undone(Exception):
    pass


class _Counting:
    """A unit that notes what is written."""

    def __init__(self, unit: Unit, written: list[object]) -> None:
        self._unit, self._written = unit, written

    async def add(self, *nouns: object) -> None:
        await self._unit.add(*nouns)
        self._written += nouns

    async def change(self, old: object, **changes: object) -> object:
        new = await self._unit.change(old, **changes)
        self._written.append(new)
        return new

    def __getattr__(self, name: str) -> Any:
        return getattr(self._unit, name)


class Undoing:
    """A store whose transactions leave nothing behind but the memory of what they would have written."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.written: list[object] = []

    @asynccontextmanager
    async def transaction(self, *, urgent: bool = False) -> AsyncGenerator[Unit]:
        try:
            async with self._store.transaction(urgent=urgent) as unit:
                yield cast("Unit", _Counting(unit, self.written))
                raise _Undone
        except _Undone:
            pass

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
