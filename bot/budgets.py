"""Money: what a run may reserve, and what keeps it from starting."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.house import House
from bot.model.dispatches import Dispatch, Run
from bot.ports import Unit

if TYPE_CHECKING:
    from bot.settings import Settings


def run_limit_usd(settings: Settings, dispatch: Dispatch, run: Run) -> float | None:
    """The most that this run may cost: its own raised limit, else its project's."""
    if run.max_usd is not None:
        return run.max_usd
    project = settings.projects.get(dispatch.project)
    return project.max_usd_per_dispatch if project else None


async def refusal(unit: Unit, house: House, dispatch: Dispatch, usd: float) -> str | None:
    """Why ``usd`` cannot be reserved now, as a sentence; None when it can.

    Settled money and open reservations count alike, so parallel runs cannot pass a limit together.
    """
    now = house.now()
    day, month = _day(now), _day(now).replace(day=1)
    budgets = house.settings.budgets
    checks = (
        (budgets.person_day_usd, day, dispatch.person, f"{dispatch.person}'s budget for today"),
        (budgets.total_day_usd, day, None, "the house's budget for today"),
        (budgets.total_month_usd, month, None, "the house's budget for this month"),
    )
    for limit, since, person, name in checks:
        spent = await unit.spent_usd(since=since, person=person)
        if spent + usd > limit:
            return (
                f"{name} is used up (${spent:.2f} of ${limit:.2f}, this run may need ${usd:.2f}). "
                "It goes on when there is room; an admin can raise [budgets] in frontdesk.toml."
            )
    return None


def _day(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
