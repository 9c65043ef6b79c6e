"""What somebody who looks on sees of a chat: new messages whole, of changed ones what is new in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

if TYPE_CHECKING:
    from adapters.rehearsal.phones import Seen

PEOPLE: Final = {"Ann": "green", "Bob": "cyan"}
HOUSE: Final = "magenta"
QUOTED_CHARS: Final = 48


class Screen:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._known: dict[str, Seen] = {}

    def show(self, seen: Sequence[Seen]) -> None:
        for message in seen:
            old = self._known.get(message.id)
            if old is None:
                self._known[message.id] = message
                self._new(message)
            elif old.text != message.text:
                self._known[message.id] = message
                self._changed(old, message)

    def pressed(self, person: str, label: str) -> None:
        name = person.capitalize()
        self._console.print(Text.assemble("\n", (name, f"bold {PEOPLE[name]}"), f" presses [{label}]"))

    def popped_up(self, person: str, words: str) -> None:
        """On one phone only."""
        self._body(Text(f"❗ {words}", "yellow"), Text(f"   (on {person.capitalize()}'s phone only)", "dim"))

    def _new(self, message: Seen) -> None:
        answered = self._known.get(message.answers or "")
        quoted = f"  ↩ “{_beginning(answered.text)}”" if answered else ""
        self._head(message, quoted)
        self._body(Text(message.text), *_below(message))

    def _changed(self, old: Seen, message: Seen) -> None:
        """Only what was not there before, and the buttons if they are others."""
        first, *rest = message.text.splitlines()
        before = old.text.splitlines()
        fresh = [line for line in rest if line.strip() and line not in before]
        self._head(message, f"  ✎ {first}")
        below = () if old.buttons == message.buttons else tuple(_below(message))
        if old.buttons and not message.buttons:
            below = (Text("(its buttons are gone)", "dim"),)
        self._body(Text("\n".join(fresh), "dim"), *below)

    def _head(self, message: Seen, more: str) -> None:
        style = f"bold {PEOPLE.get(message.by, HOUSE)}"
        self._console.print(Text.assemble("\n", (message.by, style), (more, "dim")))

    def _body(self, *lines: Text) -> None:
        for line in lines:
            if line.plain:
                self._console.print(Padding(line, (0, 0, 0, 2), expand=False))


def _below(message: Seen) -> Iterator[Text]:
    for row in message.buttons:
        yield Text("  ".join(f"[ {label} ]" for label in row), "blue")
    for name in message.files:
        yield Text(f"📎 {name}", "blue")


def _beginning(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= QUOTED_CHARS else f"{line[:QUOTED_CHARS].rstrip()}…"
