"""What of an answer is true to the pages: decided by code, after the model and without it.

A model hands over statements, each with a URL and a quote, and an answer whose lines name their statements,
"[2]". It may invent all of it, so a line is kept only when

* each statement that it names rests on a page of this very dispatch that was read with success,
* that statement's quote stands in the page's text,
* its figures and everything it puts in quotation marks or italics stand in the pages that it names,
* and it holds no address and no link of its own: addresses and titles are written by code, from the records.

Whether a quote proves its statement is for people to judge: they get both.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from adapters.web.addresses import target
from adapters.web.records import WebError
from bot.model.events import Fetched

MIN_QUOTE_CHARS: Final = 15
"""A shorter quote stands on every page."""

_FOLDED: Final = str.maketrans(
    {"‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "`": "'"}
    | dict.fromkeys("“”„‟″«»‹›「」", '"')
    | dict.fromkeys("‐‑‒–—―−", "-")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff|*_#", "")
)
_ADDRESS: Final = re.compile(
    r"[a-z][a-z0-9+.-]*://|\bwww\.|[\[\]]|<[a-z/!]|[\w.+-]+@[\w-]+\.\w"
    r"|\b(?:[\w-]+\.)+(?!(?:js|json|toml|yaml|csv|txt|pdf|html|css)\b)[^\W\d][\w-]+|\b\d{1,3}(?:\.\d{1,3}){3}\b",
    re.IGNORECASE,
)
"""A link, a bracket, a name that a chat would turn into a link; Node.js and report.pdf are none."""
_QUOTED: Final = re.compile(
    r"[\"“„«‟″]([^\"”“»‟″\n]{3,})[\"”“»‟″]|(?<!\w)['‘‚‹]([^'’‘›\n]{3,})['’‘›](?!\w)|(?<![*\w])[*]([^*\n]{3,})[*]|(?<!\w)_([^_\n]{3,})_(?!\w)"
)
_MARKS: Final = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")
_FIGURE: Final = re.compile(r"\d+(?:[.,'’]\d+)*")


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement of the model, with the place that is said to prove it."""

    text: str
    url: str
    quote: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What a model hands over."""

    answer: str  # Markdown; each line ends with the numbers of its claims, from 1
    claims: tuple[Claim, ...]
    open_questions: tuple[str, ...] = ()
    confidence: str = "low"  # low | medium | high


@dataclass(frozen=True, slots=True)
class Verified:
    """What is left of it; ``faults`` are for the model, ``removed`` for people."""

    answer: str  # marks are numbers of ``sources``
    sources: tuple[Fetched, ...]
    quotes: tuple[tuple[int, Claim], ...]  # each kept claim with its source's number
    open_questions: tuple[str, ...]
    confidence: str
    faults: tuple[str, ...] = ()
    removed: Mapping[str, int] = field(default_factory=dict[str, int])  # what, how many

    @property
    def whole(self) -> bool:
        return not self.faults


def verify(draft: Draft, fetches: Iterable[Fetched]) -> Verified:
    """Pure: the same draft and the same pages give the same answer."""
    return _Verifier(draft, fetches).verified()


def folded(text: str) -> str:
    """Without what typography and line breaks change about the same words."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_FOLDED).casefold().split())


def holds_address(words: str) -> bool:
    """Whether a chat would turn a part of them into a link, or they into one themselves."""
    return _ADDRESS.search(words) is not None


