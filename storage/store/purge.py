"""Forgetting: what ended before a date goes, with all that belongs to it; who did and paid what stays.

Looking and deleting use the same conditions, so that what was shown is what goes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import ColumnElement, Select, Table, Text, delete, false, func, or_, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.conversations import MessageState
from bot.model.dispatches import LIVE
from bot.model.posts import OutboxState, Post
from bot.model.purging import Purge, Rows
from storage.tables import (
    alerts,
    arrivals,
    blobs,
    buttons,
    dispatches,
    events,
    fetches,
    findings,
    firings,
    given_files,
    item_lists,
    items,
    kept,
    messages,
    notes,
    outbox,
    pairings,
    parts,
    questions,
    refusals,
    runs,
    schedules,
    session_grants,
    sessions,
    waiters,
)

AT_ONCE: Final = 500
"""Rows of one kind in one transaction: writers wait meanwhile."""

Ids = Sequence[str] | Select[str]
"""Known ones, or a query for them."""

Doomed = tuple[Table, ColumnElement[bool]]


async def rows_to_purge(connection: AsyncConnection, purge: Purge) -> Rows:
    """What ``purge_some`` would delete until nothing is left."""
    ended, posts = _ended(purge), _old_posts(purge)
    needed = _files_of((await connection.scalars(_waiting_posts())).all())
    conditions: defaultdict[Table, list[ColumnElement[bool]]] = defaultdict(list)
    conditions[blobs] = [_files(purge, ended, needed)]
    for table, condition in (*_whole(ended, posts), *_by_age(purge, ended, _causes(ended))):
        conditions[table].append(condition)
    counts = {
        table.name: await connection.scalar(select(func.count()).select_from(table).where(or_(*these))) or 0
        for table, these in conditions.items()
    }
    size = await _bytes(connection, or_(*conditions[blobs]))
    gone = (await connection.scalars(select(sessions.c.id).where(sessions.c.dispatch.in_(ended)))).all()
    return Rows({name: count for name, count in counts.items() if count}, size, frozenset(gone))


async def purge_some(connection: AsyncConnection, purge: Purge) -> Rows:
    """Delete a batch in the open transaction; no rows when nothing is left."""
    batch = _ended(purge).limit(AT_ONCE).with_for_update(skip_locked=True)  # nobody continues them meanwhile
    ended = (await connection.scalars(batch)).all()
    posts = (await connection.scalars(_old_posts(purge).limit(AT_ONCE))).all()
    needed = _files_of((await connection.scalars(_waiting_posts())).all())
    gone = (await connection.scalars(select(sessions.c.id).where(sessions.c.dispatch.in_(ended)))).all()
    causes = (await connection.scalars(_causes(ended))).all()
    files = _files(purge, ended, needed)
    if purge.whole:
        files = _batch(blobs, files)
    done = Rows(file_bytes=await _bytes(connection, files), sessions=frozenset(gone))
    done += await _deleted(connection, blobs, files)  # while the posts that name them are there
    for table, condition in _whole(ended, posts) if ended or posts else ():
        done += await _deleted(connection, table, condition)
    for table, condition in _by_age(purge, ended, causes):
        done += await _deleted(connection, table, _batch(table, condition))
    return done


def _ended(purge: Purge) -> Select[str]:
    """Dispatches that are over, quiet since then, and have nothing left to say."""
    recent_run = select(runs.c.id).where(
        runs.c.dispatch == dispatches.c.id, func.coalesce(runs.c.ended_at, runs.c.created_at) >= purge.before
    )
    unsaid = select(outbox.c.id).where(
        outbox.c.dispatch == dispatches.c.id, outbox.c.state == OutboxState.PENDING
    )
    ended = select(dispatches.c.id).where(
        dispatches.c.status.not_in(LIVE),
        func.coalesce(dispatches.c.activity_at, dispatches.c.created_at) < purge.before,
        ~recent_run.exists(),
        ~unsaid.exists(),
    )
    if purge.person is not None:
        ended = ended.where(dispatches.c.person == purge.person)
    return ended if purge.dispatch is None else ended.where(dispatches.c.id == purge.dispatch)


def _old_posts(purge: Purge) -> Select[str]:
    """Posts of conversations; those of a dispatch go with it."""
    return select(outbox.c.id).where(
        outbox.c.state != OutboxState.PENDING,
        outbox.c.created_at < purge.before,
        outbox.c.dispatch.is_(None),
        outbox.c.question.is_(None),
        *([] if purge.whole else [false()]),  # a conversation is several people's
    )


def _waiting_posts() -> Select[Post]:
    return select(outbox.c.post).where(outbox.c.state == OutboxState.PENDING)


def _files_of(posts: Sequence[Post]) -> set[str]:
    return {file.sha256 for post in posts for file in post.files}


def _whole(ended: Ids, posts: Ids) -> Iterator[Doomed]:
    """Everything that belongs to these dispatches and posts, in an order in which it can be deleted."""
    asked = select(questions.c.id).where(questions.c.dispatch.in_(ended))
    said = select(outbox.c.id).where(_said(ended) | outbox.c.id.in_(posts))
    yield buttons, buttons.c.object.in_(ended) | buttons.c.object.in_(asked) | buttons.c.outbox.in_(said)
    yield parts, parts.c.outbox.in_(said)
    yield outbox, _said(ended) | outbox.c.id.in_(posts)
    whole = (runs, sessions, notes, session_grants, questions, items, item_lists, given_files)
    for table in (events, fetches, findings, kept, waiters, *whole):
        yield table, table.c.dispatch.in_(ended)
    yield dispatches, dispatches.c.id.in_(ended)


def _said(ended: Ids) -> ColumnElement[bool]:
    asked = select(questions.c.id).where(questions.c.dispatch.in_(ended))
    return outbox.c.dispatch.in_(ended) | outbox.c.question.in_(asked)


def _causes(ended: Ids) -> Select[str]:
    return select(dispatches.c.cause).where(dispatches.c.id.in_(ended))


def _files(purge: Purge, ended: Ids, needed: set[str]) -> ColumnElement[bool]:
    """Files that were handed over and no post on its way needs."""
    old = (blobs.c.created_at < purge.before) & blobs.c.id.not_in(needed)
    return old if purge.whole else old & _only_named_by(ended)


def _by_age(purge: Purge, ended: Ids, causes: Ids) -> Iterator[Doomed]:
    """What is old and belongs to nothing that stays."""
    before = purge.before
    if purge.whole:
        yield events, events.c.at < before
        yield buttons, (buttons.c.created_at < before) & buttons.c.outbox.is_(None)
        for table in (arrivals, refusals, alerts):
            yield table, table.c.at < before
        yield pairings, pairings.c.expires_at < before
        yield firings, (firings.c.made_at < before) & firings.c.ended_at.is_not(None)
    led_on = select(dispatches.c.id).where(dispatches.c.cause == messages.c.id, dispatches.c.id.not_in(ended))
    plans = select(schedules.c.id).where(schedules.c.cause == messages.c.id)
    over = (messages.c.received_at < before) & (messages.c.state != MessageState.WAITING)
    said = over & ~led_on.exists() & ~plans.exists()
    if purge.person is not None:
        said &= messages.c.person == purge.person
    if purge.dispatch is not None:
        said &= messages.c.id.in_(causes)
    yield messages, said


def _only_named_by(ended: Ids) -> ColumnElement[bool]:
    """Files that these dispatches were given or hand over, and no other one."""
    named = type_coerce(outbox.c.post, Text).contains(blobs.c.id)
    theirs = select(outbox.c.id).where(named, _said(ended))
    others = select(outbox.c.id).where(named, outbox.c.id.not_in(select(outbox.c.id).where(_said(ended))))
    given = select(given_files.c.id).where(given_files.c.sha256 == blobs.c.id)
    to_them, to_others = given_files.c.dispatch.in_(ended), given_files.c.dispatch.not_in(ended)
    to_nobody_else = ~others.exists() & ~given.where(to_others).exists()
    return (theirs.exists() | given.where(to_them).exists()) & to_nobody_else


def _batch(table: Table, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return table.c.place.in_(select(table.c.place).where(condition).order_by(table.c.place).limit(AT_ONCE))


async def _bytes(connection: AsyncConnection, condition: ColumnElement[bool]) -> int:
    return int(await connection.scalar(select(func.sum(blobs.c.size)).where(condition)) or 0)


async def _deleted(connection: AsyncConnection, table: Table, condition: ColumnElement[bool]) -> Rows:
    count = (await connection.execute(delete(table).where(condition))).rowcount
    return Rows({table.name: count} if count else {})
