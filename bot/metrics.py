"""What the house counts, in the text form of Prometheus, and the spans of what it does, for whoever traces.

docs/operations.md lists every name with its unit.

Counters are this process's own and begin at nothing when it starts, which Prometheus expects of counters:
rows would not do, as they are deleted when they are old. Money is different, since the ledger only grows.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.model.health import Backlog, Figures, Health
from bot.version import installed

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

Labels = tuple[tuple[str, str], ...]

COUNTERS: Final[Mapping[str, str]] = {
    "messages_total": "Events of chats, by what became of them.",
    "turns_total": "Turns of messages that ended, by how.",
    "turn_seconds_total": "Time that turns took.",
    "runs_total": "Runs of specialists that ended, by how.",
    "run_seconds_total": "Time that runs were executed.",
    "run_attempts_repeated_total": "Runs that were begun again after a crash.",
    "posts_total": "Rounds of sending in a conversation that ended, by how.",
    "post_seconds_total": "Time that rounds of sending took.",
    "firings_total": "Firings of schedules that were carried out, by how.",
    "firing_seconds_total": "Time that took.",
    "work_recovered_total": "Pieces of work that were put back: left by a crash, lost, or a dead node's.",
}


Begin = Callable[[str, Mapping[str, str]], Callable[[str, str], None]]
"""Told of a span when it begins, by name and ids; what it returns is told its outcome and the error's type.

Ids and outcomes only: words of people and models are in no span.
"""

IDS: Final = {"turn": "message", "run": "run", "post": "conversation", "firing": "firing"}
"""What the argument of each kind of work is the id of."""


@dataclass(slots=True)
class Span:
    """Something that goes on; whoever does it says how it ended."""

    outcome: str = "done"
    error: str = ""  # a type, never a message


class Meter:
    """Counters by name and labels, and the way to a tracer, if there is one."""

    def __init__(self) -> None:
        self._values: Counter[tuple[str, Labels]] = Counter()
        self.trace: Begin | None = None

    @contextmanager
    def span(self, name: str, **ids: str) -> Generator[Span]:
        """For the time of the block; what it raises is an error, being cancelled is none."""
        span = Span()
        ended = self.trace(name, ids) if self.trace else None
        try:
            yield span
        except asyncio.CancelledError:
            span.outcome = "interrupted"
            raise
        except Exception as error:
            span.outcome, span.error = "failed", type(error).__name__
            raise
        finally:
            if ended:
                ended(span.outcome, span.error)

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        if name not in COUNTERS:
            raise KeyError(f"{name} is not described.")
        self._values[name, tuple(sorted(labels.items()))] += amount  # pyright: ignore[reportArgumentType]  seconds, too

    def value(self, name: str, **labels: str) -> float:
        return self._values[name, tuple(sorted(labels.items()))]

    def measured(
        self, kind: str, body: Callable[[str], Awaitable[str | None]]
    ) -> Callable[[str], Awaitable[None]]:
        """The body of a workflow as a span, with its ends and its time counted; it may say how it ended."""

        async def call(argument: str) -> None:
            began, span = time.monotonic(), Span(outcome="interrupted")
            try:
                with self.span(kind, **{IDS[kind]: argument}) as span:
                    span.outcome = await body(argument) or "done"
                    span.error = "failed" if span.outcome == "failed" else ""
            finally:
                if kind != "run":  # its end is counted once, with its row
                    self.count(f"{kind}s_total", end=span.outcome)
                self.count(f"{kind}_seconds_total", time.monotonic() - began)

        return call

    def families(self) -> Iterator[str]:
        for name, words in COUNTERS.items():
            known = {labels: value for (each, labels), value in self._values.items() if each == name}
            yield from _family(name, "counter", words, known or ({} if name in _LABELLED else {(): 0}))


_LABELLED: Final = frozenset(
    {"messages_total", "turns_total", "runs_total", "posts_total", "work_recovered_total"}
)


def text(meter: Meter, health: Health, figures: Figures) -> str:
    """Everything, one line each."""
    lines = [*_about(health), *_waiting(health.backlog, health.at), *_figures(figures), *meter.families()]
    return "\n".join(lines) + "\n"


def _about(health: Health) -> Iterator[str]:
    ok = {(("part", part.name),): float(part.ok) for part in health.parts}
    ages = {(("part", part.name),): part.age_s for part in health.parts if part.age_s is not None}
    yield from _gauge("info", "The version that runs.", {(("version", installed() or "unknown"),): 1})
    yield from _gauge("ready", "1 while every part does its work.", {(): float(health.ready)})
    yield from _gauge("part_ok", "1 while this part does its work.", ok)
    yield from _gauge("part_age_seconds", "Since the part last did its work, or the age of what waits.", ages)


def _waiting(backlog: Backlog, now: datetime) -> Iterator[str]:
    for name, words, count, oldest in (
        (
            "turns_waiting",
            "Messages that wait for their turn.",
            backlog.turns_waiting,
            backlog.oldest_turn_at,
        ),
        ("posts_unsent", "Posts on their way.", backlog.posts_unsent, backlog.oldest_post_at),
        (
            "questions_open",
            "Questions that wait for a person.",
            backlog.questions_open,
            backlog.oldest_question_at,
        ),
    ):
        age_s = (now - oldest).total_seconds() if oldest else 0.0
        yield from _gauge(name, words, {(): count})
        yield from _gauge(f"{name}_oldest_seconds", f"{words} Age of the oldest.", {(): age_s})
    runs = {"held": backlog.runs_held, "queued": backlog.runs_queued, "running": backlog.runs_running}
    states: dict[Labels, float] = {(("state", state),): count for state, count in runs.items()}
    yield from _gauge("runs_live", "Runs that are not over, by state; held ones wait for a place.", states)


def _figures(figures: Figures) -> Iterator[str]:
    paid: dict[Labels, float] = {(("billing", mark),): usd for mark, usd in figures.spent_usd.items()}
    yield from _family("spent_usd_total", "counter", "Dollars in the ledger, by how sure they are.", paid)
    for name, words, count in (
        ("posts_sent_again_total", "Messages that may have arrived twice.", figures.sent_again),
        ("posts_returned_total", "Posts that a platform refused for good.", figures.returned),
    ):
        yield from _family(name, "counter", words, {(): count})
    answered, waited_s = len(figures.waits_s), sum(figures.waits_s)
    yield from _gauge("questions_answered_day", "Questions closed in the last 24 hours.", {(): answered})
    yield from _gauge("questions_waited_day_seconds", "How long those waited, together.", {(): waited_s})


def _gauge(name: str, words: str, values: Mapping[Labels, float]) -> Iterator[str]:
    yield from _family(name, "gauge", words, values)


def _family(name: str, kind: str, words: str, values: Mapping[Labels, float]) -> Iterator[str]:
    yield f"# HELP frontdesk_{name} {words}"
    yield f"# TYPE frontdesk_{name} {kind}"
    for labels, value in sorted(values.items()):
        inside = ",".join(f'{label}="{_escaped(said)}"' for label, said in labels)
        yield f"frontdesk_{name}{{{inside}}} {value}" if inside else f"frontdesk_{name} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
