"""What a researcher gathered for a dispatch: the pages that were asked for, and what was noted from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Fetch:
    """One page as it was asked for, whatever came of it; only such a page can be cited."""

    id: str
    dispatch: str
    run: str
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


@dataclass(frozen=True, slots=True)
class Finding:
    """A statement with the words of a page that prove it."""

    id: str
    dispatch: str
    run: str
    at: datetime
    claim: str
    url: str
    quote: str
