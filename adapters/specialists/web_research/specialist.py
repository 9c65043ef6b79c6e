"""The researcher as the house sees it: starts runs, says whether it is fit."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from adapters.specialists.web_research.asking import Asking, take
from adapters.specialists.web_research.bounds import Bounds
from adapters.specialists.web_research.notebook import Notebook
from adapters.specialists.web_research.research import Research
from adapters.specialists.web_research.run import ResearchRun
from adapters.specialists.web_research.settings import ResearchSettings
from adapters.specialists.web_research.telling import Telling
from adapters.specialists.web_research.thinking import Thinking
from adapters.web.fetching import Fetcher
from adapters.web.searching import Searching
from bot.errors import Reason, SpecialistError
from bot.ports import Ability, Health, Work

if TYPE_CHECKING:
    from pydantic_ai.models import Model

LOST: Final = "What was asked and answered before was lost; this session starts from a summary."
GO_ON: Final = "Go on where you stopped."
_NEEDED: Final = {"trafilatura": "web", "pypdf": "web", "pydantic_ai": "models"}


class WebResearch:
    """``fetcher`` and ``connect`` are for a rehearsal; they are arguments that no configuration can name."""

    def __init__(
        self,
        settings: ResearchSettings,
        *,
        name: str = "web-research",
        fetcher: Fetcher | None = None,
        connect: Callable[[], Model] | None = None,
    ) -> None:
        self.name: Final = name
        self.abilities: Final = frozenset(
            {Ability.RESUME, Ability.ASK, Ability.PARK, Ability.PLAN, Ability.COST, Ability.WEB}
        )
        self._settings = settings
        self._fetcher = fetcher or Fetcher()
        self._searching = Searching(settings.search)
        self._thinking = Thinking(settings, connect)

    async def start(self, work: Work) -> ResearchRun:
        if not Path(work.directory).is_dir():
            raise SpecialistError(
                f"The directory {work.directory} of [projects.{work.project}] does not exist; create it, or "
                "correct frontdesk.toml.",
                reason=Reason.NOT_FOUND,
            )
        self._refuse_without_libraries()
        book, note = Notebook.open(work.config_dir, work.session), ""
        if work.resume and book.is_new:
            book, note = Notebook.open(work.config_dir, str(uuid.uuid4())), LOST
        earlier = [work.summary] if note else [book.question] if book.question != work.prompt else []
        question = "\n\n".join(filter(None, [*earlier, work.prompt])) or GO_ON
        book.begin(work.run, question)
        take(book, work.reply)
        book.recall(work.fetches, work.findings, datetime.now(UTC))
        return ResearchRun(
            work,
            book,
            lambda telling: self._research(question, work, book, telling),
            model=self._settings.model,
            note=note,
        )

    async def health(self) -> Health:
        missing = _missing()
        if missing:
            remedy = f"Install frontdesk[{_NEEDED[missing[0]]}]."
            return Health(False, f"{', '.join(missing)} is not installed.", remedy)
        engines = ", ".join(provider.kind for provider in self._settings.search)
        return Health(True, f"{self._settings.model} with {engines}; it is asked when it works.")

    async def close(self) -> None:
        await self._thinking.close()

    def _research(
        self, question: str, work: Work, book: Notebook, telling: Telling
    ) -> tuple[Research, Asking]:
        wanted = self._settings
        bounds = Bounds(
            searches=wanted.searches,
            fetches=wanted.fetches,
            tokens=wanted.tokens,
            seconds=wanted.seconds,
            usd=work.limits.usd,
            clock=time.monotonic,
            used=book.used(work.run),
        )
        asking = Asking(book, bounds, telling, work.limits.grace_s)
        research = Research(
            question,
            book,
            bounds,
            thinking=self._thinking,
            searching=self._searching,
            fetcher=self._fetcher,
            last_words_s=wanted.last_words_s,
            telling=telling,
            asking=asking,
        )
        return research, asking

    def _refuse_without_libraries(self) -> None:
        if missing := _missing():
            extra = _NEEDED[missing[0]]
            raise SpecialistError(
                f"The researcher needs {missing[0]}; install frontdesk[{extra}].", reason=Reason.NOT_FOUND
            )


def _missing() -> list[str]:
    return [name for name in _NEEDED if find_spec(name) is None]
