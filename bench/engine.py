"""What the engine costs: from commit to body for a turn and the post it leads to, and the CPU of idling.

python bench/engine.py [database] [idle seconds]
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy

from bot.model.work_items import Kind, WorkItem
from bot.workflows import Engine
from storage.engine import sync_engine

TURNS = 100


class Bench:
    """Promises one turn at a time; its body promises a post, whose body reports the arrival."""

    def __init__(self, sql: sqlalchemy.Engine) -> None:
        self.arrived = asyncio.Event()
        self.sql = sql
        bodies = {Kind.TURN: self.turn, Kind.POST: self.post, Kind.RUN: self.turn}
        self.engine = Engine(system_engine=sql, node="bench", bodies=bodies, listen=frozenset(Kind))

    async def promise(self, kind: Kind, n: str) -> None:
        await asyncio.to_thread(self._commit, WorkItem(kind, f"{kind}:{n}", n, "conversation", int(n)))
        self.engine.wake([kind])

    def _commit(self, item: WorkItem) -> None:
        with self.sql.begin() as connection:
            self.engine.enqueue(connection, item)

    async def turn(self, n: str) -> None:
        await self.promise(Kind.POST, n)

    async def post(self, _: str) -> None:
        self.arrived.set()

    async def latency_ms(self, n: int) -> float:
        self.arrived.clear()
        started = time.perf_counter()
        await self.promise(Kind.TURN, str(n))
        await self.arrived.wait()
        return (time.perf_counter() - started) * 1000


async def measure(database: str, idle_s: float) -> None:
    sql = sync_engine(database)
    bench = Bench(sql)
    await bench.engine.launch()
    try:
        latencies = [await bench.latency_ms(n) for n in range(1, TURNS + 1)]
        quantiles = statistics.quantiles(latencies, n=20)
        print(f"turn + post: p50={statistics.median(latencies):.0f} ms p95={quantiles[-1]:.0f} ms")
        busy = time.process_time()
        await asyncio.sleep(idle_s)
        print(f"idle: {(time.process_time() - busy) / idle_s:.1%} of a core")
    finally:
        started = time.perf_counter()
        await bench.engine.close(drain_s=5)
        print(f"close: {(time.perf_counter() - started) * 1000:.0f} ms")
        sql.dispose()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(
            measure(
                sys.argv[1] if len(sys.argv) > 1 else str(Path(directory, "bench.db")),
                float(sys.argv[2]) if len(sys.argv) > 2 else 10.0,
            )
        )
