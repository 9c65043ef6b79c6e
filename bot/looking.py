"""What the desk's looks share: the events nobody has seen yet, and what a house should have done by now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from bot import gathered
from bot.in_force import InForce
from bot.model.conversations import Conversation
from bot.model.dispatches import Dispatch, Run, Session, Status
from bot.model.grants import SessionGrant
from bot.model.health import Backlog, Health
from bot.model.log import EventRow
from bot.model.posts import AWAITED, OutboxRow, OutboxState
from bot.model.questions import Question
from bot.model.views import Detail
from bot.moving import place_words
from bot.ports import Unit
from bot.vitals import BACKLOGS, late

EVENTS_AT_ONCE: Final = 50
"""That a look for new events takes first."""


async def detail(unit: Unit, dispatch: Dispatch, resume_command: Callable[[Session], str]) -> Detail:
    """Everything that belongs to it; of pages only what was asked for and what came of it."""
    session = await unit.get(Session, dispatch.session) if dispatch.session else None
    runs = await unit.find(Run, dispatch=dispatch.id)
    asked = await unit.find(Question, dispatch=dispatch.id)
    granted = await unit.find(SessionGrant, dispatch=dispatch.id)
    fetches, findings = await gathered.known(unit, dispatch)
    return Detail(
        dispatch,
        tuple(runs),
        tuple(asked),
        session,
        resume_command(session) if session and session.started else "",
        () if dispatch.status is Status.CANCELLED else tuple(granted),
        tuple(replace(fetch, text="", links=()) for fetch in fetches),
        findings,
    )


async def newest_events(unit: Unit, dispatch_id: str | None, known: set[str], limit: int) -> list[EventRow]:
    """Newest first; without a limit as many as it takes to meet one that is known."""
    of: dict[str, Any] = {} if dispatch_id is None else {"dispatch": dispatch_id}
    count = limit or EVENTS_AT_ONCE
    while True:
        rows = await unit.find(EventRow, limit=count, newest=True, **of)
        if limit or len(rows) < count or any(row.id in known for row in rows):
            return rows
        count *= 4


def problems(backlog: Backlog, health: Health | None, now: datetime) -> Iterator[str]:
    """What a running house should have done by now: by its rows, and by what it says of itself."""
    for part in late(backlog, now):
        if not part.ok:
            yield part.detail
    for part in health.parts if health else ():
        if not part.ok and part.name not in BACKLOGS:
            yield f"{part.name}: {part.detail}"


async def undelivered(unit: Unit) -> list[str]:
    """Conversations whose platform takes nothing any more, as far as somebody waited for something there."""
    lines: list[str] = []
    for place in await unit.find(Conversation, lost=True):
        posts = await unit.find(OutboxRow, conversation=place.id, state=OutboxState.RETURNED, kind=AWAITED)
        if posts:
            count = f"{len(posts)} posts were" if len(posts) > 1 else "a post was"
            where = f"{place_words(place)} ({place.person})" if place.person else place_words(place)
            lines.append(f"{where} takes nothing any more, {count} returned: {place.lost_why}")
    return lines


def refused(found: InForce | None) -> tuple[str, ...]:
    """Mistakes of a configuration that the running house did not take."""
    mistakes = found.refused if found else ()
    return tuple(f"The changed configuration is not in force: {mistake}" for mistake in mistakes)
