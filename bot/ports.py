"""The only Protocols: Chat (who we talk through), Specialist (who works), Store (what we remember)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol, TypeVar

from bot.model.conversations import Address, FileRef, Form, Inbound, Message, Receipt
from bot.model.dispatches import Dispatch, Step
from bot.model.events import Event
from bot.model.health import Backlog, Connection, Figures
from bot.model.log import LedgerRow
from bot.model.posts import Part, Post
from bot.model.purging import Purge, Rows
from bot.model.questions import Approval, Question, Reply
from bot.model.work_items import WorkItem

# ── chats ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a chat platform can do; the rooms ask this, never the platform's name."""

    threads: bool = False
    edit: bool = False
    buttons: bool = False
    forms: bool = False
    files: bool = False
    lookup: bool = False  # a message can be found again by its key
    local: bool = False  # delivered when committed; no network in between
    one_listener: bool = False  # of several processes only one may listen at a time
    topics: bool = False  # it can open a place of its own for one piece of work, where people have that on
    max_chars: int = 4000  # of one part
    edit_every_s: float = 1.0  # least time between two edits of one message


Receive = Callable[[Inbound], Awaitable[Receipt]]


@dataclass(frozen=True, slots=True)
class Heard:
    """How far a conversation is known here."""

    where: str  # its key
    last: str  # the platform's key of the newest message that was kept


async def nothing_heard(_chat: str) -> Sequence[Heard]:
    return ()


@dataclass(frozen=True, slots=True)
class Supplies:
    """What the house hands to a chat besides its settings."""

    content: Callable[[str], Awaitable[bytes]]  # of a post's file, by its sha256; raises ChatError
    heard: Callable[[str], Awaitable[Sequence[Heard]]] = nothing_heard  # a chat's newest conversations


@dataclass(frozen=True, slots=True)
class Recording:
    """A voice note, and the server that is to write it down."""

    name: str
    audio: bytes = field(repr=False)
    base_url: str
    model: str
    key: str | None = field(repr=False)
    timeout_s: float


Transcribe = Callable[[Recording], Awaitable[str]]
"""The words in it; raises HearingError with one sentence."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A place that was opened for one piece of work."""

    address: Address
    link: str = ""  # leads people there; empty: the platform has none


class Chat(Protocol):
    """One chat platform. Raises only ChatError."""

    @property
    def name(self) -> str: ...
    @property
    def abilities(self) -> Abilities: ...
    @property
    def connection(self) -> Connection:
        """How its platform is reached now; known without asking it."""
        ...

    async def listen(self, receive: Receive) -> None:
        """Hand every event to ``receive``; acknowledge it only after that returned. Runs until cancelled."""
        ...

    def parts(self, post: Post) -> tuple[Part, ...]:
        """The platform messages of ``post``: pure, the same for the same post, each within the limits."""
        ...

    async def send(self, where: Address, part: Part, key: str, again: bool) -> str:
        """Send one message, return its id; ``again``: an earlier try may have arrived, look it up."""
        ...

    async def edit(self, where: Address, message_id: str, part: Part) -> None:
        """Replace a message's content; the same content twice is no error."""
        ...

    async def direct(self, account: str) -> Address | None:
        """The private conversation with that account; None: there is none, or the person must write first."""
        ...

    async def reopen(self, where: Address, title: str) -> Address | None:
        """A new place for what went on in ``where``, which is gone: a new thread, else what it lay in.

        None: there is none. Raises ChatError when that cannot be known now.
        """
        ...

    async def open_topic(self, where: Address, title: str) -> Topic | None:
        """A place of its own for work that was asked for in ``where``; asked only with ``abilities.topics``.

        None: none may be opened there, or ``where`` is one. Raises ChatError when that cannot be known now.
        """
        ...

    async def fetch(self, file: FileRef, max_bytes: int) -> bytes: ...
    async def react(self, where: Address, message_id: str, emoji: str) -> None: ...
    async def typing(self, where: Address) -> None: ...
    async def open_form(self, where: Address, form: Form) -> None: ...
    async def close(self) -> None: ...


# ── specialists ──────────────────────────────────────────────────────────────────────────────────────────


class Ability(StrEnum):
    RESUME = "resume"
    ASK = "ask"
    APPROVE = "approve"
    PARK = "park"
    STEER = "steer"
    PLAN = "plan"
    COST = "cost"
    WEB = "web"
    FILES = "files"
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


