"""Money: what a run may reserve, the budgets it must fit into, and how far they are used up.

A day and a month begin at midnight in the house's time zone. Amounts are compared in whole micro-dollars,
because sums of dollars drift.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from bot.house import House
from bot.model.dispatches import Dispatch, Run
from bot.model.grants import Allowance
from bot.ports import Unit

if TYPE_CHECKING:
    from bot.settings import Settings

DAY: Final = "day"
MONTH: Final = "month"


def micros(usd: float) -> int:
    """Dollars as whole micro-dollars."""
    return round(usd * 1_000_000)


@dataclass(frozen=True, slots=True)
class Budget:
    """One budget in its present period."""

    name: str  # person:ann | day | month
    period: str  # 2026-11-24, or 2026-11
    since: datetime
    limit_usd: float  # what was added included
    person: str | None  # whose; None: the house's
    words: str  # ann's budget for today


@dataclass(frozen=True, slots=True)
class Shortage:
    """A budget that a run does not fit into."""

    budget: Budget
    spent_usd: float
    needed_usd: float

    @property
    def missing_usd(self) -> int:
        """Whole dollars that would do."""
        lacking = micros(self.spent_usd) + micros(self.needed_usd) - micros(self.budget.limit_usd)
        return max(math.ceil(lacking / 1_000_000), 1)

    def __str__(self) -> str:
        return (
            f"{self.budget.words} is used up (${self.spent_usd:.2f} of ${self.budget.limit_usd:.2f}, "
            f"this run may need ${self.needed_usd:.2f})"
        )


def run_limit_usd(settings: Settings, dispatch: Dispatch, run: Run) -> float | None:
    """The most that this run may cost: its own limit, else its dispatch's, else its project's."""
    if run.max_usd is not None:
        return run.max_usd
    if dispatch.max_usd is not None:
        return dispatch.max_usd
    project = settings.projects.get(dispatch.project)
    return project.max_usd_per_dispatch if project else None


def day_began(house: House) -> datetime:
    """The last midnight in the house's time zone."""
    local = house.now().astimezone(house.settings.timezone)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def month_began(house: House) -> datetime:
    local = house.now().astimezone(house.settings.timezone)
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


async def budgets(unit: Unit, house: House, person: str) -> list[Budget]:
    """The person's own and the house's, with what somebody added to them."""
    return [await _with_added(unit, budget) for budget in _configured(house, person)]


def _configured(house: House, person: str) -> Iterator[Budget]:
    limits = house.settings.budgets
    local = house.now().astimezone(house.settings.timezone)
    day, month = f"{local:%Y-%m-%d}", f"{local:%Y-%m}"
    today, this_month = day_began(house), month_began(house)
    own = f"{person}'s budget for today"
    yield Budget(f"person:{person}", day, today, limits.person_day_usd, person, own)
    yield Budget(DAY, day, today, limits.total_day_usd, None, "the house's budget for today")
    yield Budget(MONTH, month, this_month, limits.total_month_usd, None, "the house's budget for this month")


async def _with_added(unit: Unit, budget: Budget) -> Budget:
    added = await unit.find(Allowance, budget=budget.name, period=budget.period)
    limit_usd = budget.limit_usd + sum(each.usd for each in added)
    return Budget(budget.name, budget.period, budget.since, limit_usd, budget.person, budget.words)


@dataclass(slots=True)
class Purses:
    """How full the budgets are, read once for everything that one transaction decides."""

    unit: Unit
    house: House
    _budgets: dict[str, list[Budget]] = field(default_factory=dict[str, list[Budget]])
    _spent_usd: dict[str, float] = field(default_factory=dict[str, float])  # by the budget's name

    async def shortages(self, person: str, usd: float) -> list[Shortage]:
        """The budgets into which ``usd`` more of that person does not fit.

        Settled money and open reservations count alike, so parallel runs cannot pass a limit together.
        """
        found = [Shortage(budget, await self._spent(budget), usd) for budget in await self._of(person)]
        return [each for each in found if _exceeds(each)]

    async def take(self, person: str, usd: float) -> None:
        """A run of that person was let in."""
        for budget in await self._of(person):
            self._spent_usd[budget.name] = await self._spent(budget) + usd

    async def _of(self, person: str) -> list[Budget]:
        if person not in self._budgets:
            self._budgets[person] = await budgets(self.unit, self.house, person)
        return self._budgets[person]

    async def _spent(self, budget: Budget) -> float:
        if budget.name not in self._spent_usd:
            spent_usd = await self.unit.spent_usd(since=budget.since, person=budget.person)
            self._spent_usd[budget.name] = spent_usd
        return self._spent_usd[budget.name]


def _exceeds(shortage: Shortage) -> bool:
    needed = micros(shortage.spent_usd) + micros(shortage.needed_usd)
    return needed > micros(shortage.budget.limit_usd)
