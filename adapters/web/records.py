"""What a fetch leaves behind and what a search finds; nothing else counts as a source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Fetched:
    """One page as it was asked for, whatever came of it."""

    url: str  # as asked for
    final_url: str  # after redirects
    at: datetime
    status: int = 0  # 0: there was no answer
    sha256: str = ""  # of the bytes, unpacked
    title: str = ""
    text: str = ""  # what a person would read
    links: tuple[str, ...] = ()
    truncated: bool = False  # there was more text
    missing: bool = False  # says "not found" with a status that does not
    problem: str = ""  # one sentence; empty when the page was read

    @property
    def good(self) -> bool:
        """It may be cited."""
        return 200 <= self.status < 300 and not self.missing and not self.problem

    @property
    def dead(self) -> bool:
        """There is no such page any more, whether its status says so or its words."""
        return self.missing or self.status in (404, 410)


@dataclass(frozen=True, slots=True)
class Hit:
    """One result of a search: a place to look, never a source by itself."""

    title: str
    url: str
    snippet: str = ""
    published: str = ""


class WebError(Exception):
    """Why a page or a search gave nothing: one sentence."""
