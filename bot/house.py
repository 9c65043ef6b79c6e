"""What every room needs and nothing else: the store, the settings, the clock, the wake-up of live runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import choice, token_urlsafe
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from bot.metrics import Meter
from bot.ports import Ability, Store

if TYPE_CHECKING:
    from bot.settings import Settings


def utc_now() -> datetime:
    return datetime.now(UTC)


def random_id() -> str:
    return uuid4().hex


def random_token() -> str:
    """128 random bits, 22 characters: fits every platform's button."""
    return token_urlsafe(16)


CODE_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without 0, O, 1 and I: a code is read aloud and typed."""


def random_code() -> str:
    """40 random bits in 8 characters; good for an hour, and only an admin can use it."""
    return "".join(choice(CODE_LETTERS) for _ in range(8))


def nobody_knows(_specialist: str, _ability: Ability) -> None:
    """A process that runs no specialists leaves it to the run."""


class LiveRuns:
    """Wake-ups for the runs that this process drives; what they should do stands in their rows."""

    def __init__(self) -> None:
        self._events: dict[str, asyncio.Event] = {}

    def register(self, dispatch: str) -> asyncio.Event:
        return self._events.setdefault(dispatch, asyncio.Event())

    def forget(self, dispatch: str) -> None:
        self._events.pop(dispatch, None)

    def wake(self, dispatch: str) -> None:
        if event := self._events.get(dispatch):
            event.set()

    def wake_all(self) -> None:
        for event in self._events.values():
            event.set()


class Current:
    """The settings in force; a reload puts new ones in their place, and every room sees them at once."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings


@dataclass(frozen=True, slots=True)
class House:
    """Handed to every room by the composition root; tests own the clock and the ids."""

    store: Store
    current: Current
    node: str = "local"
    admits: bool = True  # whether this process may start runs, on its own node
    now: Callable[[], datetime] = utc_now
    new_id: Callable[[], str] = random_id
    new_token: Callable[[], str] = random_token
    new_code: Callable[[], str] = random_code
    local_chats: frozenset[str] = frozenset({"terminal"})  # a post there is delivered when it is committed
    redact: Callable[[str], str] = str  # hides the house's secrets in everything that is kept or posted
    meter: Meter = field(default_factory=Meter)
    can: Callable[[str, Ability], bool | None] = nobody_knows  # a specialist's ability; None: not known here
    live: LiveRuns = field(default_factory=LiveRuns)

    @property
    def settings(self) -> Settings:
        return self.current.settings
