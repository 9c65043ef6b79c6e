"""The Slack chat keeps the contract of every chat, over the real libraries, by its socket and called."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

import pytest

from adapters.chats.slack.chat import ABILITIES, SlackChat
from adapters.chats.slack.rendering import read
from adapters.rehearsal.contracts.chat import ChatCheck, checks_for, run
from adapters.rehearsal.scripted_chat import Fault
from adapters.rehearsal.slack_api import Envelope, Person, SlackApi
from bot.model.conversations import Address
from bot.model.posts import Part
from bot.ports import Chat
from tests.slack_chats import RULES, at, settings_for

CHECKS = [pytest.param(check, id=check.__name__) for check in checks_for(ABILITIES)]


@dataclass
class SlackRig:
    """A thread in Ann's private channel."""

    slack: SlackApi
    chat: SlackChat
    ann: Person
    thread: str

    @property
    def where(self) -> Address:
        return at(self.ann.private, self.thread)

    @property
    def account(self) -> str:
        return self.ann.account

    def text(self, part: Part) -> str:
        message = read(part)
        return "" if message.document else message.words

    def attached(self, part: Part) -> str | None:
        document = read(part).document
        return document.text if document else None

    def length(self, text: str) -> int:
        return len(text)

    def shown(self) -> list[tuple[str, str]]:
        ours = [each for each in self.ann.sees(self.thread) if each.user == self.slack.workspace.bot.id]
        return [(each.ts, each.text) for each in ours]

    def fails_next(self, fault: Fault) -> None:
        self.slack.faults.next_calls(fault)

    def closes(self) -> None:
        self.ann.private.archived = True

    def writes(self, text: str) -> None:
        self.ann.writes(text, thread=self.thread)

    def redelivers(self) -> None:
        self.slack.delivery.repeat(self._written()[-1])

    def acknowledged(self) -> int:
        return sum(each.acknowledged for each in self._written())

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not reached():  # noqa: ASYNC110  the desk of the check tells nobody
                await asyncio.sleep(0.01)

    def _written(self) -> list[Envelope]:
        """What was written in the thread; its first message was before our time."""
        return [
            each
            for each in self.slack.delivery.envelopes.values()
            if each.payload["event"].get("thread_ts") == self.thread
        ]


@pytest.fixture
async def slack() -> AsyncGenerator[SlackApi]:
    """Its retries come at once."""
    async with SlackApi(RULES) as slack:
        yield slack


def rig_on(slack: SlackApi, *, called: bool) -> SlackRig:
    ann = slack.person("Ann")
    thread = ann.writes("work")
    slack.delivery.drop()  # the app has seen that
    return SlackRig(slack, SlackChat(settings_for(slack, called=called)), ann, thread)


async def test_the_rig_is_what_the_suite_asks_for(slack: SlackApi) -> None:
    """It is a Chat to the type checker, and the suite is not empty for it."""
    chat: Chat = rig_on(slack, called=False).chat
    assert len(checks_for(chat.abilities)) > 25
    await chat.close()


@pytest.mark.parametrize("check", CHECKS)
async def test_it_keeps_the_contract_by_its_socket(check: ChatCheck, slack: SlackApi) -> None:
    """Socket Mode."""
    await run(check, lambda: rig_on(slack, called=False))


@pytest.mark.parametrize("check", [check for check in CHECKS if "event" in str(check.values[0].__module__)])
async def test_it_keeps_the_contract_called(check: ChatCheck, slack: SlackApi) -> None:
    """HTTP mode; only what comes in differs."""
    await run(check, lambda: rig_on(slack, called=True))
