"""Plain models on the rehearsed model server, by their real client library."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from adapters.rehearsal.contracts.specialist_checking import Subject, Watched, watch
from adapters.rehearsal.model_server import ModelServer, Script
from adapters.rehearsal.model_server.script import Rule
from adapters.specialists.completion.settings import CompletionSettings, KnownModel
from adapters.specialists.completion.specialist import Completion
from bot.model.events import Event, Finished, Made, Worked
from bot.model.items import Item, ItemList
from bot.ports import Limits, Work
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


def file_of(watched: Watched) -> str:
    return next(event for event in watched.seen if isinstance(event, Made)).data.decode()


def finished(watched: Watched) -> Finished:
    last = watched.seen[-1]
    assert isinstance(last, Finished), last
    return last


def rows_after(work: Work, seen: Sequence[Event], listed: ItemList, items: Sequence[Item]) -> Work:
    """The same work as the house would hand it to the next run, after these events were stored."""
    by_number = {item.n: item for item in items}
    for event in seen:
        if isinstance(event, Worked):
            _apply(event, by_number)
    return replace(work, listed=listed, items=tuple(by_number.values()))


def _apply(event: Worked, items: dict[int, Item]) -> None:
    from bot.model.items import ItemState

    for n in event.sent:
        items[n] = replace(items[n], state=ItemState.SENT, tries=items[n].tries + 1)
    for end in event.ended:
        state = ItemState.DONE if end.ok else ItemState.FAILED
        items[end.n] = replace(items[end.n], state=state, answer=end.text)
