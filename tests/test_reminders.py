"""Reminders across chats, where a story cannot look: races, accounts that cannot be written to, strangers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from adapters.rehearsal.scripted_chat import Message as Shown
from adapters.rehearsal.scripted_chat import Platform, ScriptedChat
from bot.model.conversations import Address, Conversation, Outcome, Pressed
from bot.model.dispatches import Run
from bot.model.people import AccountRow, Identity, PersonRow, Role
from bot.model.posts import OutboxRow
from bot.model.questions import Question, QuestionState
from bot.reminders import Reminders
from tests.houses import CHAT, Household, open_household, tables, wrote

pytestmark = pytest.mark.full

OTHER: Final = "second"
PRIVATE: Final = "@ann"
ROUNDS: Final = 2
PLAY: Final[Mapping[str, Any]] = {
    "rules": [
        {
            "when": "pick a colour",
            "steps": [{"ask": "Which colour?", "options": ["red", "blue"]}, {"say": "It chose {{answer}}."}],
        }
    ]
}


def configuration(directory: Path, database: str | None = None) -> dict[str, Any]:
    """Ann is reminded in the second chat after a moment."""
    given = tables(directory, database=database)
    given["people"]["ann"] |= {"notify": OTHER, "accounts": {CHAT: "ann", OTHER: "ann"}}
    questions = {"grace_s": 0.1, "remind_after_s": 0.3, "expire_after_s": 3600.0}
    return given | {"chats": {OTHER: {}}, "questions": questions}


def chats_of(house: Platform, other: Platform) -> dict[str, Any]:
    return {CHAT: ScriptedChat(house), OTHER: ScriptedChat(other)}


async def asked(platform: Platform, where: str | None = None) -> Shown:
    """The newest message with the question's buttons."""

    def there() -> list[Shown]:
        return [each for each in platform.messages(where) if "red" in each.buttons]

    await platform.until(lambda: bool(there()), 60.0)
    return there()[-1]


def pressed(chat: str, where: str, label: str, message: Shown) -> Pressed:
    key = f"{chat}:press:{label}"
    return Pressed(Identity(chat, "ann"), Address(chat, where), key, message.buttons[label], "ann")


async def test_of_presses_in_both_chats_at_the_same_moment_exactly_one_counts(
    any_database: str, tmp_path: Path
) -> None:
    """Neither is lost or fails: one is taken, the other is told so, and both posts show it (CCo #15433)."""
    database = any_database if any_database.startswith("postgres") else None
    here, there = Platform(name=CHAT), Platform(name=OTHER)
    given = configuration(tmp_path, database)
    async with open_household(tmp_path, given, play=PLAY, chats=chats_of(here, there)) as house:
        for n in range(ROUNDS):
            await house.running.desk.receive(wrote("/run pick a colour", where=f"c{n}"))
            first, second = await asked(here, f"c{n}"), await _reminded_of(there, f"q{n + 1}")
            presses = (pressed(CHAT, f"c{n}", "red", first), pressed(OTHER, PRIVATE, "blue", second))
            presses = tuple(_again(press, n) for press in presses)
            receipts = await asyncio.gather(*map(house.running.desk.receive, presses))
            assert sorted(receipt.outcome for receipt in receipts) == [Outcome.ACCEPTED, Outcome.REFUSED]
            await here.until(lambda n=n: any("It chose" in m.text for m in here.messages(f"c{n}")), 60.0)
            await there.until(lambda second=second: not _now(there, second).buttons, 60.0)
            await here.until(lambda first=first: not _now(here, first).buttons, 60.0)
        assert {item.state for item in await house.rows(Question)} == {QuestionState.ANSWERED}
        assert len(await house.rows(Run)) == 2 * ROUNDS


