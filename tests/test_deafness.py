"""A chat that hears nothing for five minutes is told of where an admin can still be reached; by the clock."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from adapters.rehearsal.contracts.examples import NOON
from bot.app import open_desk
from bot.deafness import Deafness
from bot.house import House
from bot.model.conversations import Conversation
from bot.model.health import Connection
from bot.model.posts import OutboxRow
from bot.ports import Abilities, Chat
from bot.settings import settings_of


@dataclass
class Ear:
    """As much of a chat as is looked at."""

    connection: Connection
    abilities: Abilities = Abilities()  # noqa: RUF009  frozen

    async def direct(self, account: str) -> None:
        """Nobody is found by asking."""


@dataclass
class Watch:
    house: House
    slack: Ear
    telegram: Ear
    deafness: Deafness
    at: datetime = NOON

    async def passes(self, minutes: float) -> list[str]:
        """What admins have been told by then, in which place."""
        self.at += timedelta(minutes=minutes)
        await self.deafness.look()
        async with self.house.store.reading() as unit:
            return [f"{row.conversation}: {row.post.markdown}" for row in await unit.find(OutboxRow)]


HEARS = Connection(since=NOON, heard_at=NOON)
DEAF = Connection(heard_at=NOON, problem="Slack cannot be reached.")


@pytest.fixture
async def watch(tmp_path: Path) -> AsyncGenerator[Watch]:
    """Dora is admin and has written in both chats; Ann is not."""
    people = {"dora": {"role": "admin", "slack": "T01/U1", "telegram": 1}, "ann": {"role": "user"}}
    settings = settings_of(
        {
            "frontdesk": {"home": str(tmp_path / "home")},
            "people": people,
            "chats": {"slack": {}, "telegram": {}},
            "secretary": {"model": "rules"},
        },
        directory=tmp_path,
    )
    async with open_desk(settings) as desk:
        house = replace(desk.house, now=lambda: found.at)
        slack, telegram = Ear(HEARS), Ear(HEARS)
        chats = cast("dict[str, Chat]", {"slack": slack, "telegram": telegram})
        async with house.store.transaction() as unit:
            for chat, person in (("slack", "dora"), ("telegram", "dora"), ("telegram", "ann")):
                await unit.add(Conversation(f"{chat}-{person}", chat, person, "", NOON, person=person))
        found = Watch(house, slack, telegram, Deafness(house, chats))
        yield found


async def test_an_admin_is_told_once_in_another_chat_and_when_it_is_over(watch: Watch) -> None:
    """OC #102439: after five minutes, not before; never in the chat that is deaf."""
    assert await watch.passes(1) == []
    watch.slack.connection = DEAF
    assert await watch.passes(1) == []
    assert await watch.passes(4.9) == []
    (told,) = await watch.passes(0.2)
    assert told.startswith(
        "telegram-dora: I have heard nothing from slack for 5 min: Slack cannot be reached."
    )
    assert len(await watch.passes(60)) == 1
    watch.slack.connection = HEARS
    *_, over = await watch.passes(1)
    assert over == "telegram-dora: I hear slack again, after 1 h 6 min."
    watch.slack.connection = DEAF
    await watch.passes(1)
    assert len(await watch.passes(6)) == 3, "the next time is told again"


async def test_a_short_break_is_nobodys_trouble(watch: Watch) -> None:
    """A connection is built anew every few hours."""
    for _ in range(5):
        watch.slack.connection = DEAF
        await watch.passes(4)
        watch.slack.connection = HEARS
        await watch.passes(1)
    assert await watch.passes(10) == []


async def test_silence_counts_as_deafness_where_a_platform_is_never_silent(watch: Watch) -> None:
    """HM #106849: is_connected() stays true for hours."""
    watch.slack.connection = Connection(since=NOON, heard_at=NOON, quiet_s=60.0)
    await watch.passes(2)
    (told,) = await watch.passes(5)
    assert "Nothing was heard from it" in told


async def test_a_process_that_stands_by_tells_nothing(watch: Watch) -> None:
    """Another one listens."""
    watch.slack.connection = Connection(heard_at=NOON)
    await watch.passes(1)
    assert await watch.passes(30) == []
