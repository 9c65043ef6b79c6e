"""list_100k_ms: what a conversation's list costs when very many dispatches are stored."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from adapters.rehearsal.contracts import examples
from bench.figures import Figure, measured
from bot.model.dispatches import Dispatch
from storage.engine import sync_engine
from storage.migrate import migrate
from storage.rows import rows_of
from storage.store import SqlStore

STORED: Final = 100_000
CONVERSATIONS: Final = 200
AT_ONCE: Final = 5_000
LOOKS: Final = 200
SHOWN: Final = 20


async def measure(root: Path) -> list[Figure]:
    root.mkdir(parents=True, exist_ok=True)
    database = str(root / "many.sqlite3")
    await migrate(database)
    store = SqlStore(database)
    try:
        async with store.transaction() as unit:
            await unit.add(*(examples.conversation(f"c{n}") for n in range(CONVERSATIONS)))
            await unit.add(examples.message(1, "c1"))
        _fill(database)
        return [measured("list_100k_ms", [await _list_ms(store, n) for n in range(LOOKS)])]
    finally:
        await store.close()


def _fill(database: str) -> None:
    rows = rows_of(Dispatch)
    engine = sync_engine(database)
    try:
        for start in range(1, STORED + 1, AT_ONCE):
            with engine.begin() as connection:
                some = [
                    rows.values(examples.dispatch(n, conversation=f"c{n % CONVERSATIONS}"))
                    for n in range(start, start + AT_ONCE)
                ]
                connection.execute(rows.table.insert(), some)
    finally:
        engine.dispose()


async def _list_ms(store: SqlStore, n: int) -> float:
    began = time.perf_counter()
    async with store.reading() as unit:
        found = await unit.find(Dispatch, conversation=f"c{n % CONVERSATIONS}", newest=True, limit=SHOWN)
    assert len(found) == SHOWN  # noqa: S101  else something else was measured
    return (time.perf_counter() - began) * 1000
