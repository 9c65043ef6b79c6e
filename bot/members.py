"""The desk's verbs about people: who is known, who is added, removed, linked; only an admin changes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from bot import pairing, people, policy
from bot.errors import Refused
from bot.house import House
from bot.model.acts import Act
from bot.model.people import Identity, Pairing, Person, Role
from bot.model.views import Acquaintance
from bot.ports import Unit

T = TypeVar("T")


class Commit(Protocol):
    def __call__(self, person: Person, verb: Callable[[Unit, Person], Awaitable[T]], /) -> Awaitable[T]: ...


class Members:
    def __init__(self, house: House, commit: Commit) -> None:
        self._house = house
        self._commit = commit

    async def known(self, id: str) -> Person | None:
        """Somebody by their id."""
        async with self._house.store.reading() as unit:
            return await people.known(unit, self._house.settings, id)

    async def who_is(self, identity: Identity) -> Person | None:
        """Whose account that is."""
        async with self._house.store.reading() as unit:
            return await people.by_account(unit, self._house.settings, identity)

    async def ids(self) -> tuple[str, ...]:
        """Of all who are known: whom a terminal can speak as."""
        async with self._house.store.reading() as unit:
            return tuple(one.id for one in await people.everybody(unit, self._house.settings))

    async def everybody(self, person: Person) -> list[Acquaintance]:
        async with self._house.store.reading() as unit:
            self._allow(await people.as_now(unit, self._house.settings, person))
            return await people.everybody(unit, self._house.settings)

    async def add(self, person: Person, id: str, name: str, role: Role) -> str:
        return await self._change(person, lambda unit, by: people.add(unit, self._house, by, id, name, role))

    async def remove(self, person: Person, id: str) -> str:
        return await self._change(person, lambda unit, by: people.remove(unit, self._house, by, id))

    async def link(self, person: Person, id: str, identity: Identity) -> str:
        return await self._change(person, lambda unit, by: people.link(unit, self._house, by, id, identity))

    async def unlink(self, person: Person, identity: Identity) -> str:
        return await self._change(person, lambda unit, by: people.unlink(unit, self._house, by, identity))

    async def pair(self, person: Person, code: str, role: Role, id: str = "") -> str:
        """Let in whoever was given that code."""
        return await self._change(
            person, lambda unit, by: pairing.approve(unit, self._house, by, code, role, id)
        )

    async def turn_away(self, person: Person, code: str) -> str:
        return await self._change(person, lambda unit, by: pairing.turn_away(unit, self._house, by, code))

    async def invite(self, person: Person, id: str, chat: str) -> str:
        """A code that makes the account which brings it one of ``id``'s."""

        async def invited(unit: Unit, by: Person) -> str:
            return (await pairing.invite(unit, self._house, by, id, chat)).id

        return await self._change(person, invited)

    async def pairings(self, person: Person) -> list[Pairing]:
        """Who waits to be let in."""
        async with self._house.store.reading() as unit:
            self._allow(await people.as_now(unit, self._house.settings, person))
            return await pairing.pending(unit, self._house)

    async def _change(self, person: Person, change: Callable[[Unit, Person], Awaitable[str]]) -> str:

        async def changed(unit: Unit, person: Person) -> str:
            self._allow(person)
            return await change(unit, person)

        return await self._commit(person, changed)

    def _allow(self, person: Person) -> None:
        if why := policy.authorize(self._house.settings, person, Act.PEOPLE):
            raise Refused(why)
