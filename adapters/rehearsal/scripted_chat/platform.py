"""The scripted platform: people, messages with ids and keys, deliveries until they are acknowledged."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any, Final, cast
from uuid import uuid4

from adapters.rehearsal.scripted_chat import wire
from adapters.rehearsal.scripted_chat.faults import Fault, Faults
from adapters.rehearsal.scripted_chat.journal import Journal
from bot.model.conversations import Address, Inbound, Pressed, Stopped, Submitted, Wrote
from bot.model.people import Identity

_MOST_REPEATS: Final = 20  # a successor that reads the whole journal does not repeat all of it
POLL_S: Final = 0.02  # how soon the platform sees what another process has written to its journal


class RateLimited(Exception):
    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"Too many requests; try again in {retry_after_s} s.")
        self.retry_after_s = retry_after_s


class Rejected(Exception):
    """The platform will never take this."""


class Blocked(Exception):
    """The platform takes nothing from us there."""


class Unknown(Exception):
    """There is no such conversation or message (any more)."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of ours as people see it."""

    id: str
    key: str
    where: str
    body: str
    edits: int = 0

    @property
    def text(self) -> str:
        return str(_content(self.body)["text"])

    @property
    def buttons(self) -> dict[str, str]:
        """Token by label."""
        buttons = cast("list[dict[str, str]]", _content(self.body)["buttons"])
        return {button["label"]: button["token"] for button in buttons}


def _direct(account: str) -> str:
    return f"@{account}"


def _content(body: str) -> dict[str, object]:
    return cast("dict[str, object]", json.loads(body))


