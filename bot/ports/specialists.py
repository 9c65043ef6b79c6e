"""Specialist: who works."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from bot.model.dispatches import Step
from bot.model.events import Event
from bot.model.gathered import Fetch, Finding
from bot.model.items import Item, ItemList
from bot.model.questions import Approval, Question, Reply


class Ability(StrEnum):
    RESUME = "resume"
    ASK = "ask"
    APPROVE = "approve"
    PARK = "park"
    STEER = "steer"
    PLAN = "plan"
    COST = "cost"
    WEB = "web"
    FILES = "files"  # takes files of the conversation
    COMPACT = "compact"  # told COMPACT, it makes its session shorter


COMPACT: Final = "/compact"
"""The one prompt that is a command: the session goes on from a summary of itself."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What a run may use of the machine, all of its processes together; None = no limit of that kind."""

    memory_bytes: int | None = None
    cpu_s: float | None = None
    processes: int | None = None
    scratch_bytes: int | None = None  # of its private temporary directory
    file_bytes: int | None = None  # of one file; the program that writes it gets an error
    open_files: int | None = None  # of one process; likewise


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use; None = no limit of that kind."""

    timeout_s: float = 3600.0
    idle_s: float = 600.0  # silence that is worth a word on the card
    turns: int | None = 100
    usd: float | None = 2.0
    output_bytes: int = 64 * 1024 * 1024
    grace_s: float = 120.0  # how long a live run waits for a person before it parks
    resources: Resources = Resources()


@dataclass(frozen=True, slots=True)
class Granted:
    """An approval that a person gave and that this run may use once."""

    question: str
    approval: Approval


FINISH: Final = (
    "There is no money to go on with. Begin nothing new and use tools only to look at what you need. "
    "Hand back what is there, and say what is finished, what is not, and what you would have done next."
)
"""The prompt of one last run that writes up what is there."""


@dataclass(frozen=True, slots=True)
class Given:
    """A file of the conversation."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Work:
    """Everything a specialist needs for one run; nothing else of the house reaches it."""

    run: str  # d7/2
    dispatch: str
    attempt: int
    prompt: str  # empty: an answer resumes the parked session
    session: str  # our uuid
    resume: bool  # the session exists already
    token: str  # the adapter's own resume data from Started.token
    session_usd: float  # cumulative cost of the session so far
    directory: str
    config_dir: str  # the specialist's own state, inside the house's home
    scratch: str  # a private temporary directory, removed after the run
    project: str
    permission_mode: str
    tools_allowed: tuple[str, ...] | None
    tools_denied: tuple[str, ...]
    trust: str  # none | instructions | all
    sandbox: str  # auto | strict | claude | none
    environment: dict[str, str]  # the project's own variables, by name from the configuration
    model: str | None
    limits: Limits
    depth: int = 0
    reply: tuple[Question, Reply] | None = None  # the answer that this run delivers
    denied_paths: tuple[str, ...] = ()  # the house's home, configuration and secret files
    summary: str = ""  # what happened before, should the session be lost
    steps: tuple[Step, ...] = ()  # the checklist as earlier runs of the session left it
    instructions: str = ""  # standing orders of the project
    fetches: tuple[Fetch, ...] = ()  # pages that earlier attempts and runs of the dispatch told of
    findings: tuple[Finding, ...] = ()  # what they noted
    files: tuple[Given, ...] = ()  # of the conversation, for a specialist with FILES
    listed: ItemList | None = None  # the bulk work that earlier runs began
    items: tuple[Item, ...] = ()  # and what became of it so far


@dataclass(frozen=True, slots=True)
class Health:
    ok: bool
    detail: str  # one sentence: version and what was proven, or what is wrong
    remedy: str = ""
    facts: dict[str, str] = field(default_factory=dict[str, str])


class Run(Protocol):
    def events(self) -> AsyncIterator[Event]:
        """The run's events; the last is Finished or Parked. Closing or cancelling kills the process tree."""
        ...

    async def answer(self, request: str, reply: Reply) -> bool:
        """Hand over a person's answer; False: no longer waiting for it."""
        ...

    async def steer(self, note_id: str, text: str) -> bool:
        """Say something to the running session; False: not possible now, queue it."""
        ...

    async def cancel(self, reason: str, grace_s: float) -> None:
        """Interrupt and keep the session; after ``grace_s`` the process tree is killed."""
        ...


class Specialist(Protocol):
    """Who does the work. ``start`` raises only SpecialistError."""

    @property
    def name(self) -> str: ...
    @property
    def abilities(self) -> frozenset[Ability]: ...
    async def start(self, work: Work) -> Run: ...
    async def health(self) -> Health: ...
    async def close(self) -> None: ...
