"""The house of a story: a real one, with a scripted specialist and a clock that only the story moves."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from adapters.chats.pace import Line
from adapters.chats.terminal.chat import NAME as TERMINAL
from adapters.chats.terminal.chat import TerminalChat
from adapters.rehearsal.bot_api import BotApi, Rules
from adapters.rehearsal.scripted_chat import Platform, ScriptedChat
from adapters.rehearsal.scripted_specialist import ScriptedSpecialist
from adapters.rehearsal.scripted_specialist.play import play_of
from adapters.rehearsal.scripted_specialist.waiting import Time
from adapters.rehearsal.slack_api import Pace, SlackApi
from bot import rules
from bot.app import RunningHouse, open_house
from bot.brief import Brief
from bot.errors import SecretaryError
from bot.house import House
from bot.model.conversations import Address, Conversation, Inbound, Message, MessageState, Receipt
from bot.model.decisions import Decision, Written
from bot.model.dispatches import Dispatch, Note, Run, RunState
from bot.model.people import Identity
from bot.model.posts import OutboxRow, OutboxState
from bot.model.questions import Question, QuestionState
from bot.model.schedules import Firing, FiringState
from bot.plugins import supplies
from bot.ports import Chat, Specialist, Unit
from bot.settings import Settings, settings_of
from tests.phones import ACCOUNTS, TELEGRAM, Phones
from tests.slack_chats import RULES
from tests.slack_phones import ACCOUNTS as SLACK_ACCOUNTS
from tests.slack_phones import SLACK, SlackPhones

MONDAY: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

PEOPLE: Final[Mapping[str, Any]] = {
    "ann": {"role": "user"},
    "bob": {"role": "user"},
    "carol": {"role": "approver"},
    "vera": {"role": "viewer"},
}
PROJECTS: Final[Mapping[str, Any]] = {"api": {"description": "The API server."}}


STAGE: Final = ("chat", "called", "paced", "play", "platform", "files", "answers", "file")
"""Tables of a story that are no configuration."""


class StoryClock:
    """Stands still until the story moves it; who sleeps by it sleeps until then."""

    def __init__(self) -> None:
        self._now = MONDAY
        self._sleeping: dict[asyncio.Future[None], datetime] = {}

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleeping[woken] = self._now + timedelta(seconds=seconds)
        try:
            if seconds > 0:
                await woken
        finally:
            del self._sleeping[woken]

    def move(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        for woken, when in self._sleeping.items():
            if when <= self._now and not woken.done():
                woken.set_result(None)

    @property
    def asleep(self) -> int:
        """Sleepers that are not about to wake."""
        return sum(not woken.done() for woken in self._sleeping)


@dataclass(slots=True)
class Gate:
    """A secretary in rules mode that thinks, or fails, until the story lets it go on."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    thinking: int = 0
    failure: str = ""
    report: str = ""  # what a long result is told as; empty: the result as it is

    def __post_init__(self) -> None:
        self.open.set()

    async def decide(self, brief: Brief) -> Decision:
        self.thinking += 1
        try:
            await self.open.wait()
        finally:
            self.thinking -= 1
        if self.failure:
            raise SecretaryError(self.failure)
        return rules.decide(brief)

    async def tell(self, _question: str, untrusted: str) -> Written:
        """By a model that has read the whole text, where the story says what it wrote."""
        words = self.report.replace("{last}", untrusted.strip().rsplit("\n", 1)[-1])
        return Written(words, "scripted:teller", 0.01) if words else Written(untrusted, "rules", 0.0)


