"""Who is who: the people of the configuration first, then those who were added while the house runs.

The file wins, for a person as for an account. What is written here holds from the next transaction on.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from bot.errors import Refused
from bot.house import House
from bot.model.dispatches import LIVE, Dispatch
from bot.model.log import AuditRow
from bot.model.people import AccountRow, Identity, Person, PersonRow, Role
from bot.model.views import Acquaintance
from bot.ports import Unit
from bot.settings.fields import within

if TYPE_CHECKING:
    from bot.settings import Settings

TERMINAL: Final = "terminal"
QUIET_STEP: Final = timedelta(minutes=5)

_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_ACCOUNTS: Final = {
    "slack": (re.compile(r"[A-Z0-9]+/[A-Z0-9]+"), "team/user, as in T01/U024"),
    "telegram": (re.compile(r"\d{1,20}"), "the numeric id, as in 4711; names can be taken over"),
}
_ANY_ACCOUNT: Final = (re.compile(r"[^\s*]{1,200}"), "one word without *")


async def by_account(unit: Unit, settings: Settings, identity: Identity) -> Person | None:
    """Whose account that is; None for everybody nobody has named."""
    if person := settings.person(identity):
        return person
    row = await unit.get(AccountRow, _key(identity))
    if row is not None and row.removed_at is None:
        return await known(unit, settings, row.person)
    return await known(unit, settings, identity.account) if identity.chat == TERMINAL else None


async def known(unit: Unit, settings: Settings, id: str) -> Person | None:
    """The person of that id, as they are now."""
    if person := settings.person_named(id):
        return person
    row = await unit.get(PersonRow, id)
    return Person(row.id, row.name, row.role, row.notify) if row and row.removed_at is None else None


async def as_now(unit: Unit, settings: Settings, person: Person) -> Person:
    """The same person with the name and role of this moment; raises Refused when they were removed."""
    now = await known(unit, settings, person.id)
    if now is None:
        raise Refused(f"{person.id} is nobody this house knows any more.")
    return now


async def accounts_on(unit: Unit, settings: Settings, id: str, chat: str) -> tuple[str, ...]:
    """The person's accounts on that chat, those of the file first."""
    linked = await unit.find(AccountRow, person=id, chat=chat, removed_at=None)
    named = settings.accounts(id, chat)
    theirs = [row.account for row in linked if settings.person(Identity(chat, row.account)) is None]
    return tuple(dict.fromkeys((*named, *theirs)))


async def is_quiet(unit: Unit, settings: Settings, id: str, at: datetime) -> bool:
    """Whether reminders to that person wait at this moment, by their own clock."""
    if id in settings.people:
        return settings.is_quiet(id, at)
    row = await unit.get(PersonRow, id)
    if row is None or row.removed_at is not None or row.quiet_hours is None:
        return False
    zone = ZoneInfo(row.timezone) if row.timezone else settings.timezone
    return within(row.quiet_hours, at.astimezone(zone).time())


async def timezone(unit: Unit, settings: Settings, id: str) -> str:
    """The zone of that person's clock, else the house's."""
    if entry := settings.people.get(id):
        return entry.timezone or settings.house.timezone
    row = await unit.get(PersonRow, id)
    return (row.timezone if row else None) or settings.house.timezone


async def quiet_until(unit: Unit, settings: Settings, id: str, at: datetime) -> datetime | None:
    """When that person's quiet hours end, to a few minutes; None when it is none of them."""
    until = at
    while until < at + timedelta(days=1) and await is_quiet(unit, settings, id, until):
        until += QUIET_STEP
    return until if until > at else None


async def everybody(unit: Unit, settings: Settings) -> list[Acquaintance]:
    """All who are known, with where that is written; a row that the file overrules is shown as such."""
    linked: dict[str, list[AccountRow]] = {}
    for account in await unit.find(AccountRow, removed_at=None):
        linked.setdefault(account.person, []).append(account)
    rows = {row.id: row for row in await unit.find(PersonRow, removed_at=None)}
    named = [_of_file(settings, id, linked.get(id, []), rows.get(id)) for id in settings.people]
    added = [_of_row(row, linked.get(id, [])) for id, row in rows.items() if id not in settings.people]
    return [*named, *added]


def _of_file(
    settings: Settings, id: str, linked: list[AccountRow], overruled: PersonRow | None
) -> Acquaintance:
    person = settings.person_named(id) or Person(id, id, Role.VIEWER)
    accounts = tuple(f"{one.chat}:{one.account}" for one in settings.accounts_of(id))
    more = tuple(row.id for row in linked if settings.person(Identity(row.chat, row.account)) is None)
    return Acquaintance(
        id,
        person.name,
        person.role,
        "file" if settings.file else "default",
        (*accounts, *more),
        overrules_a_row=overruled is not None,
    )


