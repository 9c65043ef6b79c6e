"""What a session has seen, said and paid: lines of JSON, each on disk before anything follows.

A later run, or the same one after a crash, finds its pages and notes here and asks nobody for them again.
"""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from adapters.web.records import Fetched, Hit
from adapters.web.verifying import Claim


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question of the session and what was answered."""

    question: str
    answer: str


class Notebook:
    def __init__(self, session: str, path: Path) -> None:
        self.session = session
        self.path = path
        self.pages: dict[str, Fetched] = {}  # by the URL that was asked for
        self.known: set[str] = set()  # URLs that a search or a page named
        self.notes: list[Claim] = []
        self.exchanges: list[Exchange] = []
        self.usd: float | None = 0.0  # of all runs; None: not known

    @classmethod
    def open(cls, config_dir: str, session: str) -> Notebook:
        """As it is on disk; empty when there is none yet. A line that a crash tore in two never happened."""
        book = cls(session, Path(config_dir, "sessions", f"{uuid.UUID(session)}.jsonl"))
        if book.path.exists():
            data = book.path.read_bytes()
            whole = data[: data.rfind(b"\n") + 1]
            if len(whole) < len(data):
                os.truncate(book.path, len(whole))
            for line in whole.decode().splitlines():
                book._apply(json.loads(line))
        return book

    @property
    def is_new(self) -> bool:
        return not self.path.exists()

    def begin(self, run: str) -> None:
        self._append("begun", run=run)

    def found(self, words: str, hits: tuple[Hit, ...]) -> None:
        self._append("found", words=words, urls=[hit.url for hit in hits])

    def fetched(self, page: Fetched) -> None:
        self._append("fetched", page=asdict(page) | {"at": page.at.isoformat()})

    def noted(self, claim: Claim) -> None:
        self._append("noted", claim=asdict(claim))

    def paid(self, usd: float | None) -> None:
        self._append("paid", usd=usd)

    def answered(self, question: str, answer: str) -> None:
        self._append("answered", question=question, answer=answer)

    def _append(self, kind: str, **fields: object) -> None:
        entry: dict[str, Any] = {"kind": kind, **fields}
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            file.write(f"{json.dumps(entry)}\n".encode())
            file.flush()
            os.fsync(file.fileno())
        self._apply(entry)

    def _apply(self, entry: dict[str, Any]) -> None:
        match entry:
            case {"kind": "found", "urls": urls}:
                self.known |= set(urls)
            case {"kind": "fetched", "page": stored}:
                page = Fetched(**stored)
                page = replace(page, at=datetime.fromisoformat(stored["at"]), links=tuple(page.links))
                self.pages[page.url] = page
                self.known |= {page.final_url, *page.links}
            case {"kind": "noted", "claim": claim}:
                self.notes.append(Claim(**claim))
            case {"kind": "paid", "usd": usd}:
                self.usd = None if usd is None or self.usd is None else self.usd + usd
            case {"kind": "answered", "question": question, "answer": answer}:
                self.exchanges.append(Exchange(question, answer))
            case _:
                pass  # begun, for the reader of the file
