"""The rehearsed Bot API as a server on loopback, with its people and places."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from adapters.rehearsal.bot_api.chats import Chat, Shown
from adapters.rehearsal.bot_api.endpoints import Endpoints
from adapters.rehearsal.bot_api.faults import Faults
from adapters.rehearsal.bot_api.people import Person
from adapters.rehearsal.bot_api.places import Place
from adapters.rehearsal.bot_api.platform import MIB, Platform, Rules
from adapters.rehearsal.bot_api.record import Record
from adapters.rehearsal.bot_api.updates import Updates
from adapters.rehearsal.bot_api.webhook import post_updates
from adapters.rehearsal.wire import Loopback

TOKEN: Final = "4711000:rehearsal-of-a-token"  # noqa: S105  opens nothing
_FORM_BYTES: Final = MIB  # what a form adds to a file


class BotApi:
    """``async with BotApi() as api``: speaks until the block ends, for one bot.

    ``record``: a file that every event goes to too, so that it outlives any process. ``clock`` gives seconds
    since the epoch; presses, drafts and paces go by it.
    """

    def __init__(
        self,
        rules: Rules | None = None,
        *,
        token: str = TOKEN,
        username: str = "frontdesk_bot",
        faults: Faults | None = None,
        record: Path | None = None,
        port: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.url = ""  # for TELEGRAM_API_URL
        self.token = token
        self.platform = Platform(token, username, rules or Rules(), faults or Faults(), clock, Record(record))
        most = self.platform.rules.upload_bytes + _FORM_BYTES
        self._loopback = Loopback(Endpoints(self.platform).respond, max_body_bytes=most, port=port)
        self._numbers = count(1)

    @property
    def record(self) -> Record:
        return self.platform.record

    @property
    def faults(self) -> Faults:
        return self.platform.faults

    @property
    def updates(self) -> Updates:
        return self.platform.updates

    @property
    def commands(self) -> dict[str, list[dict[str, str]]]:
        """As people see them, by scope and language: ``all_private_chats:``, ``chat:-100:de``."""
        return self.platform.commands

    async def __aenter__(self) -> Self:
        self.url = await self._loopback.open()
        self._posting = asyncio.create_task(post_updates(self.platform))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._posting.cancel()
        await asyncio.gather(self._posting, return_exceptions=True)
        await self._loopback.close()

    # Who is there.

    def person(
        self, first_name: str, id: int = 0, *, username: str = "", language: str = "en", is_bot: bool = False
    ) -> Person:
        """Somebody who has a phone. The bot cannot write to her before she has written to it."""
        id = id or 100_000 + next(self._numbers)
        topics = self.platform.rules.topics_in_private
        chat = Chat(id, "private", first_name, username, topics_on=topics, known=False)
        self.platform.chats.setdefault(id, chat)
        return Person(self.platform, id, first_name, username, language, is_bot)

    def group(self, title: str, *, admin: bool = False) -> Place:
        """A small group that the bot is a member or an administrator of."""
        return self._place(Chat(-next(self._numbers), "group", title), admin=admin)

    def supergroup(self, title: str, *, forum: bool = False, admin: bool = False) -> Place:
        """``forum``: with topics; there is always General."""
        chat = Chat(-1_000_000_000_000 - next(self._numbers), "supergroup", title, forum=forum)
        return self._place(chat, admin=admin)

    def channel(self, title: str) -> Place:
        chat = Chat(-1_000_000_000_000 - next(self._numbers), "channel", title)
        return self._place(chat, admin=True)

    def _place(self, chat: Chat, *, admin: bool) -> Place:
        chat.standing = "administrator" if admin else "member"
        self.platform.chats[chat.id] = chat
        return Place(self.platform, chat)

    async def polled(self) -> None:
        """Returns once somebody waits for updates."""
        await self.updates.polled.wait()

    def shown(self, chat: int | Place | Person) -> list[Shown]:
        """What people see there now, oldest first."""
        return self.platform.shown(chat if isinstance(chat, int) else chat.id)
