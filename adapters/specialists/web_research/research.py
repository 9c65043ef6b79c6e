"""One question from its first search to its report: loop, last words, check, one repair."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import Final

from adapters.specialists.web_research.asking import Asking
from adapters.specialists.web_research.bounds import Bounds
from adapters.specialists.web_research.notebook import Notebook, Reported
from adapters.specialists.web_research.progress import Progress
from adapters.specialists.web_research.reporting import Circumstances, full_report, report
from adapters.specialists.web_research.telling import Telling
from adapters.specialists.web_research.thinking import NoAnswer, Thinking
from adapters.specialists.web_research.tools import Tools
from adapters.web.fetching import Fetcher
from adapters.web.searching import Searching
from adapters.web.verifying import Draft, Verified, verify
from bot.model.events import Spent

EXCHANGES: Final = 3
"""Earlier questions of the session that the next one is told."""


class Research:
    """One piece of it, until its report."""

    def __init__(
        self,
        question: str,
        book: Notebook,
        bounds: Bounds,
        *,
        thinking: Thinking,
        searching: Searching,
        fetcher: Fetcher,
        last_words_s: float,
        telling: Telling,
        asking: Asking,
    ) -> None:
        self._question, self._book, self._bounds = question, book, bounds
        self._thinking, self._telling = thinking, telling
        self._last_words_s = last_words_s
        self._progress = Progress(telling.tell, pages=len(book.pages))
        self._tools = Tools(question, book, bounds, searching, fetcher, telling, self._progress, asking)
        self._tokens = 0
        self._partial = ""
        self.usd: float | None = 0.0  # of this run; None: not known

    async def reported(self) -> Reported:
        """Raises NoAnswer when the model failed before anything was found."""
        draft = await self._draft()
        self._progress.checks()
        await self._telling.kept()  # what is cited is a row, whatever comes now
        found = self._verified(draft)
        if not found.whole:
            found = await self._repaired(draft, found)
        about = Circumstances(
            self._partial or "; ".join(self._tools.refused),
            tuple(self._tools.passed_over),
            sum(page.dead for page in self._book.pages.values()),
            sum(not (page.good or page.dead) for page in self._book.pages.values()),
        )
        text = report(found, about)
        pages = list(self._book.pages.values())
        reported = Reported(text, full_report(self._question, found, pages, about), bool(about.partial))
        self._book.answered(self._question, found.answer, reported)
        self._progress.is_done()
        return reported

    async def _draft(self) -> Draft:
        tools = (self._tools.web_search, self._tools.web_fetch, self._tools.note, self._tools.ask_person)
        try:
            async with asyncio.timeout(self._bounds.seconds_left()) as self._bounds.deadline:
                draft = await self._thinking.loop(
                    self._words(), tools, self._paid, lambda: not self._bounds.reached()
                )
        except TimeoutError:
            draft = None
        except NoAnswer as error:
            if not self._book.notes:
                raise
            self._partial = str(error).rstrip(".")
            return self._from_notes()
        if draft is not None:
            return draft
        self._partial = self._bounds.reached() or "it went in circles"
        return await self._last_words()

    async def _last_words(self) -> Draft:
        """One call without tools about what there is; should that fail too, the notes speak."""
        words = f"{self._words()}\n\nYou have no tools any more. Write the answer from these notes."
        return await self._written(words) or self._from_notes()

    async def _repaired(self, draft: Draft, found: Verified) -> Verified:
        faults = "\n".join(f"- {fault}" for fault in found.faults)
        words = (
            f"{self._words()}\n\nYour report:\n{json.dumps(asdict(draft), ensure_ascii=False)}\n\n"
            f"These parts do not hold:\n{faults}\n\nWrite it again without them, or with what does hold."
        )
        again = await self._written(words)
        if again is None:
            return found
        better = self._verified(again)
        return better if better.answer or not found.answer else found

    async def _written(self, words: str) -> Draft | None:
        try:
            async with asyncio.timeout(self._last_words_s):
                return await self._thinking.write(words, self._paid)
        except (NoAnswer, TimeoutError):
            return None

    def _verified(self, draft: Draft) -> Verified:
        return verify(draft, self._book.pages.values())

    def _from_notes(self) -> Draft:
        lines = (f"- {note.text} [{number}]" for number, note in enumerate(self._book.notes, 1))
        return Draft("\n".join(lines), tuple(self._book.notes))

    def _words(self) -> str:
        """The question, and what the session has seen already."""
        before = "".join(
            f"Earlier question: {each.question}\nEarlier answer: {each.answer}\n\n"
            for each in self._book.exchanges[-EXCHANGES:]
        )
        notes = "\n".join(f"- {note.text} | {note.url} | “{note.quote}”" for note in self._book.notes)
        pages = "\n".join(f"- {page.url} ({page.title})" for page in self._book.pages.values() if page.good)
        said = "".join(
            f"\n\nYou asked the person: {each.question}\nThey answered: {each.answer}"
            for each in self._book.answers.values()
        )
        seen = f"\n\nNotes so far:\n{notes}" if notes else ""
        seen += (
            f"\n\nPages that were read already, and can be read again at no cost:\n{pages}" if pages else ""
        )
        return f"{before}Question: {self._question}{said}{seen}"

    def _paid(self, tokens: int, usd: float | None) -> None:
        self._bounds.use("tokens", tokens)
        self._bounds.use("dollars", usd or 0.0)
        self._tokens += tokens
        self.usd = None if usd is None or self.usd is None else self.usd + usd
        self._book.paid(tokens, usd)
        self._telling.tell(Spent(self.usd, input_tokens=self._tokens))