def _of_row(row: PersonRow, linked: list[AccountRow]) -> Acquaintance:
    accounts = (f"{TERMINAL}:{row.id}", *(account.id for account in linked))
    return Acquaintance(row.id, row.name, row.role, "added", accounts, row.added_by, row.added_at)


# ── changing it: for those who may, as a verb of the desk has seen to ─────────────────────────────────────


async def add(unit: Unit, house: House, by: Person, id: str, name: str, role: Role) -> str:
    """Add somebody, or give somebody who was added another name or role."""
    if not _ID.fullmatch(id):
        raise Refused("An id is lower-case letters, digits, - and _, beginning with a letter or digit.")
    if id in house.settings.people:
        raise Refused(f"{id} stands in {_file(house)}, which wins; change [people.{id}] there.")
    owner = await by_account(unit, house.settings, Identity(TERMINAL, id))
    if owner is not None and owner.id != id:
        raise Refused(f"{TERMINAL}:{id} is an account of {owner.id}; one account is one person.")
    before = await unit.get(PersonRow, id, lock=True)
    row = PersonRow(id, name or id, role, by.id, house.now())
    if before is None:
        await unit.add(row)
    else:
        await unit.change(
            before, name=row.name, role=role, added_by=by.id, added_at=row.added_at, removed_at=None
        )
    await _audit(unit, house, by, "person.added", id, f"role={role}")
    more = f"`frontdesk people link {id} CHAT ACCOUNT` adds other accounts."
    return f"{id} is {role} from now on, as {TERMINAL}:{id}; {more}"


async def remove(unit: Unit, house: House, by: Person, id: str) -> str:
    """Forget who somebody is: from the next transaction on they are a stranger; their work goes on."""
    row = await unit.get(PersonRow, id, lock=True)
    if row is None or row.removed_at is not None:
        if id in house.settings.people:
            raise Refused(f"{id} stands in {_file(house)}; remove [people.{id}] there.")
        raise Refused(f"{id} is nobody this house knows; `frontdesk people list` shows who is.")
    await unit.change(row, removed_at=house.now())
    for account in await unit.find(AccountRow, person=id, removed_at=None):
        await unit.change(account, removed_at=house.now())
    await _audit(unit, house, by, "person.removed", id)
    if id in house.settings.people:
        return f"What was added for {id} is gone; [people.{id}] in {_file(house)} still holds."
    live = [item.id for item in await unit.find(Dispatch, person=id, status=tuple(LIVE))]
    rest = f" Still going on for them: {', '.join(live)}; `frontdesk stop` ends it." if live else ""
    return f"{id} is a stranger from now on.{rest}"


async def link(unit: Unit, house: House, by: Person, id: str, identity: Identity) -> str:
    """One more account for somebody; refused when it is somebody else's."""
    if await known(unit, house.settings, id) is None:
        raise Refused(f"{id} is nobody this house knows; `frontdesk people add {id}` adds them.")
    if not _ID.fullmatch(identity.chat):
        raise Refused("A chat is named as in the configuration: terminal, slack, telegram.")
    shape, words = _ACCOUNTS.get(identity.chat, _ANY_ACCOUNT)
    if not shape.fullmatch(identity.account) or not identity.account.isprintable():
        raise Refused(f"An account of {identity.chat} is {words}.")
    owner = await by_account(unit, house.settings, identity)
    if owner is not None and owner.id != id:
        raise Refused(f"{_key(identity)} is {owner.id}'s; one account is one person.")
    if owner is not None:
        return f"{_key(identity)} is {id}'s already."
    row = AccountRow(_key(identity), id, identity.chat, identity.account, by.id, house.now())
    before = await unit.get(AccountRow, row.id, lock=True)
    if before is None:
        await unit.add(row)
    else:
        await unit.change(before, person=id, added_by=by.id, added_at=row.added_at, removed_at=None)
    await _audit(unit, house, by, "person.linked", id, row.id)
    return f"{row.id} is {id}'s from now on."


async def unlink(unit: Unit, house: House, by: Person, identity: Identity) -> str:
    """Take back a link that was added here."""
    row = await unit.get(AccountRow, _key(identity), lock=True)
    if row is None or row.removed_at is not None:
        raise Refused(f"{_key(identity)} was not linked here; an account of {_file(house)} is changed there.")
    await unit.change(row, removed_at=house.now())
    await _audit(unit, house, by, "person.unlinked", row.person, row.id)
    return f"{row.id} is nobody's from now on."


def _key(identity: Identity) -> str:
    return f"{identity.chat}:{identity.account}"


def _file(house: House) -> str:
    return str(house.settings.file or "the built-in defaults")


async def _audit(unit: Unit, house: House, by: Person, action: str, id: str, detail: str = "") -> None:
    await unit.add(AuditRow(house.new_id(), house.now(), by.id, action, id, detail))
