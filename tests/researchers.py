"""A researcher on the miniature web, with a model that says what a test wants."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from adapters.rehearsal.contracts.specialist_checking import Subject, Watched, gathered, watch
from adapters.rehearsal.miniature_web import MiniatureWeb
from adapters.rehearsal.miniature_web.content import SITES, Paper, article
from adapters.specialists.web_research.settings import ResearchSettings
from adapters.specialists.web_research.specialist import WebResearch
from adapters.web.fetching import Fetcher, FetchLimits
from adapters.web.searching import Provider
from bot.model.events import Finished, Made
from bot.ports import Limits, Work
from tests import works

QUICK: Final = FetchLimits(pause_s=0.0, deadline_s=100.0)
BEST: Final = "http://kettles.example/best"
QUOTE: Final = "boils half a litre in 142 seconds and costs 45 euros"
PROOF: Final = {"text": "The Alder Mini costs 45 euros.", "url": BEST, "quote": QUOTE}

Call = tuple[str, dict[str, Any]]


def search(words: str = "best travel kettles") -> Call:
    return "web_search", {"query": words}


def fetch(url: str = BEST) -> Call:
    return "web_fetch", {"url": url}


def note(**changes: str) -> Call:
    return "note", {"claim": PROOF["text"], "url": BEST, "quote": QUOTE} | changes


def says(answer: str, *claims: dict[str, str], **more: Any) -> Call:
    return "final_result", {"answer": answer, "claims": list(claims or (PROOF,)), "confidence": "high"} | more


@dataclass
class Model:
    """Plays ``steps`` in its loop, the last one for ever, and ``written`` where it has no tools."""

    steps: Sequence[Sequence[Call] | Exception]
    written: Sequence[Call | Exception] = ()
    writes: int = 0
    heard: list[str] = field(default_factory=list[str])  # everything that it was told, call by call
    tools: set[str] = field(default_factory=set[str])  # that it was ever offered

    def connect(self) -> FunctionModel:
        return FunctionModel(self._reply)

    def _reply(self, messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        self.heard.append(str(messages))
        self.tools |= {tool.name for tool in info.function_tools}
        if info.function_tools:
            turn = sum(message.kind == "response" for message in messages)
            return _response(self.steps[min(turn, len(self.steps) - 1)])
        self.writes += 1
        wanted = self.written[min(self.writes, len(self.written)) - 1] if self.written else says("")
        return _response(wanted if isinstance(wanted, Exception) else [wanted])


def _response(wanted: Sequence[Call] | Exception) -> ModelResponse:
    if isinstance(wanted, Exception):
        raise wanted
    return ModelResponse(parts=[ToolCallPart(name, arguments) for name, arguments in wanted])


def work_in(directory: Path, **changes: Any) -> Work:
    """A question for a researcher."""
    usual = {
        "prompt": "Which travel kettle is the best?",
        "project": "research",
        "permission_mode": "plan",
        "limits": Limits(timeout_s=100.0, usd=None),
    }
    return works.work_in(directory, **(usual | changes))


SITES_AND_MORE: Final[dict[str, dict[str, Paper]]] = SITES | {
    "evil.example": SITES["evil.example"] | {"/drip": article("A drip", "It takes long.")},
    "hello.example": {
        "/": article(
            "A greeting",
            "We say hello to everybody who comes in by the front door of our house.",
            "It is painted red or blue, as you like it.",
        ),
    },
}


@dataclass
class Ground:
    """The web, a model and a directory."""

    web: MiniatureWeb
    directory: Path

    def specialist(self, connect: Callable[[], Any] | None, **changes: Any) -> WebResearch:
        settings = ResearchSettings("openai:gpt-5-mini", search=(Provider("searxng", self.web.search_url),))
        fetcher = Fetcher(QUICK, network=self.web.network)
        return WebResearch(replace(settings, **changes), fetcher=fetcher, connect=connect)

    async def run(self, model: Model, work: Work | None = None, **changes: Any) -> Watched:
        """To its end."""
        specialist = self.specialist(model.connect, **changes)
        subject = Subject(specialist, work or work_in(self.directory), nobody)
        watched = await watch(subject, subject.work.prompt)
        await watched.rest()
        await specialist.close()
        return watched


async def nobody() -> Sequence[str]:
    return ()


def later(first: Work, *watched: Watched, run: str = "d1/2", **changes: Any) -> Work:
    """The dispatch's next run: the house gives it what the runs before told of pages and notes."""
    seen = [event for each in watched for event in each.seen]
    return replace(first, run=run, resume=True, **gathered(first, seen) | changes)


def text_of(watched: Watched) -> str:
    last = watched.seen[-1]
    assert isinstance(last, Finished), last
    return last.text


def file_of(watched: Watched) -> str:
    return next(event for event in watched.seen if isinstance(event, Made)).data.decode()


@asynccontextmanager
async def ground(directory: Path) -> AsyncGenerator[Ground]:
    async with MiniatureWeb(SITES_AND_MORE) as web:
        yield Ground(web, directory)
