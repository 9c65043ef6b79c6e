"""The four things that a researcher's model can do; what they return is data, whatever stands there."""

from __future__ import annotations

import re
import secrets
from typing import Final

from adapters.specialists.web_research.asking import Asking
from adapters.specialists.web_research.bounds import Bounds
from adapters.specialists.web_research.notebook import Notebook
from adapters.specialists.web_research.progress import Progress
from adapters.specialists.web_research.reporting import plain
from adapters.specialists.web_research.telling import Telling
from adapters.web.fetching import Fetcher
from adapters.web.records import Hit, WebError
from adapters.web.searching import Searching
from adapters.web.verifying import Claim, Draft, holds_address, verify
from bot.model.events import Fetched, Noted, Used

SHOWN_CHARS: Final = 8_000
"""Of one page at a time; ``find`` shows another part."""
SNIPPET_CHARS: Final = 300
MAX_LINKS: Final = 30
MAX_NOTES: Final = 100
_URL: Final = re.compile(r"https?://[^\s<>\"'`\])]+")


class Tools:
    def __init__(
        self,
        question: str,
        book: Notebook,
        bounds: Bounds,
        searching: Searching,
        fetcher: Fetcher,
        telling: Telling,
        progress: Progress,
        asking: Asking,
    ) -> None:
        self._asking = asking
        self._book, self._bounds, self._telling = book, bounds, telling
        self._progress = progress
        self._searching, self._fetcher, self._tell = searching, fetcher, telling.tell
        questions = [question, *(each.question for each in book.exchanges)]
        self._asked_for = {url.rstrip(".,;:!?") for words in questions for url in _URL.findall(words)}
        self.passed_over: dict[str, None] = {}  # why an engine gave nothing, each reason once
        self.refused: dict[str, None] = {}  # which bound kept it from going on

    async def web_search(self, query: str, most: int = 5) -> str:
        """Search the web. Returns titles, addresses and snippets; a snippet is no source, fetch the page."""
        if not self._bounds.left("searches"):
            return self._no_more("searches")
        self._bounds.use("searches")
        self._book.searches(query)
        shown = _shown(query)
        title = f"searching “{shown}”"
        self._tell(Used("web_search", title, call=f"search {query}"))
        self._progress.begins_search(shown)
        try:
            found = await self._searching.search(query, most)
        except WebError as error:
            self._progress.ends_search()
            self._tell(Used("web_search", title, ok=False))
            self.passed_over[str(error)] = None
            return f"The search failed. {error}{self._bounds.hint()}"
        self._book.found(query, found.hits)
        self._progress.ends_search()
        self.passed_over |= dict.fromkeys(found.passed_over)
        self._tell(Used("web_search", title, ok=True))
        return (
            _fenced("results", "\n".join(_hit(hit) for hit in found.hits) or "Nothing.") + self._bounds.hint()
        )

    async def web_fetch(self, url: str, find: str = "") -> str:
        """Read a page that a search, a page or the person named; ``find`` shows the part around words."""
        page = self._book.pages.get(url)
        if page is None:
            if url not in self._book.known | self._asked_for:
                return (
                    "Only addresses that a search, a page or the person named can be read; this one is yours."
                )
            if not self._bounds.left("fetches"):
                return self._no_more("fetches")
            page = await self._read(url)
        if not page.good:
            why = page.problem or "it says that there is no such page"
            return f"No source: {why}{self._bounds.hint()}"
        return _page(page, find) + self._bounds.hint()

    async def note(self, claim: str, url: str, quote: str) -> str:
        """Keep a finding: what you conclude, the page's address, and the exact words there that prove it."""
        if len(self._book.notes) >= MAX_NOTES:
            return "The notebook is full."
        kept = Claim(_line(claim, 500), url, quote[:1_000])
        checked = verify(Draft(f"{kept.text} [1]", (kept,)), self._book.pages.values())
        if not checked.whole:
            return f"Not kept: {' '.join(checked.faults)}"
        self._book.noted(kept)
        self._tell(Noted(kept.text, kept.url, kept.quote))
        await self._telling.kept()
        return f"Kept as note {len(self._book.notes)}.{self._bounds.hint()}"

    async def ask_person(self, question: str, options: list[str]) -> str:
        """Ask the person who wants the answer what only they can decide; at most four short options."""
        return await self._asking.ask(question, options)

    async def _read(self, url: str) -> Fetched:
        self._bounds.use("fetches")
        self._book.fetches(url)
        count = int(self._bounds.used["fetches"])
        title = f"reading page {count} of at most {self._bounds.fetches}"
        self._tell(Used("web_fetch", title, call=f"fetch {url}"))
        self._progress.asks_for_page()
        page = await self._fetcher.fetch(url)
        self._book.fetched(page)
        self._progress.has_page()
        self._tell(page)
        self._tell(Used("web_fetch", title, ok=page.good))
        await self._telling.kept()  # what the model has seen is a row: no attempt asks for it again
        return page

    def _no_more(self, what: str) -> str:
        self.refused[self._bounds.words(what)] = None
        return f"No more {what}: {self._bounds.words(what)}. Write the answer with what you have."


def _shown(query: str) -> str:
    """The model's words on a card: by now it may have read anything, so nothing in them becomes a link."""
    words = plain(query, 80)
    return "…" if holds_address(words) else words


def _line(text: str, most: int = 100) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _hit(hit: Hit) -> str:
    return f"- {hit.title}\n  {hit.url}\n  {_line(hit.snippet, SNIPPET_CHARS)}"


def _page(page: Fetched, find: str) -> str:
    at = max(page.text.casefold().find(find.casefold()) - SHOWN_CHARS // 4, 0) if find else 0
    part = page.text[at : at + SHOWN_CHARS]
    rest = len(page.text) - at - len(part)
    more = f"\n[{rest} more characters; use find]" if rest > 0 else ""
    links = "\n".join(page.links[:MAX_LINKS])
    words = f"Title: {page.title}\nAddress: {page.final_url}\n\n{part}{more}\n\nLinks:\n{links}"
    return _fenced("page", words)


def _fenced(what: str, words: str) -> str:
    """Marked by what the text cannot know."""
    fence = secrets.token_hex(8)
    return f"<{what} {fence}>\n{words}\n</{what} {fence}>"
