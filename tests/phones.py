"""The rehearsed Telegram of a story: what people do goes the whole way, from their phones to the desk.

``main`` is the private chat of whoever acts, and Ann's where nobody is named; ``side``, ``other`` and
``third`` are its first topics; ``team`` is a group, ``forum/1`` the first topic of a forum that the bot
administers, ``guests`` one in which it may open no topics.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

from adapters.chats.telegram.chat import TelegramChat
from adapters.chats.telegram.places import key_of, place_of
from adapters.chats.telegram.places import place as place_at
from adapters.rehearsal.bot_api import BotApi, Faults, Person, Place, Record, Shown
from adapters.rehearsal.bot_api.keyboards import buttons
from bot.model.conversations import (
    Address,
    Edited,
    Inbound,
    Pressed,
    Reacted,
    Receipt,
    Submitted,
    Wrote,
)
from bot.model.people import Identity
from bot.ports import Abilities, Receive
from tests.telegram_chats import settings_for

TELEGRAM: Final = "telegram"
NAMES: Final = ("ann", "bob", "carol", "dora", "vera", "newt", "mallory")
ACCOUNTS: Final[Mapping[str, str]] = {name: str(4711 + n) for n, name in enumerate(NAMES)}
HEARS_WITHIN_S: Final = 20.0
NONE: Final = 10**9
"""No topic has this number."""

REPEATS_AFTER_S: Final = 2.0
_SHORT: Final = {"side": "main/1", "other": "main/2", "third": "main/3"}
REPLY_TO_THIS: Final = "Reply to this message with your answer."


@dataclass(frozen=True, slots=True)
class Message:
    """One message of ours as people see it."""

    id: str
    text: str
    buttons: tuple[str, ...]


@dataclass
class Heard:
    """What the desk was told by the adapter, and what it made of it."""

    told: list[tuple[Inbound, Receipt]] = field(default_factory=list[tuple[Inbound, Receipt]])
    more: asyncio.Event = field(default_factory=asyncio.Event)

    def around(self, receive: Receive) -> Receive:
        async def heard(inbound: Inbound) -> Receipt:
            receipt = await receive(inbound)
            self.told.append((inbound, receipt))
            self.more.set()
            return receipt

        return heard

    async def after(self, count: int, kind: type[Inbound], within_s: float = HEARS_WITHIN_S) -> Receipt:
        """What became of the first such event after so many."""
        async with asyncio.timeout(within_s):
            while not (found := [receipt for event, receipt in self.told[count:] if isinstance(event, kind)]):
                self.more.clear()
                await self.more.wait()
        return found[0]


class OnTelegram(TelegramChat):
    """The adapter as it is, overheard on its way to the desk."""

    heard: Heard

    @property
    def abilities(self) -> Abilities:
        """A story's clock stands still while its cards are drawn."""
        return replace(super().abilities, edit_every_s=0.0)

    async def listen(self, receive: Receive) -> None:
        await super().listen(self.heard.around(receive))


