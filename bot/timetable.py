"""The desk's verbs about schedules: who may, in one transaction each, for the person as they are now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from bot import people, planning, policy, schedule_words, schedules
from bot.causes import kept_words
from bot.errors import Refused
from bot.house import House
from bot.model.people import Person
from bot.model.schedules import Fired, Plan, Schedule, Timetable
from bot.ports import Unit

T = TypeVar("T")


class Commit(Protocol):
    def __call__(self, person: Person, verb: Callable[[Unit, Person], Awaitable[T]], /) -> Awaitable[T]: ...


class Timetables:
    def __init__(self, house: House, commit: Commit) -> None:
        self._house = house
        self._commit = commit

    async def read(self, person: Person, text: str, timezone: str | None = None) -> Plan:
        """What the words would save; raises Refused when there is no time in them."""
        settings = self._house.settings
        async with self._house.store.reading() as unit:
            zone = timezone or await people.timezone(unit, settings, person.id)
        names = policy.usable(settings, person, None)
        usual = names[0] if len(names) == 1 else None
        found = planning.read(text, self._house.now(), zone, names, usual)
        if found is None:
            raise Refused(schedule_words.no_time(text))
        return found

    async def add(self, person: Person, plan: Plan, text: str, conversation: str | None = None) -> Schedule:
        """Save it; the text is the person's own words for it."""

        async def added(unit: Unit, person: Person) -> Schedule:
            place, message = await kept_words(unit, self._house, person, text, conversation)
            return await schedules.save(unit, self._house, person, plan, place, message)

        return await self._commit(person, added)

    async def preview(self, person: Person, plan: Plan, text: str, conversation: str | None = None) -> str:
        async def previewed(unit: Unit, person: Person) -> str:
            place, message = await kept_words(unit, self._house, person, text, conversation)
            return await schedules.preview(unit, self._house, person, plan, place, message)

        return await self._commit(person, previewed)

    async def edit(self, person: Person, id: str, text: str) -> str:
        return await self._change(
            person, id, lambda unit, who, row: schedules.edit(unit, self._house, who, row, text)
        )

    async def pause(self, person: Person, id: str) -> str:
        return await self._change(
            person, id, lambda unit, who, row: schedules.pause(unit, self._house, who, row)
        )

    async def resume(self, person: Person, id: str) -> str:
        return await self._change(
            person, id, lambda unit, who, row: schedules.resume(unit, self._house, who, row)
        )

    async def snooze(self, person: Person, id: str) -> str:
        return await self._change(
            person, id, lambda unit, who, row: schedules.snooze(unit, self._house, who, row)
        )

    async def run(self, person: Person, id: str) -> str:
        """Now, the same way as by the clock."""
        key = self._house.new_id()
        return await self._change(
            person, id, lambda unit, who, row: schedules.run_now(unit, self._house, who, row, key)
        )

    async def delete(self, person: Person, id: str) -> str:
        return await self._change(
            person, id, lambda unit, who, row: schedules.delete(unit, self._house, who, row)
        )

    async def listed(self, person: Person, *, everybody: bool = False) -> list[Timetable]:
        """One's own; everybody's, as far as the person may look."""
        async with self._house.store.reading() as unit:
            who = await people.as_now(unit, self._house.settings, person)
            return await schedules.listed(unit, self._house, who, everybody=everybody)

    async def show(self, person: Person, id: str) -> Timetable:
        async with self._house.store.reading() as unit:
            who = await people.as_now(unit, self._house.settings, person)
            row = await schedules.found(unit, self._house, who, id)
            return await schedules.shown(unit, row)

    async def history(self, person: Person, id: str, limit: int = schedules.HISTORY) -> list[Fired]:
        async with self._house.store.reading() as unit:
            who = await people.as_now(unit, self._house.settings, person)
            row = await schedules.found(unit, self._house, who, id)
            return await schedules.history(unit, row, limit)

    async def _change(
        self, person: Person, id: str, change: Callable[[Unit, Person, Schedule], Awaitable[str]]
    ) -> str:
        async def changed(unit: Unit, person: Person) -> str:
            row = await schedules.found(unit, self._house, person, id, lock=True)
            return await change(unit, person, row)

        return await self._commit(person, changed)
