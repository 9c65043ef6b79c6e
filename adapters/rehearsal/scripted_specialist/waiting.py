"""What may end a wait of a scripted run: its time, a person, silence, a limit, a death."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.errors import Reason
from bot.model.dispatches import ParkReason
from bot.model.events import End, Event, Finished, Noticed, NoticeKind, Parked
from bot.ports import Limits


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Time:
    """The clock that a run lives by; a story has its own."""

    now: Callable[[], datetime] = utc_now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class Ended(Exception):
    """The run is over, in this way."""

    def __init__(self, last: Finished | Parked) -> None:
        super().__init__(type(last).__name__)
        self.last = last


class Waiting:
    """One run's waits; everything from outside only rings."""

    def __init__(self, limits: Limits, time: Time) -> None:
        self._limits = limits
        self._time = time
        self._bell = asyncio.Event()
        self._deadline = time.now() + timedelta(seconds=limits.timeout_s)
        self._heard_at = time.now()
        self._silent = False
        self._stop: str | None = None
        self._stop_at: datetime | None = None
        self._died = False
        self._turns = 0
        self._bytes = 0

    # ── what others do to it ─────────────────────────────────────────────────────────────────────────────

    def ring(self) -> None:
        self._bell.set()

    def stop(self, reason: str, grace_s: float) -> None:
        if self._stop is None:
            self._stop, self._stop_at = reason, self._time.now() + timedelta(seconds=grace_s)
            self.ring()

    def died(self) -> None:
        self._died = True
        self.ring()

    # ── limits ───────────────────────────────────────────────────────────────────────────────────────────

    def heard(self) -> None:
        self._heard_at, self._silent = self._time.now(), False

    def turn(self) -> None:
        """One more; raises Ended when there are no more."""
        if self._limits.turns is not None and self._turns >= self._limits.turns:
            raise at_limit(f"It used all of its {self._limits.turns} turns.")
        self._turns += 1

    def wrote(self, size: int) -> None:
        self._bytes += size
        if self._bytes > self._limits.output_bytes:
            raise at_limit(f"It wrote more than its limit of {self._limits.output_bytes:,} bytes.")

    def check(self, *, deaf: bool = False) -> None:
        """Raises Ended when the run must end now; ``deaf``: a stop takes effect only as a kill."""
        now = self._time.now()
        if self._died:
            raise Ended(
                Finished(End.FAILED, reason=Reason.CRASHED, detail="The scripted worker ended by itself.")
            )
        if self._stop is not None and (not deaf or (self._stop_at is not None and now >= self._stop_at)):
            raise Ended(Finished(End.STOPPED, detail=self._stop))
        if now >= self._deadline:
            raise at_limit(f"It reached its time limit of {self._limits.timeout_s:g} s.")

    # ── waits ────────────────────────────────────────────────────────────────────────────────────────────

    async def pause(self, seconds: float | None, *, deaf: bool = False) -> AsyncGenerator[Event, None]:
        """Until then (None: for ever); says once when it has been silent for too long."""
        until = None if seconds is None else self._time.now() + timedelta(seconds=seconds)
        while until is None or self._time.now() < until:
            self.check(deaf=deaf)
            silent_at = self._heard_at + timedelta(seconds=self._limits.idle_s)
            if not self._silent and self._time.now() >= silent_at:
                self._silent = True
                yield Noticed(NoticeKind.SILENCE, f"Nothing heard for {self._limits.idle_s:g} s.")
                continue
            stop_at = self._stop_at if deaf else None
            await self._until(until, self._deadline, stop_at, None if self._silent else silent_at)
        self.check(deaf=deaf)

    async def person(self, answered: Callable[[], bool]) -> bool:
        """For an answer, as long as the grace time; a person who thinks is no silence."""
        until = self._time.now() + timedelta(seconds=self._limits.grace_s)
        while not answered():
            self.check()
            if self._time.now() >= until:
                return False
            await self._until(until, self._deadline)
        self.heard()
        return True

    async def _until(self, *moments: datetime | None) -> None:
        """Until somebody rings, or the earliest of the moments."""
        known = [moment for moment in moments if moment is not None]
        seconds = (min(known) - self._time.now()).total_seconds()
        sleeping = asyncio.ensure_future(self._time.sleep(max(seconds, 0.0)))
        listening = asyncio.ensure_future(self._bell.wait())
        try:
            await asyncio.wait([sleeping, listening], return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            listening.cancel()
            await asyncio.wait([sleeping, listening])
        self._bell.clear()


def at_limit(words: str) -> Ended:
    return Ended(Parked(ParkReason.LIMIT, text=words))
