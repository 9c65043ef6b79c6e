"""The terminal as a chat: a post there is delivered when its row is committed, so there is nothing to send.

What a person sees is drawn by ``session``, which follows the rows from its own cursor.
"""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from adapters.chats import markup
from adapters.chats.terminal.words import MARKS
from bot.errors import ChatError
from bot.model.conversations import Address, FileRef, Form
from bot.model.health import Connection
from bot.model.posts import Part, Post
from bot.ports import Abilities, Receive, Supplies, Topic

if TYPE_CHECKING:
    from bot.settings import Settings

NAME: Final = "terminal"

ABILITIES: Final = Abilities(
    threads=True,
    edit=True,
    buttons=True,
    forms=True,
    lookup=True,
    local=True,
    max_chars=100_000,
    edit_every_s=0.0,
)


class TerminalChat:
    """The Chat port over nothing at all; the database is the wire."""

    def __init__(self) -> None:
        self._since = datetime.now(UTC)

    @property
    def name(self) -> str:
        return NAME

    @property
    def abilities(self) -> Abilities:
        return ABILITIES

    @property
    def connection(self) -> Connection:
        return Connection(since=self._since)

    async def listen(self, receive: Receive) -> None:  # noqa: ARG002  (a session hands its lines to the house itself)
        await asyncio.Event().wait()

    def parts(self, post: Post) -> tuple[Part, ...]:
        steps = "\n".join(f"{MARKS[step.state]} {step.text}" for step in post.steps)
        whole = "\n\n".join(filter(None, (post.markdown, steps, post.footer)))
        texts = markup.split(markup.neutralise(whole), ABILITIES.max_chars)
        return tuple(Part(json.dumps({"text": text}, ensure_ascii=False)) for text in texts)

    async def send(self, where: Address, part: Part, key: str, again: bool) -> str:  # noqa: ARG002
        return key

    async def edit(self, where: Address, message_id: str, part: Part) -> None: ...

    async def direct(self, account: str) -> Address | None:  # noqa: ARG002  (whoever sits there reads it)
        return Address(NAME, "main")

    async def fetch(self, file: FileRef, max_bytes: int) -> bytes:  # noqa: ARG002
        raise ChatError(f"{file.name!r} was not attached here: in a terminal, name the file in your message.")

    async def react(self, where: Address, message_id: str, emoji: str) -> None: ...
    async def typing(self, where: Address) -> None: ...
    async def reopen(self, where: Address, title: str) -> Address | None:  # noqa: ARG002
        return None  # nothing is ever gone here

    async def open_topic(self, where: Address, title: str) -> Topic | None:  # noqa: ARG002
        return None

    async def open_form(self, where: Address, form: Form) -> None: ...
    async def close(self) -> None: ...


def make(_settings: Settings, _name: str, _supplies: Supplies) -> TerminalChat:
    """The entry point ``frontdesk.chats``."""
    return TerminalChat()
