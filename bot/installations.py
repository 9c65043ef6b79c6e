"""Workspaces that have installed a chat's app, as rows: what a chat is handed to keep their tokens in."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from bot.model.installations import Installation
from bot.model.log import AuditRow
from bot.ports import Installations, Store, Unit


def installations(store: Store) -> Installations:
    async def every(chat: str) -> Sequence[Installation]:
        async with store.reading() as unit:
            found = await unit.find(Installation, chat=chat)
        return [each for each in found if each.removed_at is None]

    async def get(chat: str, team: str) -> Installation | None:
        async with store.reading() as unit:
            found = await unit.get(Installation, f"{chat}:{team}")
        return found if found is not None and found.removed_at is None else None

    async def keep(given: Installation) -> None:
        async with store.transaction() as unit:
            old = await unit.get(Installation, given.id, lock=True)
            if old is None:
                await unit.add(given)
            else:
                await unit.change(
                    old,
                    name=given.name,
                    bot=given.bot,
                    sealed=given.sealed,
                    installed_by=given.installed_by,
                    installed_at=given.installed_at,
                    removed_at=None,
                )
            await _noted(unit, f"{given.chat}:{given.installed_by}", "workspace.installed", given)

    async def reseal(given: Installation, sealed: str) -> None:
        async with store.transaction() as unit:
            old = await unit.get(Installation, given.id, lock=True)
            if old is not None and old.sealed == given.sealed:
                await unit.change(old, sealed=sealed)

    async def remove(given: Installation) -> None:
        async with store.transaction() as unit:
            old = await unit.get(Installation, given.id, lock=True)
            if old is not None and old.sealed == given.sealed and old.removed_at is None:
                await unit.change(old, sealed="", removed_at=await unit.clock())
                await _noted(unit, f"{given.chat}:{given.team}", "workspace.removed", given)

    return Installations(every, get, keep, reseal, remove)


async def _noted(unit: Unit, who: str, what: str, of: Installation) -> None:
    await unit.add(AuditRow(uuid4().hex, await unit.clock(), who, what, of.id, of.name))
