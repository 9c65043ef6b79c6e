"""Chat: who we talk through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.model.conversations import Address, FileRef, Form, Inbound, Receipt
from bot.model.health import Connection
from bot.model.installations import Installation
from bot.model.posts import Part, Post


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
    silent: bool = False  # a message can come without a sound
    topics: bool = False  # it can open a place of its own for one piece of work, where people have that on
    max_chars: int = 4000  # of one part
    edit_every_s: float = 1.0  # least time between two edits of one message


Receive = Callable[[Inbound], Awaitable[Receipt]]


@dataclass(frozen=True, slots=True)
class Heard:
    """How far a conversation is known here."""

    where: str  # its key
    last: str  # the platform's key of the newest message that was kept
    first: str = ""  # and of the oldest
    account: str = ""  # team or bot account, where a platform has several


async def nothing_heard(_chat: str) -> Sequence[Heard]:
    return ()


@dataclass(frozen=True, slots=True)
class Installations:
    """Workspaces that have installed a chat's app, as rows of the house."""

    every: Callable[[str], Awaitable[Sequence[Installation]]]  # of a chat
    get: Callable[[str, str], Awaitable[Installation | None]]  # of a chat, by team
    keep: Callable[[Installation], Awaitable[None]]  # in place of what stood there
    reseal: Callable[[Installation, str], Awaitable[None]]  # the same token as other cipher text
    remove: Callable[[Installation], Awaitable[None]]  # its cipher text too


@dataclass(frozen=True, slots=True)
class Supplies:
    """What the house hands to a chat besides its settings."""

    content: Callable[[str], Awaitable[bytes]]  # of a post's file, by its sha256; raises ChatError
    heard: Callable[[str], Awaitable[Sequence[Heard]]] = nothing_heard  # a chat's newest conversations
    installations: Installations | None = None


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
