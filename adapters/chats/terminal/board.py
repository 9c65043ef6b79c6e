"""What one conversation has shown: its cursor, its cards, and the buttons that can still be pressed."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Final

from bot.model.dispatches import Step
from bot.model.posts import ButtonView, OutboxRow, Post, PostKind

_MOST_CARDS: Final = 8  # older cards are history
_PASSING: Final = re.compile(r"(?:\d+(?:\.\d+)? (?:s|min|h|d)\b ?)+|\$\d+(?:\.\d+)?|\d+ ?%")

Look = tuple[str, tuple[Step, ...]]


def look(post: Post) -> Look:
    """What makes a card worth drawing again: its headline and its steps, never seconds or cents."""
    headline = post.markdown.strip().split("\n", 1)[0]
    return _PASSING.sub("…", headline), post.steps


@dataclass(slots=True)
class Card:
    """The one status message of a dispatch, as it is now and as it was last printed."""

    row: OutboxRow
    now: Post
    printed: Post | None = None

    @property
    def is_news(self) -> bool:
        return self.printed is None or look(self.printed) != look(self.now)


@dataclass(slots=True)
class Board:
    key: str
    cursor: int = 0  # posts up to here were shown
    noticed: int = 0  # posts up to here were at least announced, while another thread was open
    cards: dict[str, Card] = field(default_factory=dict[str, Card])  # by outbox id, oldest first
    said: int = 0  # the newest post that is no card
    result: int = 0  # the newest result
    asked_at: float = 0.0  # when the numbers to press last came to mean something else; monotonic seconds
    _posts: dict[str, OutboxRow] = field(default_factory=dict[str, OutboxRow])  # those with open buttons
    _about: dict[str, str] = field(default_factory=dict[str, str])  # q3, d7 → the newest outbox id about it
    _pressed: set[str] = field(default_factory=set[str])

    def add(self, row: OutboxRow) -> None:
        """Take note of a post, in order of ``seq``."""
        before = self.numbered
        self._note(row)
        if self.numbered != before:
            self.asked_at = time.monotonic()

    def _note(self, row: OutboxRow) -> None:
        self.cursor, self.noticed = row.seq, max(self.noticed, row.seq)
        if row.edits is not None:
            self._posts.pop(row.edits, None)
            self.cards.pop(row.edits, None)
        for about in filter(None, (row.question, row.dispatch if row.question is None else None)):
            self._about[about] = row.edits or row.id
        if row.kind is PostKind.CARD and row.edits is None:
            self._add_card(row)
            return
        self.said = row.seq
        self.result = row.seq if row.kind is PostKind.RESULT else self.result
        if row.post.buttons:
            self._posts[row.id] = row

    def _add_card(self, row: OutboxRow) -> None:
        for older in [id for id, card in self.cards.items() if card.row.dispatch == row.dispatch]:
            del self.cards[older]
        self.cards[row.id] = Card(row, row.post)
        for oldest in list(self.cards)[:-_MOST_CARDS]:
            del self.cards[oldest]

    def redraw(self, id: str, post: Post) -> None:
        """A card has new content."""
        before = self.numbered
        self.cards[id].now = post
        if self.numbered != before:
            self.asked_at = time.monotonic()

    @property
    def numbered(self) -> str | None:
        """The outbox id of the post whose buttons have numbers: the newest, a card only if it is alone."""
        return next((id for id, _ in self._open()), None)

    @property
    def asks(self) -> int:
        """The ``seq`` of the newest question that waits here, or 0."""
        return max((row.seq for row in self._posts.values() if row.kind is PostKind.QUESTION), default=0)

    def _open(self) -> list[tuple[str, tuple[ButtonView, ...]]]:
        posts = [(row.id, row.post.buttons) for row in reversed(self._posts.values())]
        posts += [(id, card.now.buttons) for id, card in reversed(self.cards.items())]
        return [(id, buttons) for id, buttons in posts if any(b.token not in self._pressed for b in buttons)]

    def button(self, which: str) -> tuple[str, ButtonView] | None:
        """The outbox id and button: by number of the newest post that has any, by label of any post."""
        posts = self._open()
        if which.isdigit() and posts:
            id, buttons = posts[0]
            return (id, buttons[int(which) - 1]) if 1 <= int(which) <= len(buttons) else None
        wanted = which.strip("[] ").casefold()
        for id, buttons in posts:
            for button in buttons:
                if button.label.casefold() == wanted:
                    return id, button
        return None

    def pressed(self, token: str) -> None:
        self._pressed.add(token)

    def open_posts(self) -> list[OutboxRow]:
        return list(self._posts.values())

    def about(self, id: str) -> str | None:
        """The message to reply to when somebody answers q3 or d7."""
        return self._about.get(id)
