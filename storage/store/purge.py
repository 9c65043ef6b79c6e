"""Forgetting: what ended before a date goes, with all that belongs to it; who did and paid what stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Delete, Select, Table, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.conversations import MessageState
from bot.model.dispatches import LIVE
from bot.model.posts import OutboxState, Post
from storage.tables import (
    alerts,
    arrivals,
    blobs,
    buttons,
    dispatches,
    events,
    messages,
    notes,
    outbox,
    parts,
    questions,
    refusals,
    runs,
    session_grants,
    sessions,
)

AT_ONCE: Final = 500
"""Rows of one kind in one transaction: writers wait meanwhile."""


async def purge_some(connection: AsyncConnection, before: datetime) -> int:
    """Delete a batch in the open transaction; 0 when nothing is left."""
    ended = (await connection.scalars(_ended(before))).all()
    posts = (await connection.scalars(_old_posts(before))).all()
    waiting = (await connection.scalars(_waiting_posts())).all()
    statements = (*_with_dispatches(ended), *_with_posts(posts), *_by_age(before, waiting))
    return sum([await _deleted(connection, statement) for statement in statements])


def _ended(before: datetime) -> Select[str]:
    """Dispatches that are over, quiet since then, and have nothing left to say."""
    recent_run = select(runs.c.id).where(
        runs.c.dispatch == dispatches.c.id, func.coalesce(runs.c.ended_at, runs.c.created_at) >= before
    )
    unsaid = select(outbox.c.id).where(
        outbox.c.dispatch == dispatches.c.id, outbox.c.state == OutboxState.PENDING
    )
    return (
        select(dispatches.c.id)
        .where(
            dispatches.c.status.not_in(LIVE),
            func.coalesce(dispatches.c.activity_at, dispatches.c.created_at) < before,
            ~recent_run.exists(),
            ~unsaid.exists(),
        )
        .limit(AT_ONCE)
    )


def _old_posts(before: datetime) -> Select[str]:
    """Posts of conversations; those of a dispatch go with it."""
    return (
        select(outbox.c.id)
        .where(
            outbox.c.state != OutboxState.PENDING,
            outbox.c.created_at < before,
            outbox.c.dispatch.is_(None),
            outbox.c.question.is_(None),
        )
        .limit(AT_ONCE)
    )


def _waiting_posts() -> Select[Post]:
    return select(outbox.c.post).where(outbox.c.state == OutboxState.PENDING)


def _with_dispatches(ids: Sequence[str]) -> Iterator[Delete]:
    if not ids:
        return
    asked = select(questions.c.id).where(questions.c.dispatch.in_(ids))
    said = select(outbox.c.id).where(outbox.c.dispatch.in_(ids) | outbox.c.question.in_(asked))
    yield delete(buttons).where(buttons.c.object.in_(ids) | buttons.c.object.in_(asked))
    yield from _with_posts(said)
    for table in (events, runs, sessions, notes, session_grants, questions):
        yield delete(table).where(table.c.dispatch.in_(ids))
    yield delete(dispatches).where(dispatches.c.id.in_(ids))


def _with_posts(ids: Sequence[str] | Select[str]) -> Iterator[Delete]:
    yield delete(buttons).where(buttons.c.outbox.in_(ids))
    yield delete(parts).where(parts.c.outbox.in_(ids))
    yield delete(outbox).where(outbox.c.id.in_(ids))


def _by_age(before: datetime, waiting: Sequence[Post]) -> Iterator[Delete]:
    needed = {file.sha256 for post in waiting for file in post.files}
    led_somewhere = select(dispatches.c.id).where(dispatches.c.cause == messages.c.id).exists()
    yield _batch(events, events.c.at < before)
    yield _batch(blobs, blobs.c.created_at < before, blobs.c.id.not_in(needed))
    yield _batch(buttons, buttons.c.created_at < before, buttons.c.outbox.is_(None))
    yield _batch(arrivals, arrivals.c.at < before)
    yield _batch(refusals, refusals.c.at < before)
    yield _batch(alerts, alerts.c.at < before)
    yield _batch(
        messages,
        messages.c.received_at < before,
        messages.c.state != MessageState.WAITING,
        ~led_somewhere,
    )


def _batch(table: Table, *conditions: ColumnElement[bool]) -> Delete:
    return delete(table).where(table.c.place.in_(select(table.c.place).where(*conditions).limit(AT_ONCE)))


async def _deleted(connection: AsyncConnection, statement: Delete) -> int:
    return (await connection.execute(statement)).rowcount
