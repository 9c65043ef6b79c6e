"""The adapter to the scripted platform: the Chat port as an adapter to a real platform would do it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from adapters.chats import markup
from adapters.rehearsal.scripted_chat.journal import Journal
from adapters.rehearsal.scripted_chat.platform import Blocked, Platform, RateLimited, Rejected, Unknown
from bot.crash import Point, crash_point
from bot.errors import ChatError, FrontdeskError, SettingsError
from bot.model.conversations import Address, FileRef, Form
from bot.model.dispatches import StepState
from bot.model.health import Connection
from bot.model.posts import Part, Post
from bot.ports import Abilities, Receive, Supplies, Topic

if TYPE_CHECKING:
    from bot.settings import Settings

_MARKS: Final = {StepState.DONE: "✓", StepState.ACTIVE: "▸", StepState.FAILED: "✗", StepState.OPEN: "○"}


class ScriptedChat:
    def __init__(self, platform: Platform, *, answer_within_s: float = 5.0, retry_s: float = 0.05) -> None:
        """``retry_s``: how long to rest after a call whose outcome is unknown."""
        self._platform = platform
        self._answer_within_s = answer_within_s
        self._retry_s = retry_s
        self._connection = Connection()

    @property
    def name(self) -> str:
        return self._platform.name

    @property
    def abilities(self) -> Abilities:
        return Abilities(
            threads=True,
            edit=True,
            buttons=True,
            forms=True,
            lookup=self._platform.lookup,
            one_listener=self._platform.one_listener,
            topics=self._platform.topics,
            max_chars=self._platform.max_chars,
            edit_every_s=0.0,
        )

    @property
    def connection(self) -> Connection:
        return self._connection

    async def listen(self, receive: Receive) -> None:
        now = datetime.now(UTC)
        self._connection = Connection(since=now, heard_at=now)
        try:
            await self._pass_on(receive)
        finally:
            self._connection = replace(self._connection, since=None)

    async def _pass_on(self, receive: Receive) -> None:
        async for inbound in self._platform.deliveries():
            self._connection = replace(self._connection, heard_at=datetime.now(UTC))
            try:
                await receive(inbound)
            except FrontdeskError:
                continue  # not acknowledged: it is delivered again
            self._platform.acknowledge(inbound.key)
            crash_point(Point.AFTER_ACK)

    def parts(self, post: Post) -> tuple[Part, ...]:
        steps = "\n".join(f"{_MARKS[step.state]} {step.text}" for step in post.steps)
        files = "\n".join(f"file {file.name}" for file in post.files)
        whole = "\n\n".join(filter(None, (post.markdown, steps, files, post.footer)))
        *texts, last = markup.split(markup.neutralise(whole), self._platform.max_chars)
        buttons = [
            {"token": button.token, "label": markup.neutralise(button.label)} for button in post.buttons
        ]
        return (*(_part(text, []) for text in texts), _part(last, buttons))

    async def send(self, where: Address, part: Part, key: str, again: bool) -> str:
        with self._calling(), _own_errors(self._retry_s):
            async with asyncio.timeout(self._answer_within_s):
                if again and self._platform.lookup and (id := await self._platform.find(where.key, key)):
                    return id
                return await self._platform.post(where.key, part.body, key)

    async def edit(self, where: Address, message_id: str, part: Part) -> None:
        with self._calling(), _own_errors(self._retry_s):
            async with asyncio.timeout(self._answer_within_s):
                await self._platform.edit(where.key, message_id, part.body)

    async def direct(self, account: str) -> Address | None:
        with _own_errors(self._retry_s):
            async with asyncio.timeout(self._answer_within_s):
                key = await self._platform.direct(account)
        return Address(self._platform.name, key) if key else None

    @contextmanager
    def _calling(self) -> Generator[None]:
        """Whether the platform answers calls is known from the last one."""
        try:
            yield
        except ChatError as error:
            if error.ambiguous:
                self._connection = replace(self._connection, problem=str(error))
            raise
        self._connection = replace(self._connection, problem="")

    async def reopen(self, where: Address, title: str) -> Address | None:  # noqa: ARG002
        with _own_errors(self._retry_s):
            async with asyncio.timeout(self._answer_within_s):
                key = await self._platform.reopen(where.key)
        return Address(self._platform.name, key) if key else None

    async def open_topic(self, where: Address, title: str) -> Topic | None:
        with self._calling(), _own_errors(self._retry_s):
            async with asyncio.timeout(self._answer_within_s):
                key = await self._platform.open_topic(where.key, title)
        return Topic(Address(self._platform.name, key), f"https://scripted.example/{key}") if key else None

    async def fetch(self, file: FileRef, max_bytes: int) -> bytes:
        data = self._platform.files.get(file.id)
        if data is None or len(data) > max_bytes:
            raise ChatError(f"{file.name!r} is not there any more, or larger than it said.")
        return data

    async def react(self, where: Address, message_id: str, emoji: str) -> None: ...
    async def typing(self, where: Address) -> None: ...

    async def open_form(self, where: Address, form: Form) -> None:
        self._platform.open_form(where.key, form.token)

    async def close(self) -> None: ...


def make(settings: Settings, name: str, _supplies: Supplies) -> ScriptedChat:
    """The entry point ``frontdesk.chats``: the platform is a file that processes share."""
    journal = settings.chats[name].journal
    if journal is None:
        raise SettingsError(f"chats.{name}.journal is missing: the file that stands for the platform")
    return ScriptedChat(Platform(Journal(journal), name=name, one_listener=True))


def _part(text: str, buttons: list[dict[str, str]]) -> Part:
    return Part(json.dumps({"text": text, "buttons": buttons}, ensure_ascii=False))


@contextmanager
def _own_errors(retry_s: float) -> Generator[None]:
    try:
        yield
    except RateLimited as error:
        raise ChatError(str(error), retry_after_s=error.retry_after_s) from error
    except Unknown as error:
        raise ChatError(str(error), gone=True) from error
    except Blocked as error:
        raise ChatError(str(error), forbidden=True) from error
    except Rejected as error:
        raise ChatError(str(error)) from error
    except (ConnectionError, TimeoutError) as error:
        raise ChatError(
            f"The platform did not answer: {error}", retry_after_s=retry_s, ambiguous=True
        ) from error