class StoryHouse:
    def __init__(self, tables: Mapping[str, Any], directory: Path) -> None:
        self.directory = directory
        self.clock = StoryClock()
        self.gate = Gate()
        chats = tables.get("chat", "terminal")
        self.chat, *others = [chats] if isinstance(chats, str) else chats
        scripted = [name for name in (self.chat, *others) if name not in (TERMINAL, TELEGRAM, SLACK)]
        of_platform = tables.get("platform", {})
        self.platforms = {name: Platform(name=name, **of_platform) for name in scripted}
        self._play = play_of(tables.get("play", {}))
        self.files: Mapping[str, str] = tables.get("files", {})
        self._answers: Mapping[str, str] = tables.get("answers", {})
        self.settings = story_settings(tables, directory)
        self.phones: Phones | SlackPhones | None = None  # where people have them
        self._called = bool(tables.get("called"))
        self._paced = bool(tables.get("paced"))  # on Slack, which then refuses what is too quick
        self._rules = Rules(topics_in_private=True, conflict_hold_s=0.0, webhook_retry_s=0.05, pace=None)
        self._world = AsyncExitStack()  # what outlives the house
        self._stack = AsyncExitStack()
        self._running: RunningHouse | None = None

    @property
    def running(self) -> RunningHouse:
        assert self._running is not None, "the house is closed"
        return self._running

    async def begin(self) -> None:
        """The platforms, then the house."""
        if self.chat == TELEGRAM:
            clock = self.clock
            api = BotApi(self._rules, clock=lambda: clock.now().timestamp())
            self.phones = Phones(await self._world.enter_async_context(api), called=self._called)
        if self.chat == SLACK:
            clock = self.clock
            pace = Pace() if self._paced else None
            rules = replace(RULES, answer_within_s=3.0, pace=pace)  # a press that is late comes never
            slack = SlackApi(rules, clock=lambda: clock.now().timestamp())
            slack = await self._world.enter_async_context(slack)
            line = partial(Line, now=lambda: clock.now().timestamp(), sleep=clock.sleep)
            self.phones = SlackPhones(
                slack, self._file, called=self._called, line=line if self._paced else None
            )
        await self.open()

    async def end(self) -> None:
        await self.close()
        await self._world.aclose()

    async def open(self) -> None:
        chats: list[Chat] = [ScriptedChat(platform) for platform in self.platforms.values()]
        if self.chat == TERMINAL or self.phones:
            chats.append(TerminalChat())
        if self.phones:
            chat = self.phones.chat()
            self._stack.push_async_callback(chat.close)
            chats.append(chat)
        time = Time(self.clock.now, self.clock.sleep)
        specialist = ScriptedSpecialist(self._play, home=self.settings.home, time=time)
        house = open_house(
            self.settings,
            chats={chat.name: chat for chat in chats},
            specialists={**dict.fromkeys(self.settings.specialists, specialist), **self._plain_models()},
            decide=self.gate.decide,
            tell=self.gate.tell,
            drain_s=0.0,
            adjust=self._adjusted,
        )
        self._running = await self._stack.enter_async_context(house)

    async def _file(self, sha256: str) -> bytes:
        """Of the house that is open then."""
        return await supplies(self.running.desk.house.store).content(sha256)

    def _plain_models(self) -> dict[str, Specialist]:
        """Where the story has some: they answer what stands in its front."""
        if not self._answers:
            return {}
        from tests.completions import answering

        return {"completion": answering(self.settings, self._answers)}

    def _adjusted(self, house: House) -> House:
        return replace(house, now=self.clock.now)

    async def close(self) -> None:
        """At once, whatever it is doing."""
        await self._stack.aclose()
        self._running = None

    # ── people, by whichever way their chat has ──────────────────────────────────────────────────────────

    def who_and_where(self, who: str, where: str) -> tuple[Identity, Address]:
        """The name of another chat stands for the private conversation there."""
        if where in self.platforms and where != self.chat:
            return Identity(where, who), Address(where, f"@{who}")
        if self.phones and where != TERMINAL:
            return self.phones.where(who, where)
        if where == TERMINAL:
            return Identity(TERMINAL, who), Address(TERMINAL, who)
        return Identity(self.chat, who), Address(self.chat, where)

    async def receive(self, inbound: Inbound, *, again: bool = False) -> Receipt:
        if self.phones is None or inbound.where.chat != self.phones.name:
            return await self.running.desk.receive(inbound)
        return await (self.phones.again(inbound) if again else self.phones.does(inbound))

    async def pass_time(self, seconds: float) -> None:
        self.clock.move(seconds)
        self.running.clock.ring()

    def reading(self) -> AbstractAsyncContextManager[Unit]:
        return self.running.desk.house.store.reading()

    async def quiet(self) -> bool:
        """Nothing happens unless somebody does something or time passes."""
        async with self.reading() as unit:
            return not await self._busy(unit)

    async def _busy(self, unit: Unit) -> bool:
        return (
            await self._deciding(unit)
            or await self._firing(unit)
            or await self._working(unit)
            or await self._posting(unit)
        )

    async def _deciding(self, unit: Unit) -> bool:
        return bool(await unit.find(Message, state=MessageState.WAITING, limit=1)) and not self.gate.thinking

    async def _firing(self, unit: Unit) -> bool:
        """A schedule is due, or what has fired has not begun."""
        next_at = await unit.next_firing()
        if next_at is not None and next_at <= self.clock.now():
            return True
        return bool(await unit.find(Firing, state=FiringState.PROMISED, limit=1))

    async def _working(self, unit: Unit) -> bool:
        """A run that does not sleep, or has a wish of somebody before it."""
        runs = await unit.find(Run, state=(RunState.QUEUED, RunState.RUNNING))
        if len(runs) != self.clock.asleep or any(run.state is RunState.QUEUED for run in runs):
            return True
        live = tuple(run.dispatch for run in runs)
        unread: dict[str, Any] = {"dispatch": live, "delivered_run": None}
        notes = await unit.find(Note, read=False, **unread)
        return bool(notes or await unit.find(Question, state=QuestionState.ANSWERED, **unread))

    async def _posting(self, unit: Unit) -> bool:
        """Something is to be sent where the platform has not asked us to wait."""
        rows = await unit.find(OutboxRow, state=OutboxState.PENDING)
        cards = [await unit.get(Dispatch, id) for id in await unit.dirty_cards()]
        places = {row.conversation for row in (*rows, *filter(None, cards))}
        held = [await unit.get(Conversation, place) for place in places]
        now = self.clock.now()
        return any(c is not None and (c.hold_until is None or c.hold_until <= now) for c in held)


