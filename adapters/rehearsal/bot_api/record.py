"""What happened, in order: the oracle of kill tests. In memory, and in a file if there is one."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from adapters.rehearsal.bot_api.refusals import Json
from adapters.rehearsal.scripted_chat.journal import Journal


class Record:
    """Entries by ``kind``.

    update     ``update``: something happened that the bot is to hear of
    delivered  ``update_ids``: went out over a long poll or a webhook
    confirmed  ``update_ids``: Telegram will not deliver them again (but by a fault)
    webhook failed  ``why``: the update stays, and is posted again
    call       ``method``, ``arguments``, ``fault``, and ``outcome``: what was, or would have been, answered
    """

    def __init__(self, path: Path | None = None) -> None:
        self._entries: list[Json] = []
        self._file = Journal(path) if path is not None else None
        self._changed = asyncio.Event()

    def add(self, kind: str, **fields: Any) -> None:
        entry: Json = {"kind": kind, **fields}
        self._entries.append(entry)
        if self._file is not None:
            self._file.append(entry)
        self._changed.set()

    def __iter__(self) -> Iterator[Json]:
        return iter(tuple(self._entries))

    def calls(self, method: str = ".*") -> list[Json]:
        """Those of a method, or of a pattern of methods."""
        return [entry for entry in self if entry["kind"] == "call" and re.fullmatch(method, entry["method"])]

    def confirmed(self) -> list[int]:
        """Update ids, in the order in which the bot took them off Telegram's hands."""
        return [id for entry in self if entry["kind"] == "confirmed" for id in entry["update_ids"]]

    async def changed(self) -> None:
        """Returns when something happens."""
        self._changed.clear()
        await self._changed.wait()

    async def until(self, reached: Callable[[], bool], timeout_s: float = 20.0) -> None:
        """Returns once ``reached()``, which is looked at whenever something happens."""
        async with asyncio.timeout(timeout_s):
            while not reached():
                await self.changed()


def read(path: Path) -> list[Json]:
    """What a record in a file says so far, for any process that looks at it."""
    return list(Journal(path).news())
