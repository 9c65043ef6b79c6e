"""How the engine's queues, workflows and states are called: what rows of it mean to us."""

from __future__ import annotations

from typing import Final

from bot.model.work_items import Kind, WorkState

APPLICATION: Final = "frontdesk"
VERSION: Final = "engine-1"
"""Pinned: by default DBOS strands every unfinished row when the source of a workflow changes."""

SCHEMA: Final = "dbos"
"""Of the engine's tables on Postgres; on SQLite they lie beside ours."""

WORKFLOW: Final = {
    Kind.TURN: "turn_v1",
    Kind.RUN: "run_v1",
    Kind.POST: "post_v1",
    Kind.FIRING: "firing_v1",
}
MAX_RECOVERIES: Final = {Kind.TURN: 20, Kind.RUN: 5, Kind.POST: 20, Kind.FIRING: 20}
"""After so many crashes with it, an item is suspected to be their cause."""

STATES: Final = {
    "ENQUEUED": WorkState.LIVE,
    "DELAYED": WorkState.LIVE,
    "PENDING": WorkState.LIVE,
    "SUCCESS": WorkState.ENDED,
    "ERROR": WorkState.FAILED,
    "CANCELLED": WorkState.FAILED,
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": WorkState.EXHAUSTED,
}
OVER: Final = [status for status, state in STATES.items() if state is not WorkState.LIVE]


def queue_name(kind: Kind, node: str) -> str:
    """Turns, posts and firings are for whoever listens, a run only for the machine that has its directory."""
    return f"runs.{node}" if kind is Kind.RUN else f"{kind}s"
