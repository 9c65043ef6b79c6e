"""Who may start now: one function in a transaction, called when work arrives, ends or parks, and to sweep.

A run that is not admitted is a row with its place in line, nothing more. Answers go first, people before
bulk, then first come, first served; one run per working directory, a share per person, and money reserved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot import budgets, reports, shortage
from bot.budgets import Purses
from bot.crash import Point, crash_point
from bot.house import House
from bot.model.dispatches import Dispatch, Run, RunState, Status
from bot.model.leases import Lease
from bot.model.work_items import Kind, WorkItem
from bot.outbox import redraw
from bot.ports import Unit

NUMBERED: Final = 10
"""Places in line that are counted."""


@dataclass(slots=True)
class _Floor:
    """What is taken already: places and directories of this node, shares of persons everywhere."""

    purses: Purses
    running: int = 0
    directories: dict[str, str] = field(default_factory=dict[str, str])  # directory → dispatch
    persons: dict[str, int] = field(default_factory=dict[str, int])

    def take(self, dispatch: Dispatch, directory: str, *, here: bool = True) -> None:
        self.persons[dispatch.person] = self.persons.get(dispatch.person, 0) + 1
        if here:
            self.running += 1
            self.directories[directory] = dispatch.id


async def admit(unit: Unit, house: House) -> None:
    """Move every held run that may start here to its queue, and tell the others why they wait."""
    if not house.admits:
        await unit.call_others()
        return
    await unit.next_number("admission")  # this row's lock makes admissions take turns
    held = await unit.find(Run, state=RunState.HELD)
    if not held:
        return
    floor = await _floor(unit, house)
    ahead = 0
    for run, dispatch in await _line(unit, held):
        if (node := _pinned_to(dispatch, run)) not in (None, house.node):
            await _wait_for(unit, dispatch, str(node))
            continue
        directory = working_directory(house, dispatch, run)
        why = await _obstacle(unit, house, floor, run, dispatch, directory)
        if why is not None:
            await _say(unit, dispatch, f"{_place(ahead)}: {why}")
            ahead += 1
        elif current := await _still_waiting(unit, dispatch):
            floor.take(current, directory)
            await floor.purses.take(current.person, await _start(unit, house, run, current, directory))


async def _line(unit: Unit, held: Sequence[Run]) -> list[tuple[Run, Dispatch]]:
    """Those who wait, in their order."""
    dispatches = await unit.find(Dispatch, id=tuple({run.dispatch for run in held}))
    by_id = {dispatch.id: dispatch for dispatch in dispatches}
    waiting = [(run, by_id[run.dispatch]) for run in held if run.dispatch in by_id]
    return sorted(
        waiting, key=lambda pair: (pair[0].question is None, pair[1].bulk, pair[0].created_at, pair[1].number)
    )


async def _floor(unit: Unit, house: House) -> _Floor:
    floor = _Floor(Purses(unit, house))
    for run in await unit.find(Run, state=(RunState.QUEUED, RunState.RUNNING)):
        if dispatch := await unit.get(Dispatch, run.dispatch):
            floor.take(dispatch, run.directory, here=run.node == house.node)
    return floor


def _pinned_to(dispatch: Dispatch, run: Run) -> str | None:
    """The node whose disk holds the session."""
    return run.node if dispatch.session and run.node else None


async def _wait_for(unit: Unit, dispatch: Dispatch, node: str) -> None:
    """That node admits it, if it is there."""
    lease = await unit.get(Lease, node)
    if lease is None or lease.until < await unit.clock():
        await _say(unit, dispatch, reports.waits_for_node(node))


def working_directory(house: House, dispatch: Dispatch, run: Run) -> str:
    if run.directory:
        return run.directory
    project = house.settings.projects.get(dispatch.project)
    if project is None:
        return ""
    place = Path(project.directory).expanduser().resolve()
    return str(place / dispatch.id if dispatch.project in house.settings.places else place)


async def _obstacle(
    unit: Unit, house: House, floor: _Floor, run: Run, dispatch: Dispatch, directory: str
) -> str | None:
    limits = house.settings.limits
    if floor.running >= limits.runs_at_once:
        return f"{floor.running} of {limits.runs_at_once} places are taken"
    if other := floor.directories.get(directory):
        return f"{other} works in the same directory"
    if floor.persons.get(dispatch.person, 0) >= limits.per_person:
        return f"{dispatch.person} already has {limits.per_person} running"
    usd = budgets.run_limit_usd(house.settings, dispatch, run) or 0.0
    if short := await floor.purses.shortages(dispatch.person, usd):
        await shortage.tell(unit, house, dispatch, short)
        return shortage.words(short)
    return None


async def _start(unit: Unit, house: House, run: Run, dispatch: Dispatch, directory: str) -> float:
    """Promise the run, and reserve what it may cost, in dollars."""
    reserved = budgets.run_limit_usd(house.settings, dispatch, run) or 0.0
    await unit.change(run, state=RunState.QUEUED, directory=directory, node=house.node, reserved_usd=reserved)
    running = dispatch.to(Status.RUNNING)
    changed = await unit.change(
        dispatch,
        status=running.status,
        activity="starting",
        activity_at=house.now(),
        revision=dispatch.revision + 1,
    )
    await redraw(unit, dispatch, changed)
    await unit.enqueue(run_item(run, dispatch, directory, house.node))
    crash_point(Point.AFTER_RESERVE)
    return reserved


def run_item(run: Run, dispatch: Dispatch, directory: str, node: str) -> WorkItem:
    """Its key has the node: work that moves to another one leaves nothing but an empty promise behind."""
    key = f"run:{dispatch.id}:{run.n}:{node}"
    return WorkItem(Kind.RUN, key, run.id, directory or "none", dispatch.number, node)


def _place(ahead: int) -> str:
    """Far behind there is no number: when a long line moves by one, not every card in it is drawn again."""
    if ahead >= NUMBERED:
        return f"in line, behind {NUMBERED} others or more"
    return "next" if ahead == 0 else f"number {ahead + 1} in line"


async def _say(unit: Unit, dispatch: Dispatch, words: str) -> None:
    if dispatch.activity != words and (current := await _still_waiting(unit, dispatch)):
        changed = await unit.change(current, activity=words, revision=current.revision + 1)
        await redraw(unit, current, changed)


async def _still_waiting(unit: Unit, dispatch: Dispatch) -> Dispatch | None:
    """Locked, if nobody has ended it since it was read."""
    current = await unit.get(Dispatch, dispatch.id, lock=True)
    return current if current is not None and current.status is Status.WAITING else None
