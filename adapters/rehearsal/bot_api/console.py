"""A chat in a terminal with a bot on the rehearsed Bot API: what people type, and what the bot shows them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from adapters.rehearsal.bot_api.chats import Shown
from adapters.rehearsal.bot_api.people import Impossible, Person
from adapters.rehearsal.bot_api.server import BotApi

_NAMED: Final = re.compile(r"(\w+): (.*)")
_PRESSED: Final = re.compile(r"\[(.+)\]")
HELP: Final = "Type what you write to the bot, [Label] to press a button, Bob: words to be somebody else."


class Console:
    """One private chat for each name; prints what the bot writes or changes."""

    def __init__(self, api: BotApi, name: str, out: Callable[[str], object]) -> None:
        self._api, self._me, self._out = api, name, out
        self._people: dict[str, Person] = {}
        self._printed: dict[tuple[int, int], int] = {}  # edits, by chat and message

    def type(self, line: str) -> None:
        named = _NAMED.fullmatch(line)
        name, words = (named[1], named[2]) if named else (self._me, line)
        person = self._people.setdefault(name, self._api.person(name))
        try:
            if pressed := _PRESSED.fullmatch(words):
                person.presses(pressed[1])
            else:
                person.writes(words)
        except Impossible as error:
            self._out(str(error))

    def show_news(self) -> None:
        """What the bot has written or changed since the last call."""
        for name, person in self._people.items():
            for message in person.sees():
                if message.by_bot and self._printed.get((person.id, message.id)) != message.edits:
                    self._printed[person.id, message.id] = message.edits
                    self._out(_line(name, message))


def _line(name: str, message: Shown) -> str:
    edited = " (edited)" if message.edits else ""
    rows = "".join("\n    " + " ".join(f"[{label}]" for label in row) for row in message.buttons)
    return f"bot to {name}{edited}: {message.text}{rows}"
