"""The queue of a bot's updates: kept until confirmed, handed to one poller at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.rehearsal.bot_api.faults import OTHER_POLLER
from adapters.rehearsal.bot_api.record import Record
from adapters.rehearsal.bot_api.refusals import Json, Refused, conflict

_UNASKED: Final = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
"""Kinds of update that a bot gets only when it names them."""
_MOST: Final = 100
_LONGEST_S: Final = 50
_KEPT_S: Final = 24 * 3600
"""How long an update waits for a bot that does not come."""
WEBHOOK_IS_SET: Final = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)


@dataclass
class Updates:
    """Ids grow by one. https://core.telegram.org/bots/api#getting-updates"""

    record: Record
    clock: Callable[[], float]
    conflict_hold_s: float  # how long further conflicts within it are held back, to slow down who insists
    waiting: list[Json] = field(default_factory=list[Json])  # not confirmed yet
    arrived: asyncio.Event = field(default_factory=asyncio.Event)  # for who posts to a webhook
    polled: asyncio.Event = field(default_factory=asyncio.Event)  # set while somebody waits
    _next_id: int = 870_000_001
    _allowed: frozenset[str] | None = None  # None: all but the unasked
    _repeats: list[Json] = field(default_factory=list[Json])
    _reorder: bool = False
    _poller: asyncio.Future[None] | None = None
    _blocked: str = ""  # why nobody may poll
    _last_conflict_at: float = float("-inf")
    _last_poll: tuple[int, float] = (0, float("-inf"))
    _seen: dict[int, Json] = field(default_factory=dict[int, Json])
    _made_at: dict[int, float] = field(default_factory=dict[int, float])

    def add(self, kind: str, content: Json) -> int | None:
        """The new update's id, or None when the bot does not ask for its kind."""
        if kind in _UNASKED if self._allowed is None else kind not in self._allowed:
            return None
        update: Json = {"update_id": self._next_id, kind: content}
        self._next_id += 1
        self._seen[update["update_id"]] = update
        self._made_at[update["update_id"]] = self.clock()
        self.waiting.append(update)
        self.record.add("update", update=update)
        self._wake()
        return update["update_id"]

    def allow(self, kinds: object) -> None:
        """Of updates from now on; an empty list is the default, no list leaves it as it was."""
        if isinstance(kinds, list):
            self._allowed = frozenset(map(str, kinds)) if kinds else None  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] any JSON

    def repeat(self, update_id: int) -> None:
        """Deliver this update once more, confirmed or not."""
        self._repeats.append(self._seen[update_id])
        self._wake()

    def reorder_next(self) -> None:
        """Deliver the next batch of several updates in the wrong order."""
        self._reorder = True

    def block(self, why: str) -> None:
        """Let nobody poll, and end the poll that is open; with an empty reason, let them again."""
        self._blocked = why
        if why:
            self._end_poll("terminated by setWebhook request")

    @property
    def newest(self) -> int:
        """The id of the last update that there was."""
        return self._next_id - 1

    @property
    def waiting_or_repeated(self) -> bool:
        return bool(self.waiting or self._repeats)

    def drop(self) -> None:
        self.waiting.clear()

    def due(self, limit: int) -> list[Json]:
        """The oldest updates, for a webhook."""
        return self._hand_out(0, limit)

    async def poll(self, *, offset: int, limit: int, timeout_s: float) -> Sequence[Json]:
        """The oldest updates from ``offset`` on, which confirms those before it."""
        if self._blocked:
            raise await self._conflict(self._blocked)
        limit = self._limited(offset, max(1, min(limit, _MOST)))
        self._confirm(offset)
        self._forget_old()
        if not self._is_due(offset) and timeout_s > 0:
            await self._wait(min(timeout_s, _LONGEST_S))
        return self._hand_out(offset, limit)

    def confirm(self, update_ids: Sequence[int]) -> None:
        """Never deliver these again."""
        gone = set(update_ids)
        confirmed = [update["update_id"] for update in self.waiting if update["update_id"] in gone]
        self.waiting = [update for update in self.waiting if update["update_id"] not in gone]
        if confirmed:
            self.record.add("confirmed", update_ids=confirmed)

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            offset = self._next_id + offset
        self.confirm([update["update_id"] for update in self.waiting if update["update_id"] < offset])

    def _limited(self, offset: int, limit: int) -> int:
        """Who asks again for the same within half a second gets one update at a time."""
        last_offset, last_at = self._last_poll
        self._last_poll = (offset, self.clock())
        return 1 if offset == last_offset and self.clock() < last_at + 0.5 else limit

    def _is_due(self, offset: int) -> bool:
        return bool(self._repeats) or any(update["update_id"] >= offset for update in self.waiting)

    def _forget_old(self) -> None:
        oldest = self.clock() - _KEPT_S
        self.waiting = [update for update in self.waiting if self._made_at[update["update_id"]] > oldest]

    def _hand_out(self, offset: int, limit: int) -> list[Json]:
        """The earliest first: whoever confirms one of them confirms all before it."""
        due = [update for update in self.waiting if update["update_id"] >= offset]
        batch = sorted([*self._repeats, *due], key=_id)[:limit]
        for update in batch:
            if update in self._repeats:
                self._repeats.remove(update)
        if self._reorder and len(batch) > 1:
            self._reorder = False
            batch.reverse()
        if batch:
            self.record.add("delivered", update_ids=[update["update_id"] for update in batch])
        return batch

    async def _wait(self, timeout_s: float) -> None:
        self._end_poll(OTHER_POLLER)
        mine = self._poller = asyncio.get_running_loop().create_future()
        self.polled.set()
        try:
            async with asyncio.timeout(timeout_s):
                await mine
        except TimeoutError:
            pass
        except Refused as refused:
            raise await self._conflict(refused.description.removeprefix("Conflict: ")) from None
        finally:
            if self._poller is mine:
                self._poller = None
                self.polled.clear()

    def _wake(self) -> None:
        self.arrived.set()
        if self._poller is not None and not self._poller.done():
            self._poller.set_result(None)

    def _end_poll(self, why: str) -> None:
        if self._poller is not None and not self._poller.done():
            self._poller.set_exception(conflict(why))
        self._poller = None

    async def _conflict(self, why: str) -> Refused:
        if self.clock() < self._last_conflict_at + self.conflict_hold_s:
            await asyncio.sleep(self.conflict_hold_s)
        else:
            self._last_conflict_at = self.clock()
        return conflict(why)

    def info(self) -> Json:
        allowed: dict[str, Any] = {"allowed_updates": sorted(self._allowed)} if self._allowed else {}
        return {"pending_update_count": len(self.waiting), **allowed}


def _id(update: Json) -> int:
    return update["update_id"]
