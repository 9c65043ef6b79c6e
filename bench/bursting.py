"""burst_*: far more messages than the house can answer at once; none may be lost, all are answered."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from bench.asking import house
from bench.figures import Figure, measured, quantile, skipped
from bench.ground import configure

PER_S: Final = 200
SECONDS: Final = 30


async def measure(root: Path) -> list[Figure]:
    count = PER_S * SECONDS
    async with house(configure(root)) as running:
        found = await running.ask(f"burst {count} {PER_S}", timeout_s=900)
    received, left = found["ms"], found["left"]
    figures = [measured("burst_ack_p99_ms", received, quantile(received, 99))]
    if left:
        why = f"at least {left} rows were still waiting after {found['drain_s']:.0f} s"
        return [skipped("burst_lost", why), *figures, measured("burst_drain_s", [found["drain_s"]])]
    lost = count - len(received) + _unanswered(root, count)
    return [measured("burst_lost", [lost]), *figures, measured("burst_drain_s", [found["drain_s"]])]


def _unanswered(root: Path, count: int) -> int:
    """As the database of the closed house says: messages that are not done, or are not there at all."""
    with closing(sqlite3.connect(next((root / "home").glob("*.sqlite3")))) as database:
        (done,) = database.execute("SELECT count(*) FROM messages WHERE state = 'done'").fetchone()
        (sent,) = database.execute("SELECT count(*) FROM outbox WHERE state = 'sent'").fetchone()
    return max(0, count - min(done, sent))
