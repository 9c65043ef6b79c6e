"""What every Store keeps: rows, changes, transactions, and the questions across rows.

::

    for check in CHECKS:
        await run(check, open_store)  # each with an ``open_store`` of a fresh, empty database
"""

from __future__ import annotations

from typing import Final

from adapters.rehearsal.contracts import store_changes, store_rows, store_transactions, store_views
from adapters.rehearsal.contracts.checking import Check, OpenStore
from bot.ports import Enqueue, Store, Woken

CHECKS: Final[tuple[Check, ...]] = (
    *store_rows.checks,
    *store_changes.checks,
    *store_transactions.checks,
    *store_views.checks,
)


async def run(check: Check, open_store: OpenStore) -> None:
    """Run one check; the stores it opens are closed whatever happens."""
    opened: list[Store] = []

    def opening(enqueue: Enqueue | None = None, woken: Woken | None = None) -> Store:
        opened.append(open_store(enqueue, woken))
        return opened[-1]

    try:
        await check(opening)
    finally:
        for store in opened:
            await store.close()
