"""Every noun survives its table whatever its fields hold, and what is asked often is found by an index."""

from __future__ import annotations

import dataclasses
import re
import sqlite3
import subprocess
import sys
import time
import types
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from enum import Enum
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine as SqlEngine
from sqlalchemy import event

from adapters.rehearsal.contracts import examples
from bot.model.conversations import Message, MessageState
from bot.model.dispatches import LIVE, Dispatch, Note, Run, RunState, Session
from bot.model.log import EventRow
from bot.model.posts import Button, OutboxRow, OutboxState, PartRow
from bot.model.questions import Question, QuestionState
from storage.rows import ROWS
from tests.conftest import Opening

# ── round trip ───────────────────────────────────────────────────────────────────────────────────────────

ZONES = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
NUMBERS = st.integers(1, 10**9).map(lambda n: f"d{n}")
PLAIN: dict[object, st.SearchStrategy[Any]] = {
    str: st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
    int: st.integers(-(2**53), 2**53),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    bytes: st.binary(max_size=50),
    type(None): st.none(),
    datetime: st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=ZONES),  # noqa: DTZ001
}


def any_value(shape: Any) -> st.SearchStrategy[Any]:
    """Of a field's type, defaults or not."""
    if shape in PLAIN:
        return PLAIN[shape]
    if dataclasses.is_dataclass(shape):
        hints = get_type_hints(shape)
        fields = {field.name: any_value(hints[field.name]) for field in dataclasses.fields(shape)}
        numbered = {"id": NUMBERS} if "number" in dir(shape) else {}
        return st.builds(shape, **fields | numbered)  # pyright: ignore[reportCallIssue, reportArgumentType]
    if isinstance(shape, type) and issubclass(shape, Enum):
        return st.sampled_from(shape)
    parts = get_args(shape)
    if get_origin(shape) in (Union, types.UnionType):
        return st.one_of([any_value(part) for part in parts])
    if get_origin(shape) is dict:
        return st.dictionaries(any_value(parts[0]), any_value(parts[1]), max_size=2)
    assert get_origin(shape) is tuple, shape
    assert parts[1] is Ellipsis, shape
    return st.lists(any_value(parts[0]), max_size=2).map(tuple)


class Undo(Exception):
    """Leaves a transaction without a trace."""


@pytest.mark.parametrize("kind", ROWS, ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_noun_comes_back_equal(
    kind: type[Any], data: st.DataObject, any_database: str, open_store: Opening
) -> None:
    """Whatever its fields hold: text of any script, moments of any zone, nested values, None."""
    noun = data.draw(any_value(kind))
    store = open_store(any_database)
    try:
        async with store.transaction() as unit:
            await unit.add(noun)
            assert await unit.get(kind, noun.id) == noun
            assert await unit.find(kind) == [noun]
            raise Undo
    except Undo:
        await store.close()


# ── indexes ──────────────────────────────────────────────────────────────────────────────────────────────


FINDS: tuple[tuple[type, dict[str, Any]], ...] = (
    (Message, {"conversation": "c1", "newest": True, "limit": 20}),
    (Message, {"state": MessageState.WAITING}),
    (Message, {"platform_key": "k"}),
    (Dispatch, {"newest": True, "limit": 20}),
    (Dispatch, {"conversation": "c1", "newest": True, "limit": 20}),
    (Dispatch, {"status": tuple(LIVE)}),
    (Dispatch, {"cause": "m1"}),
    (Run, {"dispatch": "d1"}),
    (Run, {"state": (RunState.HELD, RunState.QUEUED, RunState.RUNNING)}),
    (Session, {"dispatch": "d1"}),
    (Note, {"dispatch": "d1", "delivered_run": None}),
    (Question, {"dispatch": "d1", "state": QuestionState.OPEN}),
    (Question, {"conversation": "c1", "state": QuestionState.OPEN}),
    (Question, {"state": QuestionState.OPEN}),
    (OutboxRow, {"conversation": "c1", "state": OutboxState.PENDING}),
    (OutboxRow, {"state": OutboxState.PENDING}),
    (OutboxRow, {"dispatch": "d1"}),
    (OutboxRow, {"question": "q1"}),
    (PartRow, {"outbox": "o1"}),
    (PartRow, {"message_id": "77"}),
    (Button, {"object": "q1"}),
    (Button, {"outbox": "o1"}),
    (EventRow, {"run": "d1/1", "attempt": 1}),
    (EventRow, {"dispatch": "d1", "newest": True, "limit": 50}),
)


async def test_no_question_reads_a_whole_table(sqlite_database: str, open_store: Opening) -> None:
    """Each goes through an index, so that a hundred thousand dispatches are no burden."""
    store = open_store(sqlite_database)
    with statements() as asked:
        async with store.reading() as unit:
            for kind, wanted in FINDS:
                await unit.find(kind, **wanted)
            await unit.posted("c1", "77")
            await unit.dirty_cards()
            await unit.dirty_cards("c1")
            await unit.spent_usd(since=examples.NOON)
            await unit.next_due()
    plans = list(plans_of(sqlite_database, asked))
    assert len(plans) == len(FINDS) + 5
    in_order, only_dirty = (f"dispatches USING INDEX dispatches_{name}$" for name in ("number", "dirty"))
    whole = re.compile(rf"^SCAN (?!CONSTANT|\(|moments|{in_order}|{only_dirty})", re.MULTILINE)
    assert [plan for plan in plans if whole.search(plan)] == []


@contextmanager
def statements() -> Generator[list[tuple[str, Any]]]:
    """Every query that goes to a database meanwhile, with its parameters."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith("SELECT"):
            seen.append((statement, parameters))

    event.listen(SqlEngine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(SqlEngine, "before_cursor_execute", note)


def plans_of(database: str, asked: list[tuple[str, Any]]) -> Iterator[str]:
    with closing(sqlite3.connect(database)) as connection:
        for statement, parameters in asked:
            steps = connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            yield "\n".join([statement, *[str(step[3]) for step in steps]])


# ── weight ───────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_seldom_needed_is_not_loaded() -> None:
    """Alembic is for migrations, psycopg for Postgres, the durable engine for the house."""
    program = "import sys, storage.store; print(*{'alembic', 'psycopg', 'dbos'} & {*sys.modules})"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    assert done.stdout.split() == []


def test_a_missing_driver_is_named() -> None:
    """A house without the extra ``postgres`` says what to install, not which import failed."""
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from bot.errors import SettingsError; from storage.engine import async_engine\n"
        "try: async_engine('postgresql://db/house')\n"
        "except SettingsError as error: print(error)\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    assert "install Frontdesk with the extra `postgres`" in done.stdout


async def test_a_group_of_messages_is_accepted_in_one_quick_transaction(
    any_database: str, open_store: Opening
) -> None:
    """Fifty messages, each with its own conflict check, stay far below the second that a chat allows."""
    store = open_store(any_database)
    async with store.transaction() as unit:
        await unit.add(examples.conversation(), examples.message(0))
    began = time.perf_counter()
    async with store.transaction() as unit:
        for n in range(1, 51):
            await unit.add(examples.message(n))
    assert time.perf_counter() - began < 1
