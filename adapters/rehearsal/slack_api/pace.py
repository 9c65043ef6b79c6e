"""How often an app may call before Slack makes it wait. https://docs.slack.dev/apis/web-api/rate-limits"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Final

from adapters.rehearsal.slack_api.refusals import too_many

PER_MINUTE: Final = {1: 1, 2: 20, 3: 50, 4: 100}
"""Calls of one method, by its tier."""

TIERS: Final = {
    "agents.sessions.setStatus": 3,
    "apps.connections.open": 1,
    "chat.update": 3,
    "chat.postEphemeral": 4,
    "conversations.history": 3,
    "conversations.info": 3,
    "conversations.open": 3,
    "conversations.replies": 3,
    "files.completeUploadExternal": 4,
    "files.getUploadURLExternal": 4,
    "files.info": 4,
    "reactions.add": 3,
    "reactions.remove": 2,
    "users.info": 4,
    "views.open": 4,
    "views.publish": 4,
}
"""Of the methods that have one; posting has a limit of its own, per channel."""


@dataclass
class Pace:
    """At most so many calls in so many seconds; Slack tolerates short bursts and does not say how long."""

    posts: tuple[int, float] = (4, 3.0)  # per channel: one a second, with a burst
    _called: dict[str, deque[float]] = field(default_factory=lambda: defaultdict[str, deque[float]](deque))

    def check(self, method: str, channel: str, now: float) -> None:
        """Counts one more, or raises how long to wait."""
        if method == "chat.postMessage":
            self._count(f"{method} {channel}", self.posts, now)
        elif tier := TIERS.get(method):
            self._count(method, (PER_MINUTE[tier], 60.0), now)

    def _count(self, what: str, limit: tuple[int, float], now: float) -> None:
        most, within_s = limit
        called = self._called[what]
        while called and called[0] <= now - within_s:
            called.popleft()
        if len(called) >= most:
            raise too_many(math.ceil(called[0] + within_s - now))
        called.append(now)
