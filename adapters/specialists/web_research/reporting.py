"""What people read of a research: the answer, its numbered sources, and what was left out and why."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from adapters.web.verifying import Verified, holds_address
from bot.model.events import Fetched

NOTHING: Final = "I found nothing that could be verified."
MAX_TITLE_CHARS: Final = 100
_SAID_OF_PAGES: Final = ("dead links", "sources that could not be read")
_ONE: Final = {
    "sources that were never read": "source that was never read",
    "quotes that are not on their page": "quote that is not on its page",
    "statements that could not be verified": "statement that could not be verified",
    "open questions with unverified details": "open question with unverified details",
}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else is to be said about it."""

    partial: str = ""  # why it is not whole
    passed_over: tuple[str, ...] = ()  # engines that gave nothing
    dead: int = 0  # links that lead to no page any more
    unread: int = 0  # pages that could not be read


def report(found: Verified, about: Circumstances) -> str:
    """Markdown for the conversation."""
    parts = [f"**Partial answer:** {about.partial}." if about.partial else "", found.answer or NOTHING]
    if found.sources:
        lines = (f"{number}. {_source(page)}" for number, page in enumerate(found.sources, 1))
        parts.append("**Sources**\n" + "\n".join(lines))
        parts.append(f"Confidence: {found.confidence}.")
    if found.open_questions:
        parts.append("Still open:\n" + "\n".join(f"- {plain(words, 300)}" for words in found.open_questions))
    parts.append("\n".join(_left_out(found, about)))
    return "\n\n".join(part for part in parts if part)


def full_report(question: str, found: Verified, fetches: Sequence[Fetched], about: Circumstances) -> str:
    """The same with each quote and everything that was asked for, as a file."""
    quotes = "\n".join(f"- [{number}] “{plain(claim.quote, 1_000)}”" for number, claim in found.quotes)
    asked = "\n".join(f"- {_outcome(page)}: {_address(page.final_url)}" for page in fetches)
    return (
        f"# Question\n\n{question}\n\n# Answer\n\n{report(found, about)}\n\n"
        f"# Quotes\n\n{quotes or 'None.'}\n\n# Pages that were asked for\n\n{asked or 'None.'}\n"
    )


def plain(text: str, most: int) -> str:
    """Words of a stranger in one line, without anything that Markdown or a chat would act on."""
    shown = "".join(char for char in text if unicodedata.category(char)[0] != "C" or char.isspace())
    shown = re.sub(r"[\[\]<>`*_|~\\@#]|\w+://", " ", shown)
    line = " ".join(shown.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _source(page: Fetched) -> str:
    host = urlsplit(page.final_url).hostname or ""
    title = plain(page.title, MAX_TITLE_CHARS)
    if not title or holds_address(
        page.title
    ):  # a stranger's link has no place beside the address that was read
        title = host
    return f"{title} · {host} · read {page.at:%Y-%m-%d} · {_address(page.final_url)}"


def _address(url: str) -> str:
    """As it is, without what would end a link or begin a format."""
    return quote(url, safe="/:?#&=%+,;@!$-.~")


def _outcome(page: Fetched) -> str:
    if page.good:
        return f"{page.status}, sha256 {page.sha256[:16]}"
    return f"not used ({plain(page.problem, 200) or 'it says that there is no such page'})"


def _counted(count: int, what: str) -> str:
    """``what`` is said of several; of one the plural goes."""
    return f"{count} {what}" if count != 1 else f"1 {_ONE.get(what, what.removesuffix('s'))}"


def _left_out(found: Verified, about: Circumstances) -> Iterable[str]:
    if about.dead:
        yield f"{_counted(about.dead, 'dead links')} dropped."
    removed = {what: count for what, count in found.removed.items() if what not in _SAID_OF_PAGES}
    if removed:
        yield "Left out: " + ", ".join(_counted(count, what) for what, count in removed.items()) + "."
    if about.unread:
        yield f"{_counted(about.unread, 'pages')} could not be read (refused, too slow, or no text)."
    for reason in about.passed_over:
        yield plain(reason, 300)
