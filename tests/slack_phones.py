"""The rehearsed Slack of a story: what people do goes the whole way, from their screens to the desk.

``main`` is a thread in the channel ``team``, begun by whoever speaks first; ``side``, ``other`` and ``third``
are further ones; ``team`` is the channel itself. ``dm`` is a thread in the private channel of whoever acts
(``dm2`` another), ``private`` that channel itself, where slash commands are answered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from adapters.chats.pace import Line
from adapters.chats.slack.chat import SlackChat
from adapters.chats.slack.pacing import SLACKS, UNPACED
from adapters.chats.slack.places import place_of
from adapters.chats.slack.sending import Content
from adapters.rehearsal.bot_api import Record
from adapters.rehearsal.phones import Impossible
from adapters.rehearsal.slack_api import TEAM, Channel, Envelope, Faults, Person, Shown, SlackApi
from adapters.rehearsal.slack_api.blocks import buttons, texts
from adapters.rehearsal.slack_api.refusals import Json
from bot.model.conversations import (
    Address,
    Deleted,
    Edited,
    Inbound,
    Pressed,
    Reacted,
    Receipt,
    Stopped,
    Submitted,
    Wrote,
)
from bot.model.people import Identity
from bot.ports import Abilities, Receive
from tests.phones import NAMES, Heard, Message
from tests.slack_chats import settings_for, until_taken

SLACK: Final = "slack"
_IDS: Final[Mapping[str, str]] = {name: f"U{name.upper()}" for name in NAMES}
ACCOUNTS: Final[Mapping[str, str]] = {name: f"{TEAM}/{id}" for name, id in _IDS.items()}
_EMOJI: Final = {"❌": "x", "👎": "-1", "👍": "+1", "👀": "eyes"}
_MARKS: Final = {"complete": "✅", "in_progress": "⏳", "error": "❌", "pending": "⬜"}
_UNBORN: Final = "0."
"""How the thread of a conversation is called that nobody has begun."""


class OnSlack(SlackChat):
    """The adapter as it is, overheard on its way to the desk."""

    heard: Heard
    paced = False

    @property
    def abilities(self) -> Abilities:
        """A story's clock stands still while its cards are drawn, unless it is about that."""
        usual = super().abilities
        return usual if self.paced else replace(usual, edit_every_s=0.0)

    async def listen(self, receive: Receive) -> None:
        await super().listen(self.heard.around(receive))


