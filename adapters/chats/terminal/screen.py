"""Where posts become visible: ``Plain`` for pipes and files, ``Styled`` for a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TextIO

from adapters.chats.markup import neutralise, plain
from adapters.chats.terminal.board import Card
from adapters.chats.terminal.words import HELP, HOUSE, MARKS, buttons_line, echoed, file_line, one_line
from bot.model.posts import OutboxRow, Post


class Screen(Protocol):
    def post(self, row: OutboxRow, *, numbered: bool) -> None:
        """A post, whole."""
        ...

    def card(self, card: Card, *, numbered: bool) -> None:
        """What is new on a card since it was last printed."""
        ...

    def echo(self, person: str, thread: str, text: str) -> None:
        """What a person said."""
        ...

    def note(self, text: str) -> None:
        """A quiet line by the terminal itself."""
        ...

    def problem(self, text: str) -> None: ...
    def help(self) -> None: ...


def tag(row: OutboxRow) -> str:
    """What people call the subject of a card."""
    return row.dispatch or "card"


def without_tag(card: Card, text: str) -> str:
    """A card's headline begins with its own name; said once is enough."""
    return text.removeprefix(f"{tag(card.row)} · ")


def card_changes(card: Card) -> list[str]:
    """The lines of a card that were not there when it was last printed, without Markdown."""
    before = set(_card_lines(card, card.printed)) if card.printed else set[str]()
    return [line for line in _card_lines(card, card.now) if line not in before]


def _card_lines(card: Card, post: Post) -> list[str]:
    headline, *details = [one_line(line) for line in plain(post.markdown).split("\n") if line.strip()] or [""]
    moved = card.printed is None or one_line(plain(card.printed.markdown).split("\n", 1)[0]) != headline
    steps = [f"{MARKS[step.state]} {one_line(step.text)}" for step in post.steps]
    return [without_tag(card, headline), *(details if moved else ()), *steps]


class Plain:
    """Text without any escape sequence, flushed post by post."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def post(self, row: OutboxRow, *, numbered: bool) -> None:
        post = row.post
        said = plain(neutralise(post.markdown)).strip("\n")
        first, *more = said.split("\n")
        marks = (f"{MARKS[step.state]} {one_line(step.text)}" for step in post.steps)
        buttons = [buttons_line(post.buttons, numbered=numbered)] if post.buttons else []
        footer = [one_line(post.footer)] if post.footer else []
        below = [*more, *marks, *map(file_line, post.files), *buttons, *footer]
        self._write([f"{HOUSE}> {first}", *(f"  {line}".rstrip() for line in below)])

    def card(self, card: Card, *, numbered: bool) -> None:
        changes = [f"  {tag(card.row)} · {line}" for line in card_changes(card)]
        shown = card.printed.buttons if card.printed else ()
        if card.now.buttons and card.now.buttons != shown:
            changes.append(f"  {buttons_line(card.now.buttons, numbered=numbered)}")
        self._write(changes)

    def echo(self, person: str, thread: str, text: str) -> None:
        where = f"@{thread}" if thread else ""
        first, *more = echoed(text).split("\n")
        self._write(["", f"{person}{where}> {first}", *(f"  {line}" for line in more)])

    def note(self, text: str) -> None:
        self._write([f"  {text}"])

    def problem(self, text: str) -> None:
        self._write([f"! {text}"])

    def help(self) -> None:
        self._write(f"  {keys:<24}{meaning}" for keys, meaning in HELP)

    def _write(self, lines: Iterable[str]) -> None:
        self._out.write("".join(f"{line}\n" for line in lines))
        self._out.flush()
