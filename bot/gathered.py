"""A researcher's pages and notes as rows: kept event by event, given to every later attempt and run."""

from __future__ import annotations

from dataclasses import fields, replace

from bot.house import House
from bot.model import events as ev
from bot.model.dispatches import Dispatch, Run
from bot.model.gathered import Fetch, Finding
from bot.ports import Unit


async def keep(unit: Unit, house: House, run: Run, event: ev.Fetched | ev.Noted) -> None:
    id = f"{run.id}.{run.attempt}.{house.new_id()}"
    match event:
        case ev.Fetched():
            told = {field.name: getattr(event, field.name) for field in fields(event)}
            await unit.add(Fetch(id=id, dispatch=run.dispatch, run=run.id, **told))
        case ev.Noted(claim=claim, url=url, quote=quote):
            await unit.add(Finding(id, run.dispatch, run.id, house.now(), claim, url, quote))


async def known(unit: Unit, dispatch: Dispatch) -> tuple[tuple[Fetch, ...], tuple[Finding, ...]]:
    """All of this dispatch, oldest first."""
    fetches = await unit.find(Fetch, dispatch=dispatch.id)
    findings = await unit.find(Finding, dispatch=dispatch.id)
    return tuple(fetches), tuple(findings)


def without_text(event: ev.Event) -> ev.Event:
    """As it is told in the log: a page's text and links stand in its row."""
    return replace(event, text="", links=()) if isinstance(event, ev.Fetched) else event
