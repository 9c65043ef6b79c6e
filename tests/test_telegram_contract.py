"""The Telegram chat keeps the contract of every chat, over the real library, polling and called."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

import pytest

from adapters.chats.markup import utf16_units
from adapters.chats.telegram.chat import ABILITIES, TelegramChat
from adapters.chats.telegram.rendering import read
from adapters.rehearsal.bot_api import BotApi, Person, Rules
from adapters.rehearsal.contracts.chat import ChatCheck, checks_for, run
from adapters.rehearsal.scripted_chat import Fault
from bot.model.conversations import Address
from bot.model.posts import Part
from bot.ports import Chat
from tests.telegram_chats import private, settings_for

CHECKS = [pytest.param(check, id=check.__name__) for check in checks_for(ABILITIES)]


@dataclass
class TelegramRig:
    """One topic of a private chat, which can be deleted."""

    api: BotApi
    chat: TelegramChat
    ann: Person
    topic: int

    @property
    def where(self) -> Address:
        return private(self.ann, self.topic)

    @property
    def account(self) -> str:
        return str(self.ann.id)

    def text(self, part: Part) -> str:
        return read(part).shown.text

    def attached(self, part: Part) -> str | None:
        document = read(part).document
        return document.text if document else None

    def length(self, text: str) -> int:
        return utf16_units(text)

    def shown(self) -> list[tuple[str, str]]:
        ours = [each for each in self.ann.sees() if each.by_bot and each.thread == self.topic]
        return [(str(each.id), each.text) for each in ours]

    def fails_next(self, fault: Fault) -> None:
        self.api.faults.next_calls(fault)

    def closes(self) -> None:
        self.ann.deletes_topic(self.topic)

    def writes(self, text: str) -> None:
        self.ann.writes(text, thread=self.topic)

    def redelivers(self) -> None:
        self.api.updates.repeat(self._written()[-1])

    def acknowledged(self) -> int:
        return len(set(self.api.record.confirmed()) & set(self._written()))

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not reached():  # noqa: ASYNC110  the desk of the check tells nobody
                await asyncio.sleep(0.01)

    def _written(self) -> list[int]:
        """What was written in the topic; opening it is an update too."""
        updates = [entry["update"] for entry in self.api.record if entry["kind"] == "update"]
        return [
            each["update_id"]
            for each in updates
            if "text" in each.get("message", {}) and each["message"].get("message_thread_id") == self.topic
        ]


@pytest.fixture
async def api() -> AsyncGenerator[BotApi]:
    """Retries of its webhook come at once."""
    async with BotApi(Rules(topics_in_private=True, webhook_retry_s=0.01)) as api:
        yield api


def rig_on(api: BotApi, *, called: bool) -> TelegramRig:
    ann = api.person("Ann")
    ann.starts()
    topic = ann.opens_topic("work")
    api.updates.drop()  # the bot has seen that
    return TelegramRig(api, TelegramChat(settings_for(api, called=called)), ann, topic)


async def test_the_rig_is_what_the_suite_asks_for(api: BotApi) -> None:
    """It is a Chat to the type checker, and the suite is not empty for it."""
    chat: Chat = rig_on(api, called=False).chat
    assert len(checks_for(chat.abilities)) > 25
    await chat.close()


@pytest.mark.parametrize("check", CHECKS)
async def test_it_keeps_the_contract_polling(check: ChatCheck, api: BotApi) -> None:
    """Its own loop around getUpdates."""
    await run(check, lambda: rig_on(api, called=False))


@pytest.mark.parametrize("check", [check for check in CHECKS if "event" in str(check.values[0].__module__)])
async def test_it_keeps_the_contract_called(check: ChatCheck, api: BotApi) -> None:
    """By its webhook; only what comes in differs."""
    await run(check, lambda: rig_on(api, called=True))
