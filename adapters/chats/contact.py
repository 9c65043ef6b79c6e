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

    def heard(self) -> None:
        self.heard_at = datetime.now(UTC)
        if self.since is None:
            self.since = self.heard_at
            _log.info(f"{self.chat}.connected")
        self.problem = ""

    def ended(self) -> None:
        self.since = None

    def lost(self, problem: str) -> None:
        if problem != self.problem:
            _log.warning(f"{self.chat}.lost", problem=problem)
        self.since, self.problem = None, problem
