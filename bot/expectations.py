"""What work in a project will take, as far as its last runs tell; fewer than five tell nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot import reports
from bot.model.dispatches import Dispatch, Run, RunState, Status
from bot.ports import Unit

LAST: Final = 20
"""Runs that are looked at."""
ENOUGH: Final = 5
LEFT_OUT: Final = 10
"""One in so many at either end: what was odd."""

UNKNOWN: Final = "time and price are not known yet"


async def expected(unit: Unit, project: str) -> str:
    """“usually 40 s to 2 min, $0.01 to $0.05”; empty when too few runs have ended."""
    done = await unit.find(Dispatch, project=project, status=Status.DONE, newest=True, limit=LAST)
    ids = tuple(dispatch.id for dispatch in done)
    runs = await unit.find(Run, dispatch=ids, n=1, state=RunState.FINISHED) if ids else []
    seconds = [
        (run.ended_at - run.started_at).total_seconds() for run in runs if run.started_at and run.ended_at
    ]
    if len(seconds) < ENOUGH:
        return ""
    usd = [run.cost_usd for run in runs if run.cost_usd is not None]
    fast, slow = (reports.duration(each) for each in _usual(seconds))
    time = fast if fast == slow else f"{fast} to {slow}"
    return f"usually {time}, {_price(usd)}"


def _price(usd: Sequence[float]) -> str:
    if len(usd) < ENOUGH:
        return "price unknown"
    low, high = (reports.money(each) for each in _usual(usd))
    return low if low == high else f"{low} to {high}"


def _usual(values: Sequence[float]) -> tuple[float, float]:
    """The smallest and the largest, without what was odd."""
    ordered = sorted(values)
    odd = len(ordered) // LEFT_OUT
    return ordered[odd], ordered[-1 - odd]
