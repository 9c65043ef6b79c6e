"""What a run cost, when it ends: known, or as much as it had reserved until the session tells.

::

    admitted ── reserved_usd ──▶ ended, price known ──▶ ledger: usd
                    │      └──▶ ended, price unknown ──▶ ledger: reserved_usd, until included_in a later run
                    └─ attempt died: + lost_usd ─▶ next attempt ─┘

A specialist's cumulative figure covers everything its session ever did, so a run that tells it settles the
runs before it that could not.
"""

from __future__ import annotations

import json

from bot.crash import Point, crash_point
from bot.house import House
from bot.ledger import charge
from bot.model import events as ev
from bot.model.dispatches import Dispatch, Run, Session
from bot.model.log import EventRow, LedgerRow
from bot.ports import Unit


async def has_begun(unit: Unit, run: Run) -> bool:
    """Whether its specialist was up, so that it can have cost something."""
    return bool(await _beginnings(unit, run))


async def settle(
    unit: Unit, house: House, run: Run, dispatch: Dispatch, event: ev.Finished | ev.Parked
) -> float | None:
    """Write what the run cost; its price, None while it is not known."""
    beginnings = await _beginnings(unit, run)
    usd = event.usd if event.usd is not None or beginnings else 0.0
    session = await unit.get(Session, dispatch.session) if dispatch.session else None
    if session is not None and event.session_usd is not None:
        await unit.change(session, cost_usd=event.session_usd)
        await _include_earlier(unit, session, run)
    row = LedgerRow(
        id=house.new_id(),
        at=house.now(),
        person=dispatch.person,
        project=dispatch.project,
        object=run.id,
        usd=usd,
        billing=event.billing,
        model=_model(beginnings),
        conversation=dispatch.conversation,
        session=session.id if session else "",
        reserved_usd=0.0 if usd is not None or _is_complete(event) else run.reserved_usd + run.lost_usd,
    )
    await charge(unit, house, row)
    crash_point(Point.AFTER_SETTLE)
    return usd


def _is_complete(event: ev.Finished | ev.Parked) -> bool:
    """It ended in order and has no price: a model that nobody lists. Nothing will be known later."""
    return isinstance(event, ev.Finished) and event.end is ev.End.DONE


async def _beginnings(unit: Unit, run: Run) -> list[EventRow]:
    return await unit.find(EventRow, run=run.id, kind=ev.Started.__name__, newest=True, limit=1)


def _model(beginnings: list[EventRow]) -> str:
    return str(json.loads(beginnings[0].data).get("model", "")) if beginnings else ""


async def _include_earlier(unit: Unit, session: Session, run: Run) -> None:
    """This run's amount holds what earlier ones of the session could not tell."""
    for row in await unit.find(LedgerRow, session=session.id, usd=None, included_in=""):
        await unit.change(row, reserved_usd=0.0, included_in=run.id)
