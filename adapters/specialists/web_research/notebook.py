"""What a session knows: pages and notes from the house's rows, and beside them lines of JSON of its own.

A page and a note are told as events, and the house gives them to every later attempt and run. What only the
researcher needs (addresses that were found, what was asked, answered and paid) is on disk before anything
follows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, Final

from adapters.specialists.journal import Journal
from adapters.web.records import Hit
from adapters.web.verifying import Claim
from bot.model.events import Fetched
from bot.model.gathered import Fetch, Finding

FRESH: Final = timedelta(days=1)
"""A page that was read before is read again: an answer is as of today."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question of the session and what was answered."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Reported:
    """What a run hands over: for the conversation, and as a file."""

    text: str
    file: str
    partial: bool = False


@dataclass(slots=True)
class Used:
    """What a run has used so far, over all of its attempts."""

    amounts: dict[str, float] = field(default_factory=dict[str, float])

    def add(self, what: str, amount: float) -> None:
        self.amounts[what] = self.amounts.get(what, 0.0) + amount


class Notebook:
    def __init__(self, session: str, journal: Journal) -> None:
        self.session = session
        self._journal = journal
        self.pages: dict[str, Fetched] = {}  # by the URL that was asked for
        self.known: set[str] = set()  # URLs that a search or a page named
        self.notes: list[Claim] = []
        self.exchanges: list[Exchange] = []
        self.answers: dict[str, Exchange] = {}  # what the person was asked and said, by request
        self.question = ""  # that was not answered yet
        self.usd: float | None = 0.0  # of all runs; None: not known
        self._run = ""
        self._reports: dict[str, Reported] = {}  # by run
        self._used: dict[str, Used] = {}

    @classmethod
    def open(cls, config_dir: str, session: str) -> Notebook:
        """As it is on disk; empty when there is none yet."""
        book = cls(session, Journal(config_dir, session, durable=True))
        for entry in book._journal.entries():
            book._apply(entry)
        return book

    @property
    def is_new(self) -> bool:
        return self._journal.is_new

    def recall(self, fetches: Iterable[Fetch], findings: Iterable[Finding], now: datetime) -> None:
        """What the house's rows hold of this dispatch: pages that were read or are gone, while fresh."""
        for row in fetches:
            page = Fetched(**{field.name: getattr(row, field.name) for field in fields(Fetched)})
            self.known |= {page.url, page.final_url, *page.links}
            if (page.good or page.dead) and now - page.at < FRESH:
                self.pages[page.url] = page
        read = {url for page in self.pages.values() for url in (page.url, page.final_url)}
        self.notes += [Claim(row.claim, row.url, row.quote) for row in findings if row.url in read]

    def begin(self, run: str, question: str) -> None:
        self._append("begun", run=run, question=question)

    def used(self, run: str) -> dict[str, float]:
        """Searches, fetches, tokens and dollars of that run, over all of its attempts."""
        return dict(self._used[run].amounts) if run in self._used else {}

    def searches(self, words: str) -> None:
        self._append("searches", words=words)

    def found(self, words: str, hits: tuple[Hit, ...]) -> None:
        self._append("found", words=words, urls=[hit.url for hit in hits])

    def fetches(self, url: str) -> None:
        self._append("fetches", url=url)

    def fetched(self, page: Fetched) -> None:
        self.pages[page.url] = page
        self.known |= {page.final_url, *page.links}

    def noted(self, claim: Claim) -> None:
        self.notes.append(claim)

    def paid(self, tokens: int, usd: float | None) -> None:
        self._append("paid", tokens=tokens, usd=usd)

    def told(self, request: str, question: str, answer: str) -> None:
        self._append("told", request=request, question=question, answer=answer)

    def answered(self, question: str, answer: str, reported: Reported) -> None:
        """From here on the run is done: a later attempt of it says the same again and asks no model."""
        self._append("answered", question=question, answer=answer, report=asdict(reported))

    def reported(self, run: str) -> Reported | None:
        return self._reports.get(run)

    def _append(self, kind: str, **fields: object) -> None:
        entry: dict[str, Any] = {"kind": kind, **fields}
        self._journal.append(entry)
        self._apply(entry)

    def _apply(self, entry: dict[str, Any]) -> None:
        match entry:
            case {"kind": "begun", "run": run, "question": question}:
                self._run, self.question = run, question
                self._used.setdefault(run, Used())
            case {"kind": "searches"}:
                self._uses("searches", 1.0)
            case {"kind": "found", "urls": urls}:
                self.known |= set(urls)
            case {"kind": "fetches"}:
                self._uses("fetches", 1.0)
            case {"kind": "paid", "tokens": tokens, "usd": usd}:
                self._uses("tokens", tokens)
                self._uses("dollars", usd or 0.0)
                self.usd = None if usd is None or self.usd is None else self.usd + usd
            case {"kind": "told", "request": request, "question": question, "answer": answer}:
                self.answers[request] = Exchange(question, answer)
            case {"kind": "answered", "question": question, "answer": answer, "report": report}:
                self._reports[self._run] = Reported(**report)
                self.exchanges.append(Exchange(question, answer))
                self.question = ""
            case _:
                pass  # of another version

    def _uses(self, what: str, amount: float) -> None:
        self._used.setdefault(self._run, Used()).add(what, amount)
