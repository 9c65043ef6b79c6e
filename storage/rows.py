"""Which noun is kept in which table, in which order it is read, and on what a change is compared and set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Table, func

from bot.model.conversations import Conversation, Message
from bot.model.dashboards import Home
from bot.model.dispatches import Dispatch, Note, Run, Session
from bot.model.gathered import Fetch, Finding
from bot.model.grants import Allowance, Rule, SessionGrant
from bot.model.installations import Installation
from bot.model.items import GivenFile, Item, ItemList
from bot.model.leases import Lease
from bot.model.log import Alert, Arrival, AuditRow, Blob, EventRow, LedgerRow, Refusal
from bot.model.people import AccountRow, Pairing, PersonRow
from bot.model.posts import Button, OutboxRow, PartRow
from bot.model.questions import Question
from bot.model.result_cache import CachedResult, Waiter
from bot.model.schedules import Firing, Schedule
from storage import tables

Derive = Callable[[Any], object]


@dataclass(frozen=True)
class Rows:
    """One noun and its table."""

    noun: type
    table: Table
    order: tuple[ColumnElement[Any], ...]  # oldest first
    guards: tuple[str, ...] = ()  # a change requires these to be as they were
    identity: str = "id"  # the column that ``get`` looks at
    derived: Mapping[str, Derive] = field(default_factory=dict[str, Derive])  # columns that are no fields

    @cached_property
    def columns(self) -> tuple[Column[Any], ...]:
        """Those of the noun's fields, in their order."""
        return tuple(self.table.c[item.name] for item in fields(self.noun))

    @property
    def key(self) -> Column[Any]:
        return self.table.c[self.identity]

    def column(self, name: str) -> Column[Any]:
        if name not in self.table.c:
            raise TypeError(f"{self.noun.__name__} has no field {name}.")
        return self.table.c[name]

    def values(self, noun: object) -> dict[str, object]:
        """What is written for a noun."""
        own = {column.name: getattr(noun, column.name) for column in self.columns}
        return own | {name: derive(noun) for name, derive in self.derived.items()}

    def guarded(self, changes: Mapping[str, object]) -> frozenset[str]:
        """What must still be as it was: a version covers everything, without one also what is changed."""
        return frozenset(self.guards if "version" in self.guards else (*self.guards, *changes))


def _search_text(dispatch: Dispatch) -> str:
    return "\n".join((dispatch.title, dispatch.spec.goal, dispatch.result)).casefold()


def _numbered(column: Column[Any]) -> tuple[ColumnElement[Any], ...]:
    """d2 before d10."""
    return func.length(column), column


def _plain(noun: type, table: Table, *guards: str) -> Rows:
    """Read as the rows came."""
    return Rows(noun, table, (table.c.place,), guards)


_ALL: Final = (
    _plain(Conversation, tables.conversations),
    Rows(Message, tables.messages, (tables.messages.c.conversation, tables.messages.c.seq), ("state",)),
    Rows(
        Dispatch,
        tables.dispatches,
        (tables.dispatches.c.number,),
        ("version", "status"),
        derived={"number": lambda dispatch: dispatch.number, "search_text": _search_text},
    ),
    Rows(
        Run, tables.runs, (*_numbered(tables.runs.c.dispatch), tables.runs.c.n), guards=("state", "attempt")
    ),
    _plain(Session, tables.sessions),
    _plain(Note, tables.notes, "delivered_run"),
    Rows(Question, tables.questions, _numbered(tables.questions.c.id), ("state", "delivered_run", "used")),
    Rows(OutboxRow, tables.outbox, (tables.outbox.c.seq, tables.outbox.c.place), ("state",)),
    Rows(PartRow, tables.parts, (tables.parts.c.outbox, tables.parts.c.n), ("message_id",), identity="key"),
    _plain(Button, tables.buttons, "used_at"),
    _plain(Arrival, tables.arrivals),
    _plain(EventRow, tables.events),
    _plain(LedgerRow, tables.ledger),
    _plain(AuditRow, tables.audit),
    _plain(Blob, tables.blobs),
    _plain(Refusal, tables.refusals),
    _plain(Alert, tables.alerts),
    _plain(PersonRow, tables.people),
    _plain(AccountRow, tables.accounts),
    _plain(Home, tables.homes),
    _plain(Installation, tables.installations, "sealed"),
    _plain(Pairing, tables.pairings, "closed_at"),
    Rows(Rule, tables.rules, _numbered(tables.rules.c.id), ("revoked_at",)),
    _plain(SessionGrant, tables.session_grants),
    _plain(Fetch, tables.fetches),
    _plain(Finding, tables.findings),
    _plain(Allowance, tables.allowances),
    _plain(ItemList, tables.item_lists),
    Rows(Item, tables.items, (tables.items.c.list, tables.items.c.n), ("state", "tries")),
    _plain(GivenFile, tables.given_files),
    _plain(CachedResult, tables.kept, "state"),
    _plain(Waiter, tables.waiters, "served"),
    _plain(Lease, tables.leases, "holder"),
    Rows(Schedule, tables.schedules, _numbered(tables.schedules.c.id), ("version", "state")),
    _plain(Firing, tables.firings, "state"),
)
ROWS: Final[Mapping[type, Rows]] = MappingProxyType({rows.noun: rows for rows in _ALL})


def rows_of(noun: type) -> Rows:
    if noun not in ROWS:
        raise TypeError(f"{noun.__name__} is not kept as a row.")
    return ROWS[noun]
