"""The truth about a running house: each part with the age of its last sign of life, by the house's own clock.

A part that hangs cannot say so; so nobody is asked, and what counts is how long ago it last did its work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from pydantic import TypeAdapter, ValidationError

from bot.errors import FrontdeskError
from bot.house import House
from bot.model.health import Backlog, Connection, Health, Part
from bot.ports import Chat

_log = structlog.get_logger("health")

LOOK_EVERY_S: Final = 5.0
STALE: Final = timedelta(seconds=20)
"""Each part shows itself every five seconds; after this it is taken for dead."""

LATE: Final = timedelta(minutes=5)
"""After this a message without an end to its turn, or a post that was not sent, is a problem."""

BACKLOGS: Final = ("turns", "posts")
"""Parts that are judged by the age of what waits."""

_HEALTH: Final = TypeAdapter(Health)


class Vitals:
    """``looks``: when the clock and each queue last looked at the rows."""

    def __init__(
        self, house: House, chats: Mapping[str, Chat], looks: Callable[[], Mapping[str, datetime]]
    ) -> None:
        self._house = house
        self._chats = chats
        self._looks = looks
        self._database_at = house.now()
        self._problem = ""
        self._backlog = Backlog()
        self._ended: dict[str, str] = {}
        self._health: Health | None = None

    async def keep(self) -> None:
        """Look every few seconds until cancelled, and leave word for other processes."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> Health:
        """Take the lock that every writer needs, count what waits, and write down what was found."""
        try:
            async with self._house.store.transaction() as unit:
                self._backlog = await unit.backlog()
            self._database_at, self._problem = self._house.now(), ""
        except FrontdeskError as error:
            self._problem = str(error)
        health = self.health()
        self._say_changes(health)
        _leave_word(self._house.settings.home, health)
        return health

    async def listening(self, name: str, listen: Awaitable[None]) -> None:
        """Listen to a chat; should that ever end, the house is deaf there and says so."""
        try:
            await listen
            self._ended[name] = "it stopped listening"
        except Exception as error:
            self._ended[name] = f"it stopped listening ({type(error).__name__}: {error})"
            raise

    def health(self) -> Health:
        """As of now; asks nobody."""
        now = self._house.now()
        loops = [_shown(name, at, now) for name, at in sorted(self._looks().items())]
        database = _shown("database", self._database_at, now, self._problem)
        chats = list(self._chats_shown(now))
        parts = (database, *loops, *chats, *late(self._backlog, now))
        redacted = tuple(_redacted(part, self._house.redact) for part in parts)
        ready = all(part.ok for part in parts)
        return Health(now, all(part.ok for part in loops), ready, redacted, self._backlog)

    def _chats_shown(self, now: datetime) -> Iterator[Part]:
        for name, chat in self._chats.items():
            if not chat.abilities.local:
                yield _chat(f"chat.{name}", chat.connection, self._ended.get(name, ""), now)

    def _say_changes(self, health: Health) -> None:
        before = {part.name: part.ok for part in self._health.parts} if self._health else {}
        self._health = health
        for part in health.parts:
            if before.get(part.name, True) and not part.ok:
                _log.warning("health.lost", part=part.name, detail=part.detail)
            elif part.ok and not before.get(part.name, True):
                _log.info("health.regained", part=part.name)


def _shown(name: str, at: datetime, now: datetime, problem: str = "") -> Part:
    age = now - at
    stale = "" if age < STALE else f"It has not looked for {age.total_seconds():.0f} s: restart the house."
    return Part(name, ok=not (problem or stale), age_s=age.total_seconds(), detail=problem or stale)


def _chat(name: str, known: Connection, ended: str, now: datetime) -> Part:
    age_s = (now - known.heard_at).total_seconds() if known.heard_at else None
    silent = ""
    if known.quiet_s is not None and age_s is not None and age_s > known.quiet_s:
        silent = f"Nothing was heard from it for {age_s:.0f} s; it connects anew by itself."
    missing = "" if known.since else "It is not connected."
    detail = ended or known.problem or silent or missing
    return Part(name, ok=not detail, age_s=age_s, detail=detail)


def late(backlog: Backlog, now: datetime) -> Iterator[Part]:
    """The parts that are named by ``BACKLOGS``."""
    turn = "A message has waited for its turn too long: look at the log of the house."
    post = "A post could not be sent for minutes: its chat does not take it."
    oldest = ((backlog.oldest_turn_at, turn), (backlog.oldest_post_at, post))
    for name, (at, words) in zip(BACKLOGS, oldest, strict=True):
        too_old = at is not None and now - at > LATE
        yield Part(name, not too_old, (now - at).total_seconds() if at else None, words if too_old else "")


def _redacted(part: Part, redact: Callable[[str], str]) -> Part:
    return Part(part.name, part.ok, part.age_s, redact(part.detail))


# ── for other processes ──────────────────────────────────────────────────────────────────────────────────


def as_json(health: Health) -> bytes:
    return _HEALTH.dump_json(health)


def _leave_word(home: Path, health: Health) -> None:
    """A small file that is replaced whole; not synced, because it is worth nothing after a crash."""
    path, fresh = home / "health.json", home / "health.json.new"
    try:
        fresh.write_bytes(as_json(health))
        fresh.replace(path)
    except OSError as error:
        _log.warning("health.not_written", error=error.strerror)


def last_word(home: Path, now: datetime) -> Health | None:
    """What the house that runs here last said; when that is old, it hangs, and that is said instead."""
    try:
        said = _HEALTH.validate_json((home / "health.json").read_bytes())
    except (OSError, ValueError, ValidationError):
        return None
    age = now - said.at
    if age < STALE:
        return said
    stuck = f"It has said nothing about itself for {age.total_seconds():.0f} s: restart it."
    house = Part("house", False, age.total_seconds(), stuck)
    return Health(said.at, alive=False, ready=False, parts=(house, *said.parts), backlog=said.backlog)
