"""Everything that the oracle looks at, read once the house has ended."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, cast

from bench.kill.books import spent_by_session, unbalanced
from bench.kill.people import Wish
from bench.kill.stage import Stage
from bot.model.conversations import Conversation, Message, MessageState
from bot.model.dispatches import Dispatch, Run, Session
from bot.model.log import Arrival, LedgerRow
from bot.model.posts import OutboxRow, OutboxState, PartRow
from bot.model.questions import Question
from bot.model.schedules import Firing, FiringState
from bot.ports import Unit
from storage.store import SqlStore

Record = dict[str, Any]


@dataclass(frozen=True)
class Evidence:
    lookup: bool
    wishes: tuple[Wish, ...]
    journal: tuple[Record, ...]
    paid: tuple[Record, ...]  # every time that the secretary was asked
    transcripts: tuple[list[Record], ...]
    spent: dict[str, float]  # by session, as the specialist noted it
    logs: dict[str, list[str]]  # what each piece of work wrote, by tag
    conversations: list[Conversation]
    messages: list[Message]
    dispatches: list[Dispatch]
    runs: list[Run]
    sessions: list[Session]
    questions: list[Question]
    outbox: list[OutboxRow]
    parts: list[PartRow]
    ledger: list[LedgerRow]
    firings: list[Firing]

    @classmethod
    async def read(cls, stage: Stage, wishes: list[Wish]) -> Self:
        async with looking(stage) as unit:
            return cls(
                lookup=stage.lookup,
                wishes=tuple(wishes),
                journal=tuple(cast("Record", record) for record in stage.journal().news()),
                paid=tuple(json.loads(line) for line in stage.decisions.read_text().splitlines()),
                transcripts=tuple(stage.transcripts()),
                spent=spent_by_session(stage),
                logs=_logs(stage, wishes),
                conversations=await unit.find(Conversation),
                messages=await unit.find(Message),
                dispatches=await unit.find(Dispatch),
                runs=await unit.find(Run),
                sessions=await unit.find(Session),
                questions=await unit.find(Question),
                outbox=await unit.find(OutboxRow),
                parts=await unit.find(PartRow),
                ledger=await unit.find(LedgerRow),
                firings=await unit.find(Firing),
            )

    # ── the journal ──────────────────────────────────────────────────────────────────────────────────────

    def records(self, kind: str) -> list[Record]:
        return [record for record in self.journal if record["kind"] == kind]

    @cached_property
    def posted(self) -> list[Record]:
        return self.records("message")

    @cached_property
    def final(self) -> dict[str, Record]:
        """What each message shows at last, by its id."""
        bodies = {record["id"]: json.loads(record["body"]) for record in self.posted}
        return bodies | {record["id"]: json.loads(record["body"]) for record in self.records("edit")}

    # ── the rows ─────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def row_of(self) -> dict[str, OutboxRow]:
        """The promise behind each key that was posted or will be."""
        rows = {row.id: row for row in self.outbox}
        return {part.key: rows[part.outbox] for part in self.parts}

    @cached_property
    def message_of(self) -> dict[str, Message]:
        return {message.platform_key: message for message in self.messages}

    @cached_property
    def dispatch_of(self) -> dict[str, list[Dispatch]]:
        """By the message that led to it."""
        found: dict[str, list[Dispatch]] = {}
        for dispatch in self.dispatches:
            found.setdefault(dispatch.cause, []).append(dispatch)
        return found


def _logs(stage: Stage, wishes: list[Wish]) -> dict[str, list[str]]:
    paths = {wish.tag: stage.work(wish.project, wish.tag) for wish in wishes if wish.project}
    return {tag: path.read_text().splitlines() if path.exists() else [] for tag, path in paths.items()}


async def acknowledged_and_gone(stage: Stage) -> list[str]:
    """Keys that the platform will not deliver again and that are not in the database."""
    acknowledged = _keys(stage, "acknowledged")
    if not acknowledged:
        return []  # there may be no tables yet
    async with looking(stage) as unit:
        return sorted(acknowledged - {arrival.id for arrival in await unit.find(Arrival)})


async def out_of_balance(stage: Stage) -> list[str]:
    """What has been spent and is neither in the ledger nor reserved, just after a kill."""
    if not (spent := spent_by_session(stage)):
        return []  # there may be no tables yet
    async with looking(stage) as unit:
        rows = await unit.find(Session), await unit.find(Run), await unit.find(LedgerRow)
    return list(unbalanced(spent, *rows))


async def is_quiet(stage: Stage) -> bool:
    """Nothing waits for the house, and nothing that it has promised is on its way."""
    if _keys(stage, "event") - _keys(stage, "acknowledged"):
        return False
    async with looking(stage) as unit:
        return not (
            await unit.find(Message, state=MessageState.WAITING, limit=1)
            or await unit.find(OutboxRow, state=OutboxState.PENDING, limit=1)
            or await unit.dirty_cards()
            or await unit.find(Firing, state=(FiringState.PROMISED, FiringState.WORKING), limit=1)
        )


def _keys(stage: Stage, kind: str) -> set[str]:
    return {str(record["key"]) for record in stage.journal().news() if record["kind"] == kind}


@asynccontextmanager
async def looking(stage: Stage) -> AsyncGenerator[Unit]:
    store = SqlStore(stage.database)
    try:
        async with store.reading() as unit:
            yield unit
    finally:
        await store.close()
