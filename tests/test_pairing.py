"""Pairing, where a story cannot look: accounts that are made to look like somebody else's."""

from __future__ import annotations

from pathlib import Path

from bot.model.people import AccountRow, Pairing, Role
from tests.houses import CHAT, open_household, tables, wrote


async def test_an_account_that_looks_like_another_becomes_a_person_of_its_own(tmp_path: Path) -> None:
    """Eve was made an admin by hand; eve, who is let in as a user, does not become her."""
    async with open_household(tmp_path, tables(tmp_path)) as house:
        desk = house.running.desk
        ann = house.settings.person_named("ann")
        assert ann is not None
        for account, role in (("Eve", Role.ADMIN), ("eve", Role.USER)):
            await desk.receive(wrote("hello", by=account, where=f"of {account}"))
            (asked,) = [row for row in await house.rows(Pairing) if row.closed_at is None]
            await desk.members.pair(ann, asked.id, role)
        owners = {row.account: row.person for row in await house.rows(AccountRow, chat=CHAT)}
        assert owners["Eve"] != owners["eve"]
        roles = [await desk.members.known(owners[account]) for account in ("Eve", "eve")]
        assert [person.role for person in roles if person] == [Role.ADMIN, Role.USER]
