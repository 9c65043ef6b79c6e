"""Whether the ledger balances: what specialists say they spent against what the house has in its books."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from bench.kill.stage import Stage
from bot.model.dispatches import Run, RunState, Session
from bot.model.log import LedgerRow

ADMITTED: Final = (RunState.QUEUED, RunState.RUNNING)
CENT: Final = 0.01


def spent_by_session(stage: Stage) -> dict[str, float]:
    """Dollars by the id of the session, from the specialists' own transcripts."""
    return {
        path.stem: sum(
            entry["usd"]
            for entry in map(json.loads, _whole_lines(path.read_text()))
            if entry["kind"] == "spent"
        )
        for path in stage.home.glob("specialists/*/*/sessions/*.jsonl")
    }


def _whole_lines(text: str) -> list[str]:
    """A line that a kill tore in two never happened."""
    return text.split("\n")[:-1]


def unbalanced(
    spent: dict[str, float], sessions: Sequence[Session], runs: Sequence[Run], ledger: Sequence[LedgerRow]
) -> Iterator[str]:
    """At any moment: no dispatch has spent what neither ledger nor reservation covers, and where nothing is
    reserved any more the ledger is what was spent, to the cent."""
    by_dispatch = defaultdict[str, float](float)
    for session in sessions:
        by_dispatch[session.dispatch] += spent.get(session.id, 0.0)
    for dispatch, usd in by_dispatch.items():
        rows = [row for row in ledger if row.object.startswith(f"{dispatch}/")]
        known = sum(row.usd or row.reserved_usd for row in rows)
        reserved = sum(
            run.reserved_usd + run.lost_usd
            for run in runs
            if run.dispatch == dispatch and run.state in ADMITTED
        )
        if usd > known + reserved + CENT / 2:
            yield f"{dispatch} spent ${usd:.4f}, and only ${known + reserved:.4f} of it is in the books"
        settled = not reserved and all(row.usd is not None or row.included_in for row in rows)
        if settled and abs(usd - known) >= CENT / 2:
            yield f"{dispatch} spent ${usd:.4f}, but its ledger says ${known:.4f}"


def left_reserved(runs: Sequence[Run], ledger: Sequence[LedgerRow]) -> Iterator[str]:
    """At the end nothing is reserved."""
    yield from (
        f"{run.id} still reserves ${run.reserved_usd:.2f}" for run in runs if run.reserved_usd + run.lost_usd
    )
    yield from (f"{row.object} still counts as ${row.reserved_usd:.2f}" for row in ledger if row.reserved_usd)