class _Verifier:
    def __init__(self, draft: Draft, fetches: Iterable[Fetched]) -> None:
        self._draft = draft
        self._pages = dict[str, Fetched]()
        for page in fetches:
            for url in (_address(page.url), _address(page.final_url)):
                if page.good or url not in self._pages:
                    self._pages[url] = page
        self._texts = dict[str, str]()
        self._faults: list[str] = []
        self._removed: dict[str, int] = {}

    def verified(self) -> Verified:
        kept = self._kept_claims()
        sources = dict[str, Fetched]()
        lines: list[str] = []
        for line in self._draft.answer.splitlines():
            if line.strip():
                lines += self._line(line, kept, sources)
            elif lines and lines[-1]:
                lines.append("")
        numbers = {url: number for number, url in enumerate(sources, 1)}
        quotes = [(numbers[url], claim) for claim, url in self._cited(kept, numbers)]
        asked = tuple(self._questions())
        return Verified(
            "\n".join(lines).strip(),
            tuple(sources.values()),
            tuple(quotes),
            asked,
            self._draft.confidence if self._draft.confidence in ("low", "medium", "high") else "low",
            tuple(self._faults),
            self._removed,
        )

    def _kept_claims(self) -> dict[int, Fetched]:
        kept: dict[int, Fetched] = {}
        for number, claim in enumerate(self._draft.claims, 1):
            page = self._pages.get(_address(claim.url))
            if page is None:
                self._drop("sources that were never read", f"Claim {number}: {claim.url} was not fetched.")
            elif not page.good:
                why = page.problem or "it says that there is no such page"
                what = "dead links" if page.dead else "sources that could not be read"
                self._drop(what, f"Claim {number}: {claim.url} is no source: {why}")
            elif not self._stands(claim.quote, page):
                self._drop(
                    "quotes that are not on their page", f"Claim {number}: the quote is not on {claim.url}."
                )
            else:
                kept[number] = page
        return kept

    def _stands(self, quote: str, page: Fetched) -> bool:
        """Word by word and in one piece: what "…" leaves out could be the "not"."""
        wanted = folded(quote).strip(" .…")
        return len(wanted) >= MIN_QUOTE_CHARS and wanted in self._text(page)

    def _text(self, page: Fetched) -> str:
        if page.final_url not in self._texts:
            self._texts[page.final_url] = folded(f"{page.title}\n{page.text}")
        return self._texts[page.final_url]

    def _line(self, line: str, kept: Mapping[int, Fetched], sources: dict[str, Fetched]) -> list[str]:
        """The line with its sources' numbers; nothing when it does not hold."""
        claims = [int(number) for marks in _MARKS.findall(line) for number in marks.split(",")]
        pages = [kept[number] for number in claims if number in kept]
        words = _MARKS.sub("", line)
        if fault := self._fault(words, claims, pages):
            self._drop("statements that could not be verified", f"The line “{line.strip()[:80]}”: {fault}")
            return []
        for page in pages:
            sources.setdefault(page.final_url, page)
        order = list(sources)

        def mark(found: re.Match[str]) -> str:
            numbers = {order.index(kept[int(number)].final_url) + 1 for number in found.group(1).split(",")}
            return "".join(f"[{number}]" for number in sorted(numbers))

        return [_MARKS.sub(mark, line).rstrip()]

    def _fault(self, words: str, claims: Sequence[int], pages: Sequence[Fetched]) -> str:
        if not claims:
            return "it names no claim."
        if len(pages) < len(claims):
            return "it names a claim that does not hold."
        if holds_address(words):
            return "it holds an address or a link; name the claim instead."
        texts = [self._text(page) for page in pages]
        if alien := next((quote for quote in _quoted(words) if not _stands_in(quote, texts)), None):
            return f"“{alien[:60]}” is not on a page that it names."
        stated = [self._draft.claims[number - 1].text for number in claims]
        figures = (figure for text in (_without_bullet(words), *stated) for figure in _FIGURE.findall(text))
        if alien := next((figure for figure in figures if not _figure_in(figure, texts)), None):
            return f"the figure {alien} is not on a page that it names."
        return ""

    def _questions(self) -> Iterator[str]:
        """What stays open is the model's own words: without addresses, quotes or figures."""
        for question in self._draft.open_questions:
            words = " ".join(question.split())
            if words and not (holds_address(words) or any(_quoted(words)) or _FIGURE.search(words)):
                yield _MARKS.sub("", words)
            elif words:
                self._drop(
                    "open questions with unverified details", f"Open question “{words[:60]}”: no details."
                )

    def _cited(self, kept: Mapping[int, Fetched], numbers: Mapping[str, int]) -> Iterator[tuple[Claim, str]]:
        for number, page in kept.items():
            if page.final_url in numbers:
                yield self._draft.claims[number - 1], page.final_url

    def _drop(self, what: str, fault: str) -> None:
        self._removed[what] = self._removed.get(what, 0) + 1
        self._faults.append(fault)


def _address(url: str) -> str:
    """The same for the same page: a fragment names a place in it."""
    try:
        return target(url.partition("#")[0].strip()).url
    except WebError:
        return url


def _quoted(words: str) -> Iterator[str]:
    for found in _QUOTED.finditer(words.replace("**", "")):
        yield next(group for group in found.groups() if group)


def _stands_in(quote: str, texts: Sequence[str]) -> bool:
    wanted = folded(quote).strip(" .,;:!?")
    return any(wanted in text for text in texts)


def _figure_in(figure: str, texts: Sequence[str]) -> bool:
    wanted = re.compile(rf"(?<![\d.,]){re.escape(folded(figure))}(?!\d|[.,]\d)")
    return any(wanted.search(text) for text in texts)


def _without_bullet(words: str) -> str:
    return re.sub(r"^\s*(\d{1,2}[.)]|[-*+])\s+", "", words)
