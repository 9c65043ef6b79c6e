"""The figures of a house: each with its unit, its target and how often it was measured, or why it was not."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    key: str
    target: float
    meaning: str
    value: float | None = None  # None: it was not measured, and ``why`` says why
    median: float | None = None
    p95: float | None = None
    n: int = 0
    load: float = 0.0  # of the machine, when it was measured: what else was going on
    why: str = ""

    @property
    def holds(self) -> bool | None:
        return None if self.value is None else self.value <= self.target


TARGETS: Final[dict[str, tuple[float, str]]] = {
    "version_s": (0.2, "`frontdesk --version`, from start to end"),
    "ready_s": (1.5, "`frontdesk serve`, until it says that it is open"),
    "idle_rss_mb": (110, "memory before the first message"),
    "warm_rss_mb": (190, "memory after the first turn by a model and the first dispatch"),
    "idle_cpu_percent": (3, "of one core, while nothing happens"),
    "receive_p95_ms": (50, "a message until it is committed, at 20 messages/s"),
    "first_reply_p50_ms": (60, "a message until its first reply is handed to the chat, without a model"),
    "first_reply_p95_ms": (120, "the same"),
    "dispatch_ratio": (1.05, "a dispatch against the bare `claude -p`"),
    "burst_lost": (0, "messages without an answer after 200 messages/s for 30 s"),
    "burst_ack_p99_ms": (1000, "a message of the burst until it is committed"),
    "burst_drain_s": (180, "from the last message of the burst to the last answer"),
    "flood_latency_ratio": (2, "another person's first reply while one sends 1,000 requests, against alone"),
    "flood_lifted_ratio": (2, "the same with that person's rates lifted"),
    "slack_render_100k_ms": (100, "a text of 100 kB as messages for Slack"),
    "schedules_list_ms": (30, "the list of a thousand schedules with their next runs"),
    "schedules_1000_cpu_percent": (1, "of one core, more than without them, while none is due"),
    "list_100k_ms": (5, "the list of a conversation, with 100,000 dispatches stored"),
}


def measured(key: str, values: Sequence[float], value: float | None = None) -> Figure:
    """``value`` is what counts; without one it is the median."""
    median = statistics.median(values)
    target, meaning = TARGETS[key]
    counts = median if value is None else value
    return Figure(key, target, meaning, counts, median, quantile(values, 95), len(values), os.getloadavg()[0])


def skipped(key: str, why: str) -> Figure:
    target, meaning = TARGETS[key]
    return Figure(key, target, meaning, why=why)


def quantile(values: Sequence[float], percent: int) -> float:
    """The value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def line(figure: Figure) -> str:
    if figure.value is None:
        return f"{figure.key:20} {'-':>9} {figure.target:>8g}  skipped: {figure.why}"
    verdict = "holds" if figure.holds else "MISSED"
    return (
        f"{figure.key:20} {figure.value:9.3g} {figure.target:8g}  {verdict:6} {figure.median or 0:9.3g} "
        f"{figure.p95 or 0:9.3g} {figure.n:5} {figure.load:6.1f}  {figure.meaning}"
    )


HEAD: Final = (
    f"{'figure':20} {'value':>9} {'target':>8}  {'':6} {'median':>9} {'p95':>9} {'n':>5} {'load':>6}"
)


def save(figures: Sequence[Figure], path: Path) -> None:
    """Every key, null where it was not measured."""
    values = {figure.key: figure.value for figure in figures}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({key: values.get(key) for key in TARGETS}, indent=2) + "\n")
