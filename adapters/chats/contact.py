"""Whether a platform is heard at this moment, and what a person has to do when it is not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

_log = structlog.get_logger("chat")


@dataclass(slots=True)
class Contact:
    chat: str  # the platform's name, for the log
    since: datetime | None = None  # heard without a break since then
    heard_at: datetime | None = None
    problem: str = ""  # one sentence; empty while all is well
    gap_from: datetime | None = None  # the last sign of life before it was lost, until somebody asks

    def heard(self) -> None:
        before, self.heard_at = self.heard_at, datetime.now(UTC)
        if self.since is None:
            self.gap_from = self.gap_from or before
            self.since = self.heard_at
            _log.info(f"{self.chat}.connected")
        self.problem = ""

    def left_off(self) -> datetime | None:
        """When it was heard last before the break that is over now."""
        found, self.gap_from = self.gap_from or self.heard_at, None
        return found

    def ended(self) -> None:
        self.since = None

    def lost(self, problem: str) -> None:
        if problem != self.problem:
            _log.warning(f"{self.chat}.lost", problem=problem)
        self.since, self.problem = None, problem
