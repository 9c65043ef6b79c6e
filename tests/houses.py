"""A real house for tests that break things: this process, the scripted chat and specialist, real time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import uuid4

from adapters.rehearsal.scripted_chat import Platform, ScriptedChat
from adapters.rehearsal.scripted_specialist import ScriptedSpecialist
from adapters.rehearsal.scripted_specialist.play import play_of
from bot.app import RunningHouse, open_house
from bot.model.conversations import Address, Wrote
from bot.model.people import Identity
from bot.ports import Store, Unit
from bot.settings import Settings, settings_of

CHAT: Final = "scripted"
PATIENCE_S: Final = 20.0
LOOK_EVERY_S: Final = 0.02

N = TypeVar("N")

PLAY: Final[dict[str, Any]] = {
    "rules": [
        {"when": r"utter (?P<word>\w+)", "steps": [{"say": "It said {{word}}."}]},
        {
            "when": "pick a colour",
            "steps": [
                {"ask": "Which colour?", "options": ["red", "blue"]},
                {"write": "chosen.txt", "text": "{{answer}}\n", "append": True},
                {"say": "It chose {{answer}}."},
            ],
        },
        {"when": "think for ever", "steps": [{"use": "thinks", "seconds": 3600.0}]},
    ],
    "otherwise": "Did: {{prompt}}",
}


def tables(directory: Path, *, database: str | None = None, **more: Mapping[str, Any]) -> dict[str, Any]:
    """What frontdesk.toml would say: ann is admin, bob a viewer, one project whose worker plays."""
    (directory / "api").mkdir(exist_ok=True)
    frontdesk = {"home": str(directory / "home")} | ({"database": database} if database else {})
    return {
        "frontdesk": frontdesk,
        "secretary": {"model": "rules"},
        "people": {
            "ann": {"role": "admin", "accounts": {CHAT: "ann"}},
            "bob": {"role": "viewer", "accounts": {CHAT: "bob"}},
        },
        "projects": {"api": {"directory": "api", "specialist": "scripted", "permission_mode": "acceptEdits"}},
        "specialists": {"scripted": {}},
        "budgets": {"person_day_usd": 1000.0, "total_day_usd": 1000.0, "total_month_usd": 1000.0},
        **more,
    }


@dataclass(frozen=True, slots=True)
class Household:
    """A running house and the people around it."""

    running: RunningHouse
    settings: Settings
    platform: Platform

    @property
    def store(self) -> Store:
        return self.running.desk.house.store

    def shown(self, where: str | None = None) -> list[str]:
        """What people read, in order."""
        return [message.text for message in self.platform.messages(where)]

    async def until(self, reached: Callable[[], bool]) -> None:
        await self.platform.until(reached, PATIENCE_S)

    async def until_said(self, words: str, where: str | None = None) -> None:
        await self.until(lambda: any(words in text for text in self.shown(where)))

    async def rows(self, kind: type[N], **equals: Any) -> list[N]:
        async with self.store.reading() as unit:
            return await unit.find(kind, **equals)

    async def until_rows(
        self, reached: Callable[[Unit], Awaitable[bool]], *, patience_s: float = PATIENCE_S
    ) -> None:
        """Look at the rows until they are as they should be."""
        async with asyncio.timeout(patience_s):
            while True:
                async with self.store.reading() as unit:
                    if await reached(unit):
                        return
                await asyncio.sleep(LOOK_EVERY_S)


def wrote(text: str, *, by: str = "ann", where: str = "main", key: str = "", **more: Any) -> Wrote:
    return Wrote(Identity(CHAT, by), Address(CHAT, where), key or f"{CHAT}:{uuid4().hex}", text, by, **more)


@asynccontextmanager
async def open_household(
    directory: Path,
    configuration: Mapping[str, Any],
    *,
    play: Mapping[str, Any] = PLAY,
    environ: Mapping[str, str] | None = None,
    platform: Platform | None = None,
    **options: Any,
) -> AsyncGenerator[Household]:
    """``options`` are those of ``open_house``."""
    settings = settings_of(configuration, environ=environ, directory=directory)
    platform = platform or Platform(name=CHAT)
    given: dict[str, Any] = {
        "chats": {CHAT: ScriptedChat(platform)},
        "specialists": {"scripted": ScriptedSpecialist(play_of(play), home=settings.home)},
        "drain_s": 0.0,
        **options,
    }
    async with open_house(settings, **given) as running:
        yield Household(running, settings, platform)
