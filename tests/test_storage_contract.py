"""The SQL store keeps the Store contract, on SQLite and on a real Postgres."""

from __future__ import annotations

from functools import partial

import pytest

from adapters.rehearsal.contracts.checking import Check
from adapters.rehearsal.contracts.store import CHECKS, run
from storage.store import SqlStore


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_the_store_keeps(check: Check, any_database: str) -> None:
    """Every check of the shipped suite holds."""
    await run(check, partial(SqlStore, any_database))
