"""What a session was asked, has answered and has cost: lines of JSON, with the operating system at once.

A later run knows the earlier exchanges, and an attempt after a crash finds the answer that was paid for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from adapters.specialists.journal import Journal


@dataclass(frozen=True, slots=True)
class Exchange:
    run: str
    question: str
    answer: str


class Session:
    def __init__(self, id: str, journal: Journal) -> None:
        self.id = id
        self._journal = journal
        self.exchanges: list[Exchange] = []
        self.asked: dict[str, str] = {}  # by run, what has no answer yet
        self.usd: float | None = 0.0  # of all runs; None: not known
        self.dearest: float | None = None  # of one request; None: none had a price yet

    @classmethod
    def open(cls, config_dir: str, id: str) -> Session:
        """As it is on disk; empty when there is none yet."""
        session = cls(id, Journal(config_dir, id, durable=False))
        for entry in session._journal.entries():
            session._apply(entry)
        return session

    @property
    def is_new(self) -> bool:
        return self._journal.is_new

    def begin(self, run: str, question: str) -> None:
        if run not in self.asked:
            self._append("asked", run=run, question=question)

    def left_open(self, run: str) -> list[str]:
        """What earlier runs were asked and could not answer, parked or failed as they were."""
        return [question for earlier, question in self.asked.items() if earlier != run]

    def paid(self, usd: float | None) -> None:
        """None: nobody told, and the dearest request so far is counted, if there is one."""
        usd = self.dearest if usd is None else usd
        self._append("paid", usd=usd)

    def answered(self, run: str, question: str, answer: str) -> None:
        self._append("answered", run=run, question=question, answer=answer)

    def answer_of(self, run: str) -> str | None:
        return next((each.answer for each in self.exchanges if each.run == run), None)

    def _append(self, kind: str, **fields: object) -> None:
        entry: dict[str, Any] = {"kind": kind, **fields}
        self._journal.append(entry)
        self._apply(entry)

    def _apply(self, entry: dict[str, Any]) -> None:
        match entry:
            case {"kind": "paid", "usd": usd}:
                self.usd = None if usd is None or self.usd is None else self.usd + usd
                if usd:
                    self.dearest = max(self.dearest or 0.0, usd)
            case {"kind": "answered", "run": run, "question": question, "answer": answer}:
                self.exchanges.append(Exchange(run, question, answer))
                self.asked.clear()
            case {"kind": "asked", "run": run, "question": question}:
                self.asked[run] = question
            case _:
                pass
