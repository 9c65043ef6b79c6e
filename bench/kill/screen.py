"""What people see on the platform, kept up from its journal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar, cast

from adapters.rehearsal.scripted_chat import Journal

T = TypeVar("T")
LOOK_EVERY_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Shown:
    """One message of the house, as it looks now."""

    id: str
    key: str
    where: str
    text: str
    buttons: dict[str, str]  # token by label


class Screen:
    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._changed = asyncio.Condition()
        self.messages: dict[str, Shown] = {}
        self.in_conversation: dict[str, list[str]] = {}

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            if self._take_news():
                async with self._changed:
                    self._changed.notify_all()
            await asyncio.sleep(LOOK_EVERY_S)

    async def until(self, where: str, find: Callable[[list[Shown]], T | None]) -> T:
        """What ``find`` makes of the conversation's messages, once it makes something of them."""
        async with self._changed:
            while (found := find(self.shown(where))) is None:
                await self._changed.wait()
        return found

    def shown(self, where: str) -> list[Shown]:
        """Those in its topics too."""
        places = (place for place in self.in_conversation if place.partition("/")[0] == where)
        return [self.messages[id] for place in places for id in self.in_conversation[place]]

    def _take_news(self) -> bool:
        news = False
        for record in self._journal.news():
            match record:
                case {"kind": "message", "id": id, "key": key, "where": where, "body": body}:
                    shown = Shown(str(id), str(key), str(where), *_content(body))
                    self.messages[shown.id] = shown
                    self.in_conversation.setdefault(shown.where, []).append(shown.id)
                case {"kind": "edit", "id": id, "body": body}:
                    text, buttons = _content(body)
                    self.messages[str(id)] = replace(self.messages[str(id)], text=text, buttons=buttons)
                case _:
                    continue
            news = True
        return news


def _content(body: object) -> tuple[str, dict[str, str]]:
    fields = cast("dict[str, Any]", json.loads(str(body)))
    return fields["text"], {button["label"]: button["token"] for button in fields["buttons"]}
