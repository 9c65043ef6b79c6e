"""A person's own page on a platform that has one: what goes on, what waits for them, what it has cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model.conversations import Address
from bot.model.posts import ButtonView


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing on the page; an adapter shows all of it or says how many it left out."""

    title: str  # plain words
    text: str = ""  # Markdown
    footer: str = ""  # one small line
    buttons: tuple[ButtonView, ...] = ()
    place: Address | None = None  # the conversation it is talked about in


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    entries: tuple[Entry, ...] = ()
    empty: str = ""  # said when there is no entry
    more: int = 0  # that are not listed


@dataclass(frozen=True, slots=True)
class Dashboard:
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Home:
    """That somebody has opened their page, so that it is kept as things are."""

    id: str  # chat:account
    conversation: str  # their private one, whose buttons stand on the page
    person: str
    opened_at: datetime
    shown: str = ""  # what it shows, as a hash
