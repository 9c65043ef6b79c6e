"""Questions that go across tables, each one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Executable, Select, func, or_, select, union_all

from bot.model.conversations import Address, MessageState
from bot.model.dispatches import RunState, Status
from bot.model.posts import OutboxState
from bot.model.questions import QuestionState
from storage.tables import (
    conversations,
    counters,
    dispatches,
    ledger,
    messages,
    outbox,
    parts,
    questions,
    runs,
)

_ADMITTED = (RunState.QUEUED, RunState.RUNNING)


def posted(conversation: str, message_id: str) -> Select[str]:
    of_conversation = parts.join(outbox, parts.c.outbox == outbox.c.id)
    return (
        select(outbox.c.id)
        .select_from(of_conversation)
        .where(parts.c.message_id == message_id, outbox.c.conversation == conversation)
        .limit(1)
    )


def posted_at(place: Address, message_id: str) -> Select[str]:
    """Threads have their channel's key before a slash."""
    key = conversations.c.key
    return (
        select(outbox.c.id)
        .select_from(parts.join(outbox, parts.c.outbox == outbox.c.id))
        .join(conversations, outbox.c.conversation == conversations.c.id)
        .where(parts.c.message_id == message_id)
        .where(conversations.c.chat == place.chat, conversations.c.account == place.account)
        .where(or_(key == place.key, key.startswith(f"{place.key}/", autoescape=True)))
        .limit(1)
    )


def dirty_cards(conversation: str | None) -> Select[str]:
    stale = dispatches.c.revision > dispatches.c.drawn
    query = select(dispatches.c.id).where(stale, dispatches.c.card.is_not(None))
    if conversation is not None:
        query = query.where(dispatches.c.conversation == conversation)
    return query.order_by(dispatches.c.number)


def paid_usd(since: datetime, person: str | None) -> Select[float]:
    known = func.coalesce(ledger.c.usd, ledger.c.reserved_usd)
    paid = select(_sum(known)).where(ledger.c.at >= since)
    return paid if person is None else paid.where(ledger.c.person == person)


def spent_usd(since: datetime, person: str | None, project: str | None) -> Select[float]:
    paid = paid_usd(since, None)
    reserved = (
        select(_sum(runs.c.reserved_usd + runs.c.lost_usd))
        .join(dispatches, runs.c.dispatch == dispatches.c.id)
        .where(runs.c.state.in_(_ADMITTED))
    )
    if person is not None:
        paid, reserved = paid.where(ledger.c.person == person), reserved.where(dispatches.c.person == person)
    if project is not None:
        paid, reserved = (
            paid.where(ledger.c.project == project),
            reserved.where(dispatches.c.project == project),
        )
    return select(paid.scalar_subquery() + reserved.scalar_subquery())


def paid_rows(
    columns: Sequence[Column[Any]], since: datetime, until: datetime, person: str | None
) -> Select[Any]:
    query = select(*columns).where(ledger.c.at >= since, ledger.c.at < until)
    if person is not None:
        query = query.where(ledger.c.person == person)
    return query.order_by(ledger.c.at, ledger.c.place)


def count_messages(person: str, since: datetime) -> Select[int]:
    theirs = (messages.c.person == person, messages.c.received_at >= since)
    return select(func.count()).select_from(messages).where(*theirs)


def count_dispatches(person: str, since: datetime) -> Select[int]:
    theirs = (dispatches.c.person == person, dispatches.c.created_at >= since)
    return select(func.count()).select_from(dispatches).where(*theirs)


def backlog() -> Executable:
    """In the order of the noun's fields."""
    waits = messages.c.state == MessageState.WAITING
    unsent = outbox.c.state == OutboxState.PENDING
    asks = questions.c.state == QuestionState.OPEN
    columns = (
        _counted(waits),
        _asked(func.min(messages.c.received_at), waits),
        _counted(unsent),
        _asked(func.min(outbox.c.created_at), unsent),
        _counted(asks),
        _asked(func.min(questions.c.asked_at), asks),
        *(_counted(runs.c.state == state) for state in (RunState.HELD, *_ADMITTED)),
    )
    return select(*columns)


def _counted(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return _asked(func.count(), condition)


def _asked(what: ColumnElement[Any], condition: ColumnElement[bool]) -> Any:
    return select(what).where(condition).scalar_subquery()


def reached(counter: str) -> Select[int]:
    return select(counters.c.value).where(counters.c.name == counter)


def paid() -> Executable:
    return select(ledger.c.billing, _sum(ledger.c.usd).label("usd")).group_by(ledger.c.billing)


def waits(since: datetime) -> Executable:
    answered = (questions.c.state == QuestionState.ANSWERED, questions.c.closed_at >= since)
    return select(questions.c.asked_at, questions.c.closed_at).where(*answered)


def next_due(after: datetime | None) -> Select[datetime]:
    def first(column: ColumnElement[datetime], *among: ColumnElement[bool]) -> Select[datetime]:
        later = [column > after] if after is not None else []
        return select(func.min(column).label("at")).where(*among, *later)

    open_ones = questions.c.state == QuestionState.OPEN
    waiting_post = (
        select(outbox.c.id)
        .where(outbox.c.conversation == conversations.c.id, outbox.c.state == OutboxState.PENDING)
        .exists()
    )
    moments = union_all(
        first(questions.c.remind_at, open_ones),
        first(questions.c.expire_at, open_ones),
        first(conversations.c.hold_until, conversations.c.hold_until.is_not(None), waiting_post),
        first(dispatches.c.resume_at, dispatches.c.status == Status.PARKED),
    ).subquery()
    return select(func.min(moments.c.at))


def search(words: str, limit: int) -> Select[str]:
    wanted = [dispatches.c.search_text.contains(word, autoescape=True) for word in words.casefold().split()]
    return select(dispatches.c.id).where(*wanted).order_by(dispatches.c.number.desc()).limit(limit)


def _sum(column: ColumnElement[Any]) -> ColumnElement[float]:
    return func.coalesce(func.sum(column), 0.0)
