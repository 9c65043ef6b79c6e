"""The desk's verbs about what is kept: show and forget what is old, and read who did what; for admins."""

from __future__ import annotations

from bot import forgetting, people, policy, result_cache
from bot.errors import Refused
from bot.house import House
from bot.model.acts import Act
from bot.model.dispatches import LIVE, Dispatch
from bot.model.log import AuditRow
from bot.model.people import Person
from bot.model.purging import Purge, Purged
from bot.model.result_cache import CacheFigures
from bot.ports import Unit


class Housekeeping:
    def __init__(self, house: House) -> None:
        self._house = house

    async def preview(self, person: Person, purge: Purge) -> Purged:
        """What ``purge`` would delete."""
        async with self._house.store.reading() as unit:
            await self._allow(unit, person, Act.PURGE)
            await _insist_on_being_over(unit, purge)
        return await forgetting.look(self._house, purge)

    async def purge(self, person: Person, purge: Purge) -> Purged:
        """Delete it; that it was asked for is kept, and comes first."""
        shown = await self.preview(person, purge)
        async with self._house.store.transaction() as unit:
            by = await self._allow(unit, person, Act.PURGE)
            await _insist_on_being_over(unit, purge)
            id, now, detail = self._house.new_id(), self._house.now(), _detail(purge, shown)
            await unit.add(AuditRow(id, now, by.id, "purge", _about(purge), detail))
        return await forgetting.forget(self._house, purge)

    async def audit(self, person: Person, limit: int) -> list[AuditRow]:
        """Who did what, oldest first; the newest so many."""
        async with self._house.store.reading() as unit:
            await self._allow(unit, person, Act.AUDIT)
            rows = await unit.find(AuditRow, limit=limit, newest=True)
        return rows[::-1]

    async def cache(self, person: Person) -> CacheFigures:
        """How many results would answer an identical request, and how often one did."""
        async with self._house.store.reading() as unit:
            await self._allow(unit, person, Act.AUDIT)
            return await result_cache.figures(unit, self._house)

    async def clear_cache(self, person: Person) -> int:
        """From now on everything is run anew; how many results that were."""
        async with self._house.store.transaction() as unit:
            by = await self._allow(unit, person, Act.PURGE)
            count = await result_cache.clear(unit)
            await unit.add(
                AuditRow(self._house.new_id(), self._house.now(), by.id, "cache.clear", "house", str(count))
            )
        return count

    async def _allow(self, unit: Unit, person: Person, act: Act) -> Person:
        person = await people.as_now(unit, self._house.settings, person)
        if why := policy.authorize(self._house.settings, person, act):
            raise Refused(why)
        return person


async def _insist_on_being_over(unit: Unit, purge: Purge) -> None:
    if purge.dispatch is None:
        return
    dispatch = await unit.get(Dispatch, purge.dispatch)
    if dispatch is None:
        raise Refused(f"There is no dispatch {purge.dispatch}; `frontdesk list` shows what there is.")
    if dispatch.status in LIVE:
        raise Refused(
            f"{dispatch.id} is {dispatch.status}; `frontdesk cancel {dispatch.id}` ends it, then it can go."
        )


def _about(purge: Purge) -> str:
    return purge.dispatch or (f"person {purge.person}" if purge.person else "house")


def _detail(purge: Purge, shown: Purged) -> str:
    parts = [f"ended before {purge.before.isoformat(timespec='seconds')}"]
    if purge.dispatch and purge.person:
        parts.append(f"of {purge.person}")
    return ", ".join([*parts, f"{sum(shown.rows.values())} rows", f"{shown.transcripts} transcripts"])
