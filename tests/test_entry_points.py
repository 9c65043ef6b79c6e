"""Every way in, for everybody: a stranger leaves a request for a code, or one refusal, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, get_args

from bot.app import open_desk
from bot.model.conversations import (
    CANCELS,
    Address,
    Deleted,
    Edited,
    FileRef,
    Inbound,
    Message,
    Opened,
    Pressed,
    Reacted,
    Stopped,
    Submitted,
    Summoned,
    Wrote,
)
from bot.model.log import Arrival
from bot.model.people import Identity, Pairing
from bot.model.posts import ButtonAction, OutboxRow
from tests.rights_doors import Visit
from tests.rights_goods import CHAT, Goods
from tests.strangers import left_by_a_stranger
from tests.test_rights import OTHER, STRANGER, settings, street

Event = Callable[[Identity, Address, str, Goods], Inbound]
FILE: Final = (FileRef("f1", "notes.txt", 12),)


def wrote(text: str, **more: Any) -> Event:
    return lambda who, where, key, _: Wrote(who, where, key, text, "x", **more)


def in_a_group(text: str, **more: Any) -> Event:
    return wrote(text, direct=False, **more)


ENTRIES: Final[dict[str, Event]] = {
    "message": wrote("fix the parser"),
    "message in a group": in_a_group("fix the parser"),
    "words among people": in_a_group("lunch?", addressed=False),
    "command": wrote("stop"),
    "approval in words": lambda who, where, key, of: Wrote(who, where, key, f"/approve {of.approval}", "x"),
    "letting oneself in": lambda who, where, key, of: Wrote(who, where, key, f"/pair {of.code} admin", "x"),
    "start": wrote("/start"),
    "start with a payload": wrote("/start K7QMX2PDK7QMX2PDK7QMX2"),
    "start with another's code": lambda who, where, key, of: Wrote(who, where, key, f"/start {of.code}", "x"),
    "bare mention": in_a_group(""),
    "file or photo": wrote("", files=FILE),
    "voice": wrote("", files=(FileRef("v1", "voice.ogg", 12, voice=True),)),
    "forwarded": wrote("fix the parser", forwarded=True),
    "reply": wrote("yes", reply_to="77"),
    "edit": lambda who, where, key, of: Edited(who, where, key, of.message, "other words", "x"),
    "deletion": lambda who, where, key, of: Deleted(who, where, key, of.message),
    "press": lambda who, where, key, of: Pressed(who, where, key, of.buttons[ButtonAction.GRANT], "x"),
    "press of another's invitation": lambda who, where, key, of: Pressed(
        who, where, key, of.buttons[ButtonAction.PAIR], "x"
    ),
    "form": lambda who, where, key, of: Submitted(
        who, where, key, of.buttons[ButtonAction.WRITE], {"text": "red"}, "x"
    ),
    "reaction": lambda who, where, key, _: Reacted(who, where, key, "👍", "77"),
    "reaction that cancels": lambda who, where, key, of: Reacted(
        who, where, key, CANCELS, of.post, of.message
    ),
    "native stop": lambda who, where, key, _: Stopped(who, where, key, "x"),
    "opened": lambda who, where, key, _: Opened(who, where, key),
    "opened page": lambda who, where, key, _: Opened(who, where, key, page=True),
    "shortcut": lambda who, where, key, _: Summoned(who, where, key, "x"),
    "shortcut on a message": lambda who, where, key, _: Summoned(
        who, where, key, "x", where, "the parser fails"
    ),
}
"""What an adapter can hand in; a kind of event without an entry fails below."""

STRANGERS: Final = {
    "stranger": STRANGER.id,
    "another bot": "bot-7",
    "anonymous admin": "-1001",
    "channel": "-1002",
    "the name of an admin": "Dora",
}
"""Accounts that nobody has named, whatever they call themselves."""


def test_every_kind_of_event_has_an_entry() -> None:
    """An event that is added to what adapters hand in is tried here, or this fails."""
    goods = Goods(
        "ann",
        "d1",
        "d2",
        "d3",
        "q1",
        "q2",
        "q3",
        "m1",
        "p1",
        "CODE",
        "s1",
        "s2",
        dict.fromkeys(ButtonAction, "t"),
    )
    who, where = Identity(CHAT, "ann"), Address(CHAT, "main")
    tried = {type(event(who, where, "key", goods)) for event in ENTRIES.values()}
    assert tried == set(get_args(Inbound))


async def test_a_stranger_leaves_a_request_or_one_refusal(tmp_path: Path) -> None:
    """HM PR #81388, OpenClaw GHSA-hwmr-gqmh-2j2x: 0 rows, 0 model calls, at most one post, at every entry."""
    wrong: list[str] = []
    async with street(tmp_path) as (desk, undoing, place, goods):
        for entry, event in ENTRIES.items():
            for name, account in STRANGERS.items():
                inbound = event(Identity(CHAT, account), place.address, f"{entry}:{name}", goods[OTHER])
                if too_much := await left_by_a_stranger(desk, undoing, inbound):
                    wrong.append(f"{entry} by {name}: {too_much}")
    assert not wrong


async def test_a_stranger_who_goes_on_is_not_told_again(tmp_path: Path) -> None:
    """A hundred messages of one stranger are one code, one post and no turn."""
    async with open_desk(settings(tmp_path)) as desk:
        for n in range(100):
            await desk.receive(Wrote(Identity(CHAT, "m"), Address(CHAT, "m"), f"k{n}", "let me in", "m"))
        async with desk.house.store.reading() as unit:
            assert len(await unit.find(Pairing)) == len(await unit.find(OutboxRow)) == 1
            assert not await unit.find(Message)
            assert not await unit.find(Arrival)


async def test_who_is_known_is_heard(tmp_path: Path) -> None:
    """The table would prove nothing if nobody were: a viewer's and a user's words are kept."""
    async with street(tmp_path) as (desk, undoing, place, goods):
        for account in ("vera", "ann"):
            for entry in ("message", "message in a group", "forwarded", "voice", "start"):
                visit = Visit(desk, undoing, place, STRANGER, goods[OTHER])
                visit.store.written.clear()
                who = Identity(CHAT, account)
                await desk.receive(ENTRIES[entry](who, place.address, f"{entry}:{account}", goods[OTHER]))
                assert any(isinstance(noun, Message) for noun in undoing.written), (entry, account)