async def test_people_who_were_added_while_it_runs_are_reminded_in_their_chat(tmp_path: Path) -> None:
    """Their notify chat and accounts are rows, and count like those of the file."""
    here, there = Platform(name=CHAT), Platform(name=OTHER)
    async with open_household(
        tmp_path, configuration(tmp_path), play=PLAY, chats=chats_of(here, there)
    ) as house:
        now = house.running.desk.house.now()
        accounts = [AccountRow(f"{chat}:cy", "cy", chat, "cy", "ann", now) for chat in (CHAT, OTHER)]
        async with house.store.transaction() as unit:
            await unit.add(PersonRow("cy", "Cy", Role.USER, "ann", now, notify=OTHER), *accounts)
        await house.running.desk.receive(wrote("/run pick a colour", by="cy"))
        await _reminded_of(there, "q1")
        assert any("**q1**" in message.text for message in there.messages("@cy"))


async def _reminded_of(platform: Platform, id: str) -> Shown:
    await platform.until(lambda: any(f"**{id}**" in each.text for each in platform.messages()), 60.0)
    return next(each for each in platform.messages() if f"**{id}**" in each.text)


def _again(press: Pressed, n: int) -> Pressed:
    return Pressed(press.identity, press.where, f"{press.key}:{n}", press.token, press.sender)


def _now(platform: Platform, message: Shown) -> Shown:
    return next(each for each in platform.messages() if each.id == message.id)


@pytest.mark.full
async def test_whoever_must_write_first_is_reminded_where_it_was_asked(tmp_path: Path) -> None:
    """And once they have written, in their private conversation."""
    here, there = Platform(name=CHAT), Platform(name=OTHER, opens_directs=False)
    async with open_household(
        tmp_path, configuration(tmp_path), play=PLAY, chats=chats_of(here, there)
    ) as house:
        await house.running.desk.receive(wrote("/run pick a colour", where="c1"))
        await here.until(lambda: any("still open" in each.text for each in here.messages("c1")), 60.0)
        assert there.messages() == []
        there.writes("ann", "hello", PRIVATE)
        await there.until(lambda: bool(there.messages(PRIVATE)), 60.0)
        await house.running.desk.receive(wrote("/answer q1 red", where="c1"))
        await here.until(lambda: any("It chose" in each.text for each in here.messages("c1")), 60.0)
        await house.running.desk.receive(wrote("/run pick a colour", where="c2"))
        assert "**q2** is still open" in (await asked(there, PRIVATE)).text


async def test_a_conversation_where_others_read_is_no_place_for_a_reminder(tmp_path: Path) -> None:
    """Whatever the platform calls private: a row that says otherwise wins."""
    here, there = Platform(name=CHAT), Platform(name=OTHER)
    async with open_household(
        tmp_path, configuration(tmp_path), play=PLAY, chats=chats_of(here, there)
    ) as house:
        async with house.store.transaction() as unit:
            now = house.running.desk.house.now()
            await unit.add(Conversation("c", OTHER, PRIVATE, "", now, direct=False))
        await house.running.desk.receive(wrote("/run pick a colour", where="c1"))
        await here.until(lambda: any("still open" in each.text for each in here.messages("c1")), 60.0)
        assert there.messages() == []


@pytest.mark.postgres
async def test_two_processes_remind_once(postgres_database: str, tmp_path: Path) -> None:
    """Both find it due at the same moment; the row decides."""
    here, there = Platform(name=CHAT), Platform(name=OTHER)
    given = configuration(tmp_path, postgres_database)
    given["questions"]["remind_after_s"] = 3000.0
    async with open_household(tmp_path, given, play=PLAY, chats=chats_of(here, there)) as house:
        await house.running.desk.receive(wrote("/run pick a colour", where="c1"))
        await asked(here)
        await _make_due(house)
        rooms = [Reminders(house.running.desk.house, chats_of(here, there)) for _ in range(4)]
        await asyncio.gather(*(room.remind("q1") for room in rooms), return_exceptions=True)
        await asked(there, PRIVATE)
        posts = await house.rows(OutboxRow, question="q1", edits=None)
        assert len(posts) == 2, "the question and one reminder"


async def _make_due(house: Household) -> None:
    async with house.store.transaction() as unit:
        item = await unit.get(Question, "q1", lock=True)
        assert item
        await unit.change(item, remind_at=house.running.desk.house.now())
