"""What stops a run that gets nowhere: the same call again and again.

A model that repeats a call without effect pays for the whole conversation each time
(openclaw/openclaw #64293: 810 calls that did nothing, a hundred million tokens).
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.model import events as ev
from bot.model.dispatches import ParkReason


@dataclass(slots=True)
class Repeats:
    """Counts equal calls in a row; words between them do not make them different."""

    limit: int = 20
    _last: tuple[str, str] = ("", "")
    _count: int = 0

    def after(self, event: ev.Used) -> str:
        """What to tell people once the call was made too often in a row; empty before that."""
        if event.ok is not None or not event.call:
            return ""
        call = (event.tool, event.call)
        self._count = self._count + 1 if call == self._last else 1
        self._last = call
        if self._count < self.limit:
            return ""
        return f"It made the same call {self._count} times in a row, so it was stopped: `{event.title}`"


def parked_for(words: str, event: ev.Finished) -> ev.Parked:
    """A run that we stopped ourselves keeps its session; a person says how to go on."""
    return ev.Parked(
        ParkReason.LIMIT,
        usd=event.usd,
        session_usd=event.session_usd,
        text=words,
        billing=event.billing,
        consumed=event.consumed,
    )