class SlackPhones:
    def __init__(
        self, slack: SlackApi, content: Content, *, called: bool, line: Callable[[], Line] | None = None
    ) -> None:
        """``called``: over HTTP, else by its socket; ``content``: of the house's files; ``line``: the house
        keeps to Slack's rates, by that clock."""
        self._line = line
        self._slack = slack
        self._content = content
        self._called = called
        self._people: dict[str, Person] = {name: slack.person(name.title(), _IDS[name]) for name in NAMES}
        self._team = slack.channel("team", *self._people.values())
        self._threads: dict[str, str] = {}  # by the conversation's name
        self._unborn: list[str] = []
        self._heard = Heard()
        self._written: dict[str, str] = {}  # ts, by the story's key
        self._last: Envelope | None = None
        self._once: dict[str, Json] = {}  # messages with buttons that somebody has seen
        self._told: dict[str, int] = {}

    @property
    def name(self) -> str:
        return SLACK

    @property
    def faults(self) -> Faults:
        return self._slack.faults

    @property
    def record(self) -> Record:
        return self._slack.record

    def chat(self) -> SlackChat:
        """An adapter of a house that begins; the platform outlives it."""
        rates = replace(SLACKS, line=self._line) if self._line else UNPACED
        chat = OnSlack(settings_for(self._slack, self._team, called=self._called, rates=rates), self._content)
        chat.heard, chat.paced = self._heard, self._line is not None
        return chat

    # ── who and where ────────────────────────────────────────────────────────────────────────────────────

    def where(self, who: str, name: str) -> tuple[Identity, Address]:
        return Identity(SLACK, ACCOUNTS[who]), Address(SLACK, self.key(name, who))

    def key(self, name: str, who: str = "ann") -> str:
        if name == "team":
            return self._team.id
        if name == "private":
            return _IDS[who]
        if name not in self._threads and name not in self._unborn:
            self._unborn.append(name)
        thread = self._threads.get(name) or f"{_UNBORN}{self._unborn.index(name)}"
        channel = self._people[who].private if name.startswith("dm") else self._team
        return f"{channel.id}/{thread}"

    def called(self, key: str) -> str:
        """The name of a conversation."""
        there = place_of(key)
        if there.thread is None:
            return "team" if there.channel == self._team.id else "private"
        return next(name for name, ts in self._threads.items() if ts == there.thread)

    def _place(self, key: str) -> tuple[Channel, str | None]:
        """The channel, and the thread if it was begun."""
        there = place_of(key)
        who = next((name for name, id in _IDS.items() if id == there.channel), None)
        channel = self._people[who].private if who else self._slack.workspace.channels[there.channel]
        thread = there.thread
        if thread is not None and thread.startswith(_UNBORN):
            thread = self._threads.get(self._unborn[int(thread.removeprefix(_UNBORN))])
        return channel, thread

    # ── what people do ───────────────────────────────────────────────────────────────────────────────────

    async def does(self, inbound: Inbound) -> Receipt:
        """On their screen; what the desk made of it."""
        count = len(self._heard.told)
        who = self._person(inbound.identity)
        channel, thread = self._place(inbound.where.key)
        match inbound:
            case Wrote():
                self._writes(who, channel, thread, inbound)
            case Edited(of=of, text=text):
                who.edits(self._written[of], text, channel)
            case Deleted(of=of):
                who.deletes(self._written[of], channel)
            case Pressed(token=token):
                who.presses_token(token, channel, self._shown_with(token, channel))
            case Submitted(values=values):
                await self._slack.record.until(lambda: self._has_form(who))
                who.submits(values["text"])
            case Reacted(emoji=emoji, message_id=id, of=of):
                who.reacts(self._written[of] if of else id, _EMOJI[emoji], channel)
            case Stopped():
                assert thread is not None
                who.stops(channel, thread)
            case _:
                raise AssertionError(f"Nobody does that in Slack: {inbound}")
        self._last = list(self._slack.delivery.envelopes.values())[-1]
        receipt = await self._heard.after(count, type(inbound))
        await until_taken(self._slack)
        if receipt.text and isinstance(inbound, Pressed | Submitted):
            await self.told(who.user.name.lower(), receipt.text)
        return receipt

    def _person(self, identity: Identity) -> Person:
        return next(self._people[name] for name, account in ACCOUNTS.items() if account == identity.account)

    def _writes(self, who: Person, channel: Channel, thread: str | None, wrote: Wrote) -> None:
        """Slack knows no slash command in a thread."""
        text = f"!{wrote.text[1:]}" if wrote.text.startswith("/") else wrote.text
        if not wrote.addressed:
            whom, _, words = text.partition(": ")
            ts = who.tells(_IDS[whom], words, channel, thread)
        elif thread is not None or channel.kind == "im":
            ts = who.writes(text, channel, thread)
        else:
            ts = who.mentions(text, channel)
        self._written[wrote.key] = ts
        there = place_of(wrote.where.key).thread
        if thread is None and there is not None:
            self._threads[self._unborn[int(there.removeprefix(_UNBORN))]] = ts

    def _shown_with(self, token: str, channel: Channel) -> Json:
        """The message with that button, also if it is gone meanwhile: the finger was on its way."""
        for message in channel.messages.values():
            if token in _labels(message):
                return message
        return self._once[token]

    def _has_form(self, who: Person) -> bool:
        try:
            return bool(who.sees_form())
        except Impossible:
            return False

    async def types(self, who: str, text: str, where: str) -> str:
        """The slash command, in a channel or in private; what it is answered with, to nobody else."""
        channel, _ = self._place(self.key(where, who))
        envelope = self._people[who].types(text, channel)
        await self._slack.record.until(lambda: envelope.acknowledged)
        return str((envelope.answer or {}).get("text", ""))

    async def told(self, who: str, words: str) -> None:
        """What only they see comes, after what they were told before."""
        person, before = self._people[who], self._told.get(who, 0)
        await self._slack.record.until(lambda: len(person.is_told()) > before)
        said = person.is_told()[before]
        self._told[who] = before + 1
        assert said == words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"), said

    async def again(self, last: Inbound) -> Receipt:
        """Slack delivers the last envelope once more."""
        assert self._last is not None
        count = len(self._heard.told)
        self._slack.delivery.repeat(self._last)
        return await self._heard.after(count, type(last))

    def close_conversation(self, name: str) -> None:
        raise AssertionError(f"Nobody deletes the thread {name} in Slack: its answers stay.")

    def block(self, name: str, *, blocked: bool = True) -> None:
        """A channel is left by the app, and joined again."""
        channel, _ = self._place(self.key(name))
        bot = self._slack.workspace.bot.id
        (channel.members.discard if blocked else channel.members.add)(bot)

    # ── what people see ──────────────────────────────────────────────────────────────────────────────────

    def messages(self, key: str) -> list[Message]:
        channel, thread = self._place(key)
        if thread is None and place_of(key).thread is not None:
            return []
        ours = [
            each for each in self._slack.shown(channel, thread) if each.user == self._slack.workspace.bot.id
        ]
        for each in ours:
            self._once |= dict.fromkeys(_labels(each.payload), each.payload.copy())
        return [message for each in ours for message in _messages(each)]


def _messages(shown: Shown) -> Iterator[Message]:
    """A shared file is found by its own id."""
    if shown.files:
        yield from (Message(file["id"], f"file {file['title']}", ()) for file in shown.files)
        return
    words = "\n".join(_words(block) for block in shown.blocks) if shown.blocks else shown.text
    yield Message(shown.ts, words, tuple(_labels(shown.payload).values()))


def _words(block: Json) -> str:
    match block["type"]:
        case "actions":
            return ""
        case "section" if mentioned := re.fullmatch(r"<@(\w+)>", block["text"]["text"]):
            return "@" + next(name for name, id in _IDS.items() if id == mentioned[1])
        case "plan":
            return "\n".join(
                [block["title"], *(f"{_MARKS[task['status']]} {task['title']}" for task in block["tasks"])]
            )
        case _:
            return "\n".join(texts(block))


def _labels(message: Json) -> dict[str, str]:
    """How its buttons read, by what they send."""
    return {each["action_id"]: each["text"]["text"] for each in buttons(message.get("blocks") or [])}
