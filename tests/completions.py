"""Plain models on the rehearsed model server, by their real client library."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from adapters.rehearsal.contracts.specialist_checking import Subject, Watched, watch
from adapters.rehearsal.model_server import ModelServer, Script
from adapters.rehearsal.model_server.script import Rule
from adapters.specialists.completion.entry import completion_settings
from adapters.specialists.completion.settings import CompletionSettings, KnownModel
from adapters.specialists.completion.specialist import Completion
from bot.model.events import Finished, Made
from bot.ports import Limits, Work
from bot.settings import Settings
from tests import works

MODEL: Final = "openai:gpt-5-mini"


def work_in(directory: Path, **changes: Any) -> Work:
    usual = {"project": "texts", "permission_mode": "plan", "limits": Limits(timeout_s=100.0, usd=None)}
    return works.work_in(directory, **(usual | changes))


@dataclass
class Ground:
    server: ModelServer
    directory: Path
    made: list[Completion] = field(default_factory=list[Completion])

    def settings(self, **changes: Any) -> CompletionSettings:
        known = {MODEL: KnownModel("sk-planted", self.server.openai_url)}
        return replace(CompletionSettings(MODEL, known, pause_s=0.01, longest_pause_s=5.0), **changes)

    def specialist(self, **changes: Any) -> Completion:
        self.made.append(Completion(self.settings(**changes)))
        return self.made[-1]

    async def run(self, prompt: str, *, work: Work | None = None, **changes: Any) -> Watched:
        """To its end."""
        subject = Subject(self.specialist(**changes), work or work_in(self.directory), nobody)
        watched = await watch(subject, prompt)
        await watched.rest()
        return watched

    @property
    def calls(self) -> int:
        return len(list(self.server.journal))


async def nobody() -> Sequence[str]:
    return ()


@asynccontextmanager
async def ground(directory: Path, *rules: Rule, **script: Any) -> AsyncGenerator[Ground]:
    async with ModelServer(Script(rules=rules, **script)) as server:
        here = Ground(server, directory)
        try:
            yield here
        finally:
            for specialist in here.made:
                await specialist.close()


def answering(settings: Settings, answers: Mapping[str, str]) -> Completion:
    """Plain models in memory, which answer by the first expression that is found in what they are told."""

    def reply(messages: list[ModelMessage], _info: AgentInfo) -> ModelResponse:
        words = str(messages[-1].parts[-1].content)  # type: ignore[union-attr]  # the request's own part
        found = next((text for when, text in answers.items() if re.search(when, words)), "")
        if found == "fails":
            raise ModelHTTPError(400, "rehearsed")
        return ModelResponse(parts=[TextPart(found or "I do not know.")])

    known = completion_settings(settings, "completion")
    return Completion(replace(known, pause_s=0.0), connect=lambda _model, _known: FunctionModel(reply))


def file_of(watched: Watched) -> str:
    return next(event for event in watched.seen if isinstance(event, Made)).data.decode()


def finished(watched: Watched) -> Finished:
    last = watched.seen[-1]
    assert isinstance(last, Finished), last
    return last
