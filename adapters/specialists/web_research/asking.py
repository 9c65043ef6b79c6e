"""What the researcher may want of its person: an answer. The run parks when none comes in time."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Final

from adapters.specialists.web_research.bounds import Bounds
from adapters.specialists.web_research.notebook import Notebook
from adapters.specialists.web_research.reporting import plain
from adapters.specialists.web_research.telling import Telling
from adapters.web.verifying import holds_address
from bot.model.events import Asked
from bot.model.questions import Ask, Option, Question, QuestionKind, Reply

MAX_QUESTIONS: Final = 3
"""Of one session: a person wanted an answer, not a conversation."""
MAX_OPTIONS: Final = 4
MAX_QUESTION_CHARS: Final = 300
MAX_OPTION_CHARS: Final = 60


class Unanswered(Exception):
    """Nobody answered ``request`` in time; no process waits for it any more."""

    def __init__(self, request: str) -> None:
        super().__init__(request)
        self.request = request


class Asking:
    def __init__(self, book: Notebook, bounds: Bounds, telling: Telling, grace_s: float) -> None:
        self._book, self._bounds, self._telling = book, bounds, telling
        self._grace_s = grace_s
        self._waiting: dict[str, asyncio.Future[Reply]] = {}

    async def ask(self, question: str, options: list[str]) -> str:
        """The answer in words, for the model. Raises Unanswered."""
        text = plain(question, MAX_QUESTION_CHARS)
        labels = list(dict.fromkeys(plain(option, MAX_OPTION_CHARS) for option in options[:MAX_OPTIONS]))
        if not text or any(holds_address(words) for words in (question, *options)):
            return "Not asked: a question needs words, and no address in them."
        request = hashlib.sha256("\n".join((self._book.session, text, *labels)).encode()).hexdigest()[:32]
        if request not in self._book.answers:
            if len(self._book.answers) >= MAX_QUESTIONS:
                return "Not asked: you have asked enough. Decide yourself and say what you assumed."
            if self._waiting:
                return "Not asked: one question at a time."
            reply = await self._reply(request, Ask(text, text, tuple(Option(label) for label in labels)))
            self._book.told(request, text, words_of(reply))
        return f"They answered: {self._book.answers[request].answer}"

    def answer(self, request: str, reply: Reply) -> bool:
        waiting = self._waiting.get(request)
        if waiting is None or waiting.done():
            return False
        waiting.set_result(reply)
        return True

    async def _reply(self, request: str, ask: Ask) -> Reply:
        """A person may think as long as they like: meanwhile no time of the run passes."""
        waiting = self._waiting[request] = asyncio.get_running_loop().create_future()
        self._telling.tell(Asked(request, QuestionKind.QUESTION, (ask,)))
        try:
            with self._bounds.paused():
                async with asyncio.timeout(self._grace_s):
                    return await waiting
        except TimeoutError:
            raise Unanswered(request) from None
        finally:
            del self._waiting[request]


def words_of(reply: Reply) -> str:
    return "; ".join(words for words in (*reply.answers.values(), reply.text) if words) or "nothing"


def take(book: Notebook, reply: tuple[Question, Reply] | None) -> None:
    """The answer that a run delivers, unless an earlier attempt has taken it."""
    if reply is not None and reply[0].request not in book.answers:
        book.told(reply[0].request, reply[0].text, words_of(reply[1]))