class Phones:
    def __init__(self, api: BotApi, *, called: bool) -> None:
        """``called``: by webhook, else it polls."""
        self._api = api
        self._called = called
        self._people = {name: api.person(name.title(), int(id)) for name, id in ACCOUNTS.items()}
        self._places = {
            "team": api.supergroup("Team"),
            "forum": api.supergroup("Forum", forum=True, admin=True),
            "guests": api.supergroup("Guests", forum=True),
        }
        api.platform.next_id(self._people["ann"].private)  # no topic has the id 1: that is General
        self._topics: dict[str, list[int]] = {}
        self._heard = Heard()
        self._written: dict[str, int] = {}  # by the story's key
        self._last_update = 0
        self._once: dict[str, tuple[Shown, str]] = {}  # buttons that somebody has seen

    @property
    def name(self) -> str:
        return TELEGRAM

    @property
    def faults(self) -> Faults:
        return self._api.faults

    @property
    def record(self) -> Record:
        return self._api.record

    def chat(self) -> TelegramChat:
        """An adapter of a house that begins; the platform outlives it."""
        chat = OnTelegram(settings_for(self._api, *self._places.values(), called=self._called))
        chat.heard = self._heard
        return chat

    # ── who and where ────────────────────────────────────────────────────────────────────────────────────

    def where(self, who: str, name: str) -> tuple[Identity, Address]:
        """The next topic is opened by whoever names it first."""
        chat, n = self._chat(name, who)
        if n == len(self._opened(chat)) + 1:
            (self._place(chat) or self._person(str(chat))).opens_topic(name)
        return Identity(TELEGRAM, ACCOUNTS[who]), Address(TELEGRAM, self.key(name, who))

    def key(self, name: str, who: str = "ann") -> str:
        """Of the n-th topic that was ever opened there, by a person or by us."""
        chat, n = self._chat(name, who)
        opened = self._opened(chat)
        return key_of(place_at(chat, opened[n - 1] if 0 < n <= len(opened) else (NONE if n else None)))

    def _chat(self, name: str, who: str) -> tuple[int, int]:
        """Its id, and which of its topics; 0 for the chat itself."""
        chat, _, n = _SHORT.get(name, name).partition("/")
        id = self._places[chat].id if chat in self._places else int(ACCOUNTS[who])
        return id, int(n or 0)

    def called(self, key: str) -> str:
        """The name of a conversation."""
        there = place_of(key)
        chat = next((name for name, place in self._places.items() if place.id == there.chat), "main")
        if there.topic is None:
            return chat
        name = f"{chat}/{self._opened(there.chat).index(there.topic) + 1}"
        return next((short for short, long in _SHORT.items() if long == name), name)

    def _place(self, chat: int) -> Place | None:
        """None for a private chat."""
        return next((place for place in self._places.values() if place.id == chat), None)

    def _opened(self, chat: int) -> list[int]:
        known = self._topics.setdefault(str(chat), [])
        known += [topic for topic in self._api.platform.chats[chat].topics if topic not in known]
        return known

    def _person(self, account: str) -> Person:
        return next(self._people[name] for name, id in ACCOUNTS.items() if id == account)

    # ── what people do ───────────────────────────────────────────────────────────────────────────────────

    async def does(self, inbound: Inbound) -> Receipt:
        """On their phone; what the desk made of it."""
        count = len(self._heard.told)
        who = self._person(inbound.identity.account)
        there = place_of(inbound.where.key)
        place = self._place(there.chat)
        match inbound:
            case Wrote():
                self._writes(who, place, there.topic, inbound)
            case Edited(of=of, text=text):
                who.edits(self._written[of], text, place)
            case Pressed(token=token):
                self._presses(who, place, token)
            case Submitted(values=values):
                prompt = await self._prompt(who, place)
                who.writes(values["text"], place, thread=there.topic, reply_to=prompt)
            case Reacted(emoji=emoji, message_id=id, of=of):
                who.reacts(self._written[of] if of else int(id), emoji, place)
            case _:
                raise AssertionError(f"No phone does that: {inbound}")
        self._last_update = self._api.updates.newest
        return await self._heard.after(count, type(inbound))

    def _writes(self, who: Person, place: Place | None, topic: int | None, wrote: Wrote) -> None:
        if wrote.forwarded:
            who.forwards(wrote.text, place=place)
            return
        said: dict[str, Any] = {"date": int(wrote.sent_at.timestamp())} if wrote.sent_at else {}
        mention = f"@{self._api.platform.username} " if place and wrote.reply_to is None else ""
        text = wrote.text if wrote.text.startswith("/") else f"{mention}{wrote.text}"
        reply_to = int(wrote.reply_to) if wrote.reply_to else None
        self._written[wrote.key] = who.writes(text, place, thread=topic, reply_to=reply_to, **said).id

    def _presses(self, who: Person, place: Place | None, token: str) -> None:
        """Also a button that is gone meanwhile: the finger was on its way."""
        for shown in who.sees(place):
            if label := _labels(shown).get(token):
                who.presses(label, place, message=shown.id)
                return
        who.presses_late(*self._once[token])

    async def _prompt(self, who: Person, place: Place | None) -> int:
        """The newest message that asks for words, once it is there."""

        def asking() -> list[int]:
            return [each.id for each in who.sees(place) if each.by_bot and each.text.endswith(REPLY_TO_THIS)]

        await self._api.record.until(lambda: bool(asking()))
        return asking()[-1]

    async def again(self, last: Inbound) -> Receipt:
        """Telegram delivers the last update once more; again if a poll took it that nobody waits for."""
        count = len(self._heard.told)
        while True:
            self._api.updates.repeat(self._last_update)
            with suppress(TimeoutError):
                return await self._heard.after(count, type(last), REPEATS_AFTER_S)

    def close_conversation(self, name: str) -> None:
        """Whoever may deletes the topic."""
        there = place_of(self.key(name))
        assert there.topic is not None
        (self._place(there.chat) or self._person(str(there.chat))).deletes_topic(there.topic)

    def block(self, name: str, *, blocked: bool = True) -> None:
        """Ann blocks the bot, or a group removes it."""
        if name in self._places:
            self._places[name].makes_bot("kicked" if blocked else "member")
        elif blocked:
            self._people["ann"].blocks()
        else:
            self._people["ann"].unblocks()

    # ── what people see ──────────────────────────────────────────────────────────────────────────────────

    def messages(self, key: str) -> list[Message]:
        there = place_of(key)
        shown = self._api.shown(there.chat)
        here = [one for one in shown if one.by_bot and one.thread == there.topic]
        for one in here:
            self._once |= {token: (one, label) for token, label in _labels(one).items()}
        return [_message(one) for one in here]


def as_shown(markdown: str) -> str:
    """A story's words as a phone shows them: formatted, with the marks of this chat."""
    return re.sub(r"[*`]", "", markdown).translate(str.maketrans("✓▸✗○", "✅⏳❌⬜"))


def _message(shown: Shown) -> Message:
    document = shown.payload.get("document")
    name = f"file {document['file_name']}" if document else ""
    labels = tuple(label for row in shown.buttons for label in row)
    return Message(str(shown.id), "\n".join(filter(None, (shown.text, name))), labels)


def _labels(shown: Shown) -> dict[str, str]:
    """How its buttons read, by what they send."""
    rows = buttons(shown.payload.get("reply_markup"))
    return {button["callback_data"]: button["text"] for row in rows for button in row}