def _accounts(id: str, *, on_slack: bool) -> dict[str, str]:
    accounts = {"scripted": id, "second": id, TELEGRAM: ACCOUNTS.get(id, "")}
    return {**accounts, SLACK: SLACK_ACCOUNTS.get(id, "")} if on_slack else accounts


def story_settings(tables: Mapping[str, Any], directory: Path) -> Settings:
    """The settings of a story's front block: people and projects that nobody had to spell out.

    On Telegram work stays where it was asked for, unless the story is about topics.
    """
    on_slack = tables.get("chat") == SLACK
    people = {
        id: {"accounts": _accounts(id, on_slack=on_slack), **person}
        for id, person in tables.get("people", PEOPLE).items()
    }
    projects: dict[str, Any] = {}
    for name, project in tables.get("projects", PROJECTS).items():
        projects[name] = {
            "directory": name, "specialist": "scripted", "permission_mode": "acceptEdits", **project
        }  # fmt: skip
        (directory / str(projects[name]["directory"])).mkdir(parents=True, exist_ok=True)
    ours = {name: table for name, table in tables.items() if name not in STAGE}
    chats = tables.get("chats", {})
    settings = settings_of(
        {
            "secretary": {"model": "rules"},
            **ours,
            "specialists": {"scripted": {}, **tables.get("specialists", {})},
            "chats": {**chats, TELEGRAM: {"topics": False, **chats.get(TELEGRAM, {})}},
            "frontdesk": {"home": str(directory / "home"), **tables.get("frontdesk", {})},
            "people": people,
            "projects": projects,
        },
        directory=directory,
    )
    if (text := tables.get("file")) is None:
        return settings
    file = directory / "frontdesk.toml"
    file.write_text(text)
    return replace(settings, file=file)
