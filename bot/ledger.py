"""Every amount is written here, and who it concerns hears in the same transaction when a budget runs low."""

from __future__ import annotations

from typing import Final

import structlog

from bot.budgets import Budget, budgets, micros
from bot.errors import Conflict
from bot.house import House
from bot.model.conversations import Conversation
from bot.model.log import Alert, LedgerRow
from bot.model.people import PersonRow, Role
from bot.model.posts import Post, PostKind
from bot.outbox import post
from bot.ports import Unit

_log = structlog.get_logger("ledger")

LEVELS: Final = (95, 75)
"""Percent of a budget at which somebody is told, the highest first."""


async def charge(unit: Unit, house: House, row: LedgerRow) -> None:
    """Write the amount; say so, once per budget, period and level, where it crosses one."""
    await unit.add(row)
    if not (row.usd or row.reserved_usd):
        return
    for budget in await budgets(unit, house, row.person):
        paid_usd = await unit.paid_usd(since=budget.since, person=budget.person)
        level = next((n for n in LEVELS if micros(paid_usd) * 100 >= n * micros(budget.limit_usd)), None)
        if level is not None and await _is_news(unit, house, budget, level):
            await _tell(unit, house, budget, paid_usd, row.conversation)


async def _is_news(unit: Unit, house: House, budget: Budget, level: int) -> bool:
    """Note this level and those below it, so that no lower one is told afterwards."""
    news = False
    for each in (n for n in LEVELS if n <= level):
        id = f"{budget.name}:{budget.period}:{each}"
        if await unit.get(Alert, id) is not None:
            continue
        try:
            await unit.add(Alert(id, house.now()))
        except Conflict:  # another transaction crosses it in the same moment
            continue
        news = news or each == level
    return news


async def _tell(unit: Unit, house: House, budget: Budget, paid_usd: float, here: str) -> None:
    share = paid_usd / budget.limit_usd
    words = f"{share:.0%} of {budget.words} is used (${paid_usd:.2f} of ${budget.limit_usd:.2f})."
    _log.info("budget.nearly_used", budget=budget.name, period=budget.period, share=round(share, 3))
    for person in await _concerned(unit, house, budget):
        if where := await _place_of(unit, person) or (here if budget.person else ""):
            await post(unit, house, where, Post(words, mention=person), PostKind.REPLY)


async def _concerned(unit: Unit, house: House, budget: Budget) -> list[str]:
    """The person whose budget it is; for the house's, its admins, of the file or added since."""
    if budget.person is not None:
        return [budget.person]
    people = house.settings.people
    added = await unit.find(PersonRow, role=Role.ADMIN)
    of_file = [id for id, person in people.items() if person.role is Role.ADMIN]
    return [*of_file, *(row.id for row in added if row.id not in people)]


async def _place_of(unit: Unit, person: str) -> str:
    """A conversation in which nobody else reads along."""
    found = await unit.find(Conversation, person=person, newest=True, limit=1)
    return found[0].id if found else ""