# ── the store ────────────────────────────────────────────────────────────────────────────────────────────

N = TypeVar("N")


class Unit(Protocol):
    """One transaction. What is written and what is promised (``enqueue``) commit together or not at all."""

    async def get(self, kind: type[N], id: str, /, *, lock: bool = False) -> N | None:
        """The row, or None; ``lock`` keeps others from changing it until the commit."""
        ...

    async def find(
        self, kind: type[N], /, *, limit: int | None = None, newest: bool = False, **equals: object
    ) -> list[N]:
        """Rows whose fields equal (a tuple: are one of) the values, oldest first unless ``newest``."""
        ...

    async def add(self, *nouns: object) -> None:
        """Insert; raises Conflict when a unique key exists already."""
        ...

    async def change(self, old: N, **changes: object) -> N:
        """The changed noun, written if the row is still as ``old`` was (state and version); else Conflict.

        A noun with a ``version`` has it raised by one.
        """
        ...

    async def next_number(self, counter: str) -> int:
        """1, 2, 3 … without gaps among commits."""
        ...

    async def reached(self, counter: str) -> int:
        """Its last number; 0 before the first."""
        ...

    async def enqueue(self, item: WorkItem) -> None:
        """Promise the work; it is woken after the commit."""
        ...

    async def call_others(self) -> None:
        """Have every other process of this house look at the rows after the commit."""
        ...

    async def clock(self) -> datetime:
        """The time by the database's own clock, which all machines share."""
        ...

    async def posted(self, conversation: str, message_id: str) -> str | None:
        """The id of the outbox row whose part became this platform message."""
        ...

    async def posted_at(self, place: Address, message_id: str) -> str | None:
        """The same where only the place is known, or the one that its thread lies in."""
        ...

    async def dirty_cards(self, conversation: str | None = None) -> list[str]:
        """Ids of dispatches whose card shows less than it should."""
        ...

    async def spent_usd(
        self, *, since: datetime, person: str | None = None, project: str | None = None
    ) -> float:
        """Settled money, where it is unknown its reservation, plus what admitted runs reserve."""
        ...

    async def paid_usd(self, *, since: datetime, person: str | None = None) -> float:
        """The same without what runs reserve that are going on."""
        ...

    async def paid_rows(
        self, *, since: datetime, until: datetime, person: str | None = None
    ) -> list[LedgerRow]:
        """The ledger between two moments, the second one not included; oldest first."""
        ...

    async def count_since(self, kind: type[Message] | type[Dispatch], person: str, since: datetime) -> int:
        """How many messages were kept of that person since then, or how many dispatches they started."""
        ...

    async def backlog(self) -> Backlog:
        """What waits for its turn, its dispatch or its answer, and since when."""
        ...

    async def figures(self, since: datetime) -> Figures:
        """All money by its mark, and how long the questions waited that were closed since then."""
        ...

    async def next_due(self, after: datetime | None = None) -> datetime | None:
        """The earliest moment at which something must happen by the clock: reminder, expiry, hold, resume.

        What was due by ``after`` has been seen to, or is another process's.
        """
        ...

    async def search(self, words: str, limit: int) -> list[str]:
        """Ids of dispatches whose title, goal or result contain all the words, newest first."""
        ...


class Store(Protocol):
    """What the house remembers. Raises StoreError when nothing was committed."""

    def transaction(self, *, urgent: bool = False) -> AbstractAsyncContextManager[Unit]:
        """Begin; commit at the block's end, roll back on an exception. One writer at a time on SQLite, where
        an ``urgent`` one goes before those that nobody outside waits for."""
        ...

    def reading(self) -> AbstractAsyncContextManager[Unit]:
        """A snapshot for looking only; never blocks a writer."""
        ...

    async def to_purge(self, purge: Purge) -> Rows:
        """What ``purge`` would delete now."""
        ...

    async def purge(self, purge: Purge) -> Rows:
        """Delete events, blobs and ended work older than that, in batches; what has gone."""
        ...

    async def check(self) -> str:
        """One sentence about the database, or StoreError."""
        ...

    async def close(self) -> None: ...


Enqueue = Callable[[object, WorkItem], None]
"""Promise work inside the caller's SQL transaction; the composition root hands it to the Store."""

Woken = Callable[[Sequence[WorkItem]], None]
"""Called after the commit with what was promised in it."""
