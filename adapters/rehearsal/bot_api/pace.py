"""How fast a bot may write before Telegram makes it wait. https://core.telegram.org/bots/faq#broadcasting-to-users"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field

from adapters.rehearsal.bot_api.chats import Chat
from adapters.rehearsal.bot_api.refusals import too_many

_EVERYWHERE = 0


@dataclass
class Pace:
    """At most so many posts and edits in so many seconds.

    Telegram tolerates short bursts and does not say how long; ``private=(1, 1)`` is as strict as its words.
    """

    private: tuple[int, float] = (3, 3)  # one a second, with a burst
    group: tuple[int, float] = (20, 60)
    overall: tuple[int, float] = (30, 1)
    _sent: dict[int, deque[float]] = field(default_factory=lambda: defaultdict[int, deque[float]](deque))

    def check(self, chat: Chat, now: float) -> None:
        """Counts one more, or raises how long to wait."""
        own = self.private if chat.private else self.group
        limits = ((_EVERYWHERE, self.overall), (chat.id, own))
        for place, limit in limits:
            if (wait_s := self._wait_s(place, limit, now)) > 0:
                raise too_many(math.ceil(wait_s))
        for place, _ in limits:
            self._sent[place].append(now)

    def _wait_s(self, place: int, limit: tuple[int, float], now: float) -> float:
        most, within_s = limit
        sent = self._sent[place]
        while sent and sent[0] <= now - within_s:
            sent.popleft()
        return sent[0] + within_s - now if len(sent) >= most else 0