class Platform:
    def __init__(
        self,
        journal: Journal | None = None,
        *,
        name: str = "scripted",
        faults: Faults | None = None,
        lookup: bool = True,
        opens_directs: bool = True,
        opens_threads: bool = True,
        topics: bool = False,
        one_listener: bool = False,
        max_chars: int = 2000,
        redeliver_every: int = 0,
    ) -> None:
        """``opens_directs``: we may write to somebody who has not written to us first; ``opens_threads``:
        we may begin a thread ``channel/…``; ``topics``: and give work one of its own; ``one_listener``: it
        hands its events to one process; ``redeliver_every`` n: each n-th acknowledged event comes once more,
        when nothing new waits."""
        self.name = name
        self.lookup = lookup
        self.opens_directs = opens_directs
        self.opens_threads = opens_threads
        self.topics = topics
        self.one_listener = one_listener
        self.max_chars = max_chars
        self.faults = faults or Faults()
        self._journal = journal or Journal()
        self._redeliver_every = redeliver_every
        self._messages: dict[str, Message] = {}
        self._events: dict[str, Inbound] = {}
        self._waiting: dict[str, Inbound] = {}  # by key, in order of arrival
        self._acknowledged: list[str] = []
        self._again: deque[Inbound] = deque(maxlen=_MOST_REPEATS)
        self.files: dict[str, bytes] = {}  # what people attached, by its id
        self._forms: list[str] = []
        self._topics: dict[str, str] = {}  # titles by place
        self._gone: set[str] = set()
        self._blocked: set[str] = set()
        self._changed = asyncio.Event()

    # People.

    def writes(self, account: str, text: str, where: str = "main", **more: Any) -> str:
        """Somebody writes a message; its key. ``more`` are fields of Wrote."""
        return self.happens(Wrote(*self._from(account, where), text, account, **more))

    def presses(self, account: str, label: str, where: str = "main") -> str:
        """Somebody presses the newest button with this label."""
        for message in reversed(self.messages(where)):
            if token := message.buttons.get(label):
                return self.happens(Pressed(*self._from(account, where), token, account, message.id))
        raise Unknown(f"No message in {where!r} has a button {label!r}.")

    def submits(self, account: str, token: str, values: dict[str, str], where: str = "main") -> str:
        return self.happens(Submitted(*self._from(account, where), token, values, account))

    def stops(self, account: str, where: str = "main") -> str:
        return self.happens(Stopped(*self._from(account, where), account))

    def _from(self, account: str, where: str) -> tuple[Identity, Address, str]:
        return Identity(self.name, account), Address(self.name, where), f"{self.name}:{uuid4().hex}"

    def happens(self, inbound: Inbound) -> str:
        """Any event; it is delivered until it is acknowledged."""
        self._record("event", **wire.written(inbound))
        return inbound.key

    def redeliver(self, key: str) -> None:
        """Deliver an event once more although it was acknowledged."""
        self._record("redelivery", key=key)

    def close_conversation(self, where: str) -> None:
        self._record("gone", where=where)

    def block(self, where: str, *, blocked: bool = True) -> None:
        self._record("blocked" if blocked else "unblocked", where=where)

    # The platform's own interface, as an adapter calls it.

    async def post(self, where: str, body: str, key: str) -> str:
        """A new message; its id. Posting the same key twice makes two messages."""

        def apply() -> str:
            id = f"m{len(self._messages) + 1}-{uuid4().hex[:8]}"  # processes count beside each other
            self._record("message", id=id, key=key, where=where, body=body)
            return id

        self._check(where, body)
        return await self._called(apply)

    async def edit(self, where: str, id: str, body: str) -> None:
        def apply() -> str:
            self._record("edit", id=id, body=body)
            return id

        self._check(where, body)
        if id not in self._messages:
            raise Unknown(f"There is no message {id}.")
        await self._called(apply)

    async def direct(self, account: str) -> str | None:
        """The private conversation with that account; None until they have written, unless we may begin."""
        self._refresh()
        await self._called(lambda: account)
        began = self.opens_directs or any(
            each.where.key == _direct(account) for each in self._events.values()
        )
        return _direct(account) if began else None

    async def reopen(self, where: str) -> str | None:
        """A new thread, or what the old one lay in where none may be opened."""
        self._refresh()
        channel, _, thread = where.partition("/")
        if not thread or channel in self._gone:
            return None
        await self._called(lambda: channel)
        return f"{channel}/{int(thread) + 1 if thread.isdecimal() else 1}" if self.opens_threads else channel

    async def open_topic(self, where: str, title: str) -> str | None:
        """A new thread with a title; none where no thread may be opened, or in one. Each call opens one."""

        def apply() -> str:
            there = f"{where}/{sum(each.startswith(f'{where}/') for each in self._topics) + 1}"
            self._record("topic", where=there, title=title)
            return there

        self._check_place(where)
        return None if "/" in where or not self.opens_threads else await self._called(apply)

    async def find(self, where: str, key: str) -> str | None:
        """The id of the message that was posted with ``key``."""
        self._refresh()
        if not self.lookup:
            raise Rejected("This platform cannot look messages up.")
        return next((m.id for m in self._messages.values() if (m.key, m.where) == (key, where)), None)

    async def deliveries(self) -> AsyncIterator[Inbound]:
        """Events in order; one that was not acknowledged comes again before any other."""
        tried = ""
        while True:
            await self._arrival(lambda: bool(self._waiting or self._again))
            inbound = next(iter(self._waiting.values())) if self._waiting else self._again.popleft()
            if inbound.key == tried:
                await asyncio.sleep(POLL_S)
            tried = inbound.key
            yield inbound

    def open_form(self, where: str, token: str) -> None:
        self._record("form", where=where, token=token)

    def acknowledge(self, key: str) -> None:
        self._record("acknowledged", key=key)

    def _check(self, where: str, body: str) -> None:
        self._check_place(where)
        if (length := len(str(_content(body)["text"]))) > self.max_chars:
            raise Rejected(f"The text has {length} characters; the limit is {self.max_chars}.")

    def _check_place(self, where: str) -> None:
        self._refresh()
        if where in self._gone:
            raise Unknown(f"The conversation {where!r} is gone.")
        if where in self._blocked:
            raise Blocked(f"We are blocked in {where!r}.")

    async def _called(self, apply: Callable[[], str]) -> str:
        match self.faults.draw():
            case Fault.RATE_LIMIT:
                raise RateLimited(self.faults.retry_after_s)
            case Fault.REFUSE:
                raise Rejected("Refused.")
            case Fault.LOSE:
                raise ConnectionError("The connection broke before an answer came.")
            case Fault.APPLY_THEN_DROP:
                apply()
                raise ConnectionError("The connection broke before an answer came.")
            case Fault.APPLY_THEN_SLOW:
                done = apply()
                await asyncio.sleep(self.faults.slow_s)
                return done
            case Fault.OK:
                return apply()

    # What can be seen.

    def messages(self, where: str | None = None) -> list[Message]:
        self._refresh()
        return [message for message in self._messages.values() if where in (None, message.where)]

    def topics_opened(self) -> dict[str, str]:
        """Titles by place."""
        self._refresh()
        return dict(self._topics)

    def forms(self) -> list[str]:
        """Tokens of the forms that were opened; people fill them in with ``submits``."""
        self._refresh()
        return list(self._forms)

    def acknowledged(self) -> list[str]:
        self._refresh()
        return list(self._acknowledged)

    def waiting(self) -> list[str]:
        """Keys of the events that nobody has acknowledged yet."""
        self._refresh()
        return list(self._waiting)

    def doubled(self) -> list[str]:
        """Keys under which more than one message was posted."""
        keys = [message.key for message in self.messages()]
        return sorted({key for key in keys if keys.count(key) > 1})

    async def until(self, reached: Callable[[], bool], timeout_s: float = 10.0) -> None:
        """Returns once ``reached()``; TimeoutError shows what was there instead."""
        ends_at = time.monotonic() + timeout_s
        while not reached():
            if time.monotonic() > ends_at:
                shown = [message.text for message in self.messages()]
                raise TimeoutError(f"Not within {timeout_s} s; shown {shown}, waiting {self.waiting()}")
            await self._news()

    # Keeping the journal.

    def _record(self, kind: str, **fields: object) -> None:
        self._journal.append({"kind": kind, **fields})
        self._refresh()

    def _refresh(self) -> None:
        for record in self._journal.news():
            self._apply({str(key): value for key, value in record.items()})
            self._changed.set()

    def _apply(self, record: dict[str, Any]) -> None:
        match record.pop("kind"):
            case "event":
                inbound = wire.read(record)
                self._waiting[inbound.key] = inbound
                self._events[inbound.key] = inbound
            case "acknowledged":
                self._apply_acknowledged(str(record["key"]))
            case "redelivery":
                self._again.append(self._events[record["key"]])
            case "message":
                self._messages[record["id"]] = Message(**record)
            case "edit":
                old = self._messages[record["id"]]
                self._messages[old.id] = replace(old, body=record["body"], edits=old.edits + 1)
            case "form":
                self._forms.append(record["token"])
            case "topic":
                self._topics[record["where"]] = record["title"]
            case "gone":
                self._gone.add(record["where"])
            case "blocked":
                self._blocked.add(record["where"])
            case "unblocked":
                self._blocked.discard(record["where"])
            case other:
                raise ValueError(f"The journal has a record of the unknown kind {other!r}.")

    def _apply_acknowledged(self, key: str) -> None:
        inbound = self._waiting.pop(key, None)
        if inbound is None:
            return  # a repeat
        self._acknowledged.append(key)
        if self._redeliver_every and len(self._acknowledged) % self._redeliver_every == 0:
            self._again.append(inbound)

    async def _arrival(self, there: Callable[[], bool]) -> None:
        self._refresh()
        while not there():
            await self._news()
            self._refresh()

    async def _news(self) -> None:
        """Something happened here, or it is time to look at what other processes wrote."""
        try:
            async with asyncio.timeout(POLL_S):
                await self._changed.wait()
        except TimeoutError:
            self._refresh()
        self._changed.clear()
