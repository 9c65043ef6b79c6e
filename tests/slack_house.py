"""A real house on the rehearsed Slack: the real adapter, store and engine, a scripted specialist."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from adapters.chats.slack.chat import SlackChat
from adapters.rehearsal.scripted_specialist import ScriptedSpecialist
from adapters.rehearsal.scripted_specialist.play import play_of
from adapters.rehearsal.slack_api import Channel, Person, SlackApi
from bot import rules
from bot.app import RunningHouse, open_house
from bot.brief import Brief
from bot.desk import Desk
from bot.model.decisions import Decision
from bot.model.people import Role
from bot.ports import Chat, Unit
from tests.slack_chats import settings_for
from tests.story_house import story_settings

PLAY: Final[Mapping[str, Any]] = {
    "rules": [
        {
            "when": "fix the server",
            "steps": [
                {"ask": "Which port?", "options": ["8080", "9090"]},
                {"say": "It listens on {{answer}}."},
            ],
        },
        {
            "when": "clean up the build",
            "steps": [
                {"approve": "Bash", "input": {"command": "rm -rf build"}},
                {"say": "The build directory: {{answer}}."},
            ],
        },
        {"when": "fix the parser", "steps": [{"say": "Fixed."}]},
    ]
}


@dataclass
class SlackHouse:
    slack: SlackApi
    running: RunningHouse
    decided: list[str] = field(default_factory=list[str])  # what the secretary was asked about

    @property
    def desk(self) -> Desk:
        return self.running.desk

    def reads(self, channel: Channel, thread: str | None = None) -> str:
        """All that stands there by us now."""
        ours = self.slack.workspace.bot.id
        return "\n".join(each.text for each in self.slack.shown(channel, thread) if each.user == ours)

    async def until_shown(self, words: str, channel: Channel, thread: str | None = None) -> None:
        try:
            await self.slack.record.until(lambda: words in self.reads(channel, thread), 60.0)
        except TimeoutError:
            raise AssertionError(f"no {words!r} in:\n{self.reads(channel, thread)}") from None

    async def count(self, *kinds: type[Any]) -> int:
        """Rows of these kinds."""
        async with self.desk.house.store.reading() as unit:
            return sum([len(await _all(unit, kind)) for kind in kinds])


async def _all(unit: Unit, kind: type[Any]) -> list[Any]:
    return list(await unit.find(kind))


@asynccontextmanager
async def house_on(
    slack: SlackApi,
    directory: Path,
    *people: tuple[Person, Role],
    called: bool = False,
    others: Mapping[str, tuple[Chat, Mapping[str, object]]] = {},
    **tables: Any,
) -> AsyncGenerator[SlackHouse]:
    """``people``: who is known, with their role; everybody else is a stranger. ``others``: further chats,
    each with the accounts that people have there."""
    known: dict[str, Any] = {
        each.user.name.lower(): {"role": str(role), "slack": each.account, "accounts": {}}
        for each, role in people
    }
    for name, (_, accounts) in others.items():
        for id, account in accounts.items():
            known[id][name] = account
    named: dict[str, Any] = {name: {} for name in ("slack", *others)}
    settings = story_settings({"people": known, "chats": named, **tables}, directory)
    decided: list[str] = []

    async def decide(brief: Brief) -> Decision:
        decided.append(brief.message.text)
        return rules.decide(brief)

    chat = SlackChat(settings_for(slack, called=called))
    house = open_house(
        settings,
        chats={"slack": chat, **{name: other for name, (other, _) in others.items()}},
        specialists={"scripted": ScriptedSpecialist(play_of(PLAY), home=settings.home)},
        decide=decide,
        drain_s=0.0,
    )
    try:
        async with house as running:
            yield SlackHouse(slack, running, decided)
    finally:
        await chat.close()
