"""A dispatch is one piece of delegated work; its runs are the processes that did it.

::

    WAITING ──▶ RUNNING ──▶ DONE | FAILED | STOPPED ──▶ WAITING   (a follow-up resumes the session)
       ▲           │  └───▶ CANCELLED
       └─ PARKED ◀─┘        (a question, an approval, a limit, a rate limit: no process, no cost)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.errors import IllegalMove


class Status(StrEnum):
    WAITING = "waiting"  # has a run that waits for its place in line
    RUNNING = "running"  # a run was admitted
    PARKED = "parked"  # waits for a person or a reset time, without a process
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"  # interrupted by a person; the next reply continues the session
    CANCELLED = "cancelled"  # ended for good


_ENDED_MOVES: Final = frozenset({Status.WAITING, Status.CANCELLED})
MOVES: Final[dict[Status, frozenset[Status]]] = {
    Status.WAITING: frozenset({Status.RUNNING, Status.FAILED, Status.STOPPED, Status.CANCELLED}),
    Status.RUNNING: frozenset(
        {Status.DONE, Status.FAILED, Status.STOPPED, Status.CANCELLED, Status.PARKED, Status.WAITING}
    ),
    Status.PARKED: frozenset({Status.WAITING, Status.FAILED, Status.STOPPED, Status.CANCELLED}),
    Status.DONE: _ENDED_MOVES,
    Status.FAILED: _ENDED_MOVES,
    Status.STOPPED: _ENDED_MOVES,
    Status.CANCELLED: frozenset(),
}
"""Every legal move; RUNNING → WAITING is a run that ended while its follow-up was already there."""

LIVE: Final = frozenset({Status.WAITING, Status.RUNNING, Status.PARKED})


class ParkReason(StrEnum):
    QUESTION = "question"
    APPROVAL = "approval"
    LIMIT = "limit"  # seconds, turns, a call that repeats: a person says how to go on
    BUDGET = "budget"  # dollars: somebody adds some, or has it finished with what is there
    RATE_LIMIT = "rate_limit"  # goes on by itself at ``resume_at``


class StepState(StrEnum):
    OPEN = "open"
    ACTIVE = "active"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the specialist's own checklist."""

    id: str
    text: str
    state: StepState = StepState.OPEN


@dataclass(frozen=True, slots=True)
class Spec:
    """Self-contained instructions: whoever reads only this can do the work."""

    goal: str
    non_goals: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    output: str = ""  # what to hand back, in which form
    verification: tuple[str, ...] = ()
    escalate: tuple[str, ...] = ()  # what to ask about rather than decide
    asked_by: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Dispatch:
    id: str  # what people read: d7
    conversation: str
    project: str
    specialist: str
    title: str
    spec: Spec
    person: str  # who asked
    cause: str  # id of the authorised message that led here; the database insists on it
    created_at: datetime
    status: Status = Status.WAITING
    version: int = 0  # raised by every change; changes are compare-and-set on it
    session: str | None = None
    runs: int = 0  # number of the newest run
    depth: int = 0  # how many dispatches lie above this one
    bulk: bool = False  # admitted after interactive work
    park_reason: ParkReason | None = None
    resume_at: datetime | None = None
    steps: tuple[Step, ...] = ()
    activity: str = ""  # the last thing the specialist did, in one line
    activity_at: datetime | None = None
    cost_usd: float = 0.0  # settled runs only
    running_usd: float = 0.0  # of the live run so far
    context_used: float | None = None  # 0..1
    reason: str | None = None  # errors.Reason of the last failure
    result: str = ""  # the last run's words
    notes: tuple[str, ...] = ()  # sentences the card shows: sandbox, denied tools, lost session
    silent_since: datetime | None = None  # set while the specialist has said nothing for idle_s
    cancel: str | None = None  # "stop" | "cancel": requested, not yet carried out
    revision: int = 0  # raised by what the card shows
    drawn: int = 0  # the revision the card shows now
    card: str | None = None  # id of the outbox row that is the card
    max_usd: float | None = None  # each run's dollar limit, instead of the project's
    timeout_s: float | None = None  # each run's time limit, instead of the project's
    choice: str = ""  # why it was given to this specialist, and what it will take: a line for the card
    model: str = ""  # a name of [models], or provider:model; empty: the project's, else the specialist's own

    def to(self, status: Status) -> Dispatch:
        """The same dispatch in another state; raises IllegalMove."""
        if status not in MOVES[self.status]:
            raise IllegalMove(f"{self.id} is {self.status} and cannot become {status}.")
        return replace(self, status=status)

    @property
    def number(self) -> int:
        return int(self.id[1:])


class RunState(StrEnum):
    HELD = "held"  # waits for admission
    QUEUED = "queued"  # admitted, on its node's queue
    RUNNING = "running"
    FINISHED = "finished"
    PARKED = "parked"


RUN_MOVES: Final[dict[RunState, frozenset[RunState]]] = {
    RunState.HELD: frozenset({RunState.QUEUED, RunState.FINISHED}),
    RunState.QUEUED: frozenset({RunState.RUNNING, RunState.FINISHED, RunState.HELD}),
    RunState.RUNNING: frozenset({RunState.RUNNING, RunState.FINISHED, RunState.PARKED}),
    RunState.FINISHED: frozenset(),
    RunState.PARKED: frozenset(),
}
"""RUNNING → RUNNING is a new attempt after a crash."""


class Billing(StrEnum):
    BILLED = "billed"
    ESTIMATED = "estimated"
    SUBSCRIPTION = "subscription"


@dataclass(frozen=True, slots=True)
class Run:
    id: str  # d7/2
    dispatch: str
    n: int
    created_at: datetime
    prompt: str = ""  # what the specialist is told; empty when an answer resumes it
    question: str | None = None  # the question whose answer this run delivers
    state: RunState = RunState.HELD
    attempt: int = 0  # raised by the first transaction of every execution
    node: str = "local"
    directory: str = ""  # real path it works in
    max_usd: float | None = None  # this run's own dollar limit
    max_turns: int | None = None  # set for a last run that only writes up what is there
    reserved_usd: float = 0.0
    lost_usd: float = 0.0  # what attempts that died may have cost; known when the session is seen again
    cost_usd: float | None = None
    billing: Billing = Billing.ESTIMATED
    started_at: datetime | None = None
    ended_at: datetime | None = None
    process: str | None = None  # JSON of the child's identity (pid, start time, boot), for reaping
    outcome: str | None = None  # events.End, or "parked"


@dataclass(frozen=True, slots=True)
class Session:
    """What a specialist can resume. Stored before the specialist starts."""

    id: str  # a uuid that we choose
    specialist: str
    project: str
    dispatch: str
    directory: str  # pinned: a session resumes where it began
    config_dir: str
    created_at: datetime
    started: bool = False  # the specialist confirmed it; only then can it be resumed
    cost_usd: float = 0.0  # cumulative, as the specialist last said
    token: str = ""  # what the adapter needs besides the id (JSON of its own)


@dataclass(frozen=True, slots=True)
class Note:
    """A person's words for a dispatch that is busy: steered in when possible, else the next run's prompt."""

    id: str
    dispatch: str
    message: str
    text: str
    created_at: datetime
    delivered_run: int | None = None  # the run it was said to
    read: bool = False  # it stood in a prompt, the specialist says it read it, or a stop came after it
