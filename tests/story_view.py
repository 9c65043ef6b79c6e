"""What a story's conversations show: posts in order, edits, cards, and the buttons that can be pressed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from adapters.chats.terminal.chat import NAME as TERMINAL
from adapters.rehearsal.scripted_chat.platform import Message as PlatformMessage
from bot.model.conversations import Conversation
from bot.model.dispatches import StepState
from bot.model.log import Blob
from bot.model.posts import Button, OutboxRow, OutboxState, PartRow, Post, PostKind
from bot.model.schedules import Firing, FiringState
from bot.ports import Unit
from tests.phones import Message, as_shown
from tests.story_house import StoryHouse

MARKS: Final = {StepState.DONE: "✓", StepState.ACTIVE: "▸", StepState.FAILED: "✗", StepState.OPEN: "○"}


def matches(pattern: str, text: str) -> bool:
    """Whether ``pattern`` with its ``…`` occurs in the text, wherever lines break."""
    expression = ".*".join(re.escape(" ".join(part.split())) for part in pattern.split("…"))
    return re.search(expression, " ".join(text.split()), re.DOTALL) is not None


def shown(post: Post) -> str:
    """A post as one text: words, steps, files, footer, buttons."""
    steps = [f"{MARKS[step.state]} {step.text}" for step in post.steps]
    files = [f"file {file.name}" for file in post.files]
    buttons = [f"[{button.label}]" for button in post.buttons]
    return "\n".join([post.markdown, *steps, *files, post.footer, *buttons])


@dataclass(frozen=True, slots=True)
class View:
    house: StoryHouse

    def matches(self, pattern: str, text: str) -> bool:
        """Phones show words formatted."""
        if self.house.phones:
            pattern, text = as_shown(pattern), as_shown(text)
        return matches(pattern, text)

    async def conversations(self) -> list[str]:
        async with self.house.reading() as unit:
            found = await unit.find(Conversation)
        return [self._name(each) for each in found]

    def _name(self, conversation: Conversation) -> str:
        if conversation.chat != self.house.chat:
            return conversation.chat
        phones = self.house.phones
        return phones.called(conversation.key) if phones else conversation.key

    async def _found(self, unit: Unit, where: str) -> list[Conversation]:
        """The name of another chat stands for the one conversation that there is."""
        if where in (*self.house.platforms, TERMINAL) and where != self.house.chat:
            return await unit.find(Conversation, chat=where)
        key = self.house.phones.key(where) if self.house.phones else where
        return await unit.find(Conversation, chat=self.house.chat, key=key)

    async def _rows(self, unit: Unit, where: str) -> list[OutboxRow]:
        """What was posted there, and has arrived."""
        found = await self._found(unit, where)
        return await unit.find(OutboxRow, conversation=found[0].id, state=OutboxState.SENT) if found else []

    async def posts(self, where: str) -> list[str]:
        async with self.house.reading() as unit:
            rows = await self._rows(unit, where)
            posts = [row for row in rows if row.kind is not PostKind.CARD and row.edits is None]
            texts = [await self._text(unit, row) for row in posts]
        return [text for text in texts if text]

    async def _text(self, unit: Unit, row: OutboxRow) -> str:
        """As people see it: on a platform what arrived there, else the row itself; empty when it arrived in
        the thread that the conversation had before."""
        conversation = await unit.get(Conversation, row.conversation)
        assert conversation is not None
        messages = self._messages(conversation)
        if messages is None:
            return shown(row.post)
        ids = [part.message_id for part in await unit.find(PartRow, outbox=row.id)]
        seen = [message for message in messages if message.id in ids]
        return "\n".join(f"{m.text}\n{' '.join(f'[{label}]' for label in m.buttons)}" for m in seen)

    def _messages(self, conversation: Conversation) -> Sequence[PlatformMessage | Message] | None:
        """What is on the platform's screen there; None: it has none of its own."""
        if self.house.phones and conversation.chat == self.house.phones.name:
            return self.house.phones.messages(conversation.key)
        platform = self.house.platforms.get(conversation.chat)
        return platform.messages(conversation.key) if platform else None

    async def edits(self, where: str) -> list[str]:
        async with self.house.reading() as unit:
            rows = await self._rows(unit, where)
            by_id = {row.id: row for row in rows}
            edits = [row for row in rows if row.edits in by_id]
            conversation = await self._found(unit, where)
            if not conversation or self._messages(conversation[0]) is None:
                return [shown(row.post) for row in edits]
            return [await self._text(unit, by_id[row.edits or ""]) for row in edits]

    async def cards(self, id: str, where: str) -> list[str]:
        async with self.house.reading() as unit:
            rows = [row for row in await self._rows(unit, where) if row.kind is PostKind.CARD]
            wanted = [row for row in rows if id in ("", row.dispatch)][-1:]
            if self.house.chat != TERMINAL:
                return [await self._text(unit, row) for row in wanted]
        cards = [await self.house.running.desk.card(row) for row in wanted]
        return [shown(card) for card in cards if card]

    async def button(self, label: str, where: str) -> str | None:
        """The newest button with that label that was not used, as the conversation shows it."""
        async with self.house.reading() as unit:
            for row in reversed(await self._rows(unit, where)):
                for view in row.post.buttons:
                    button = await unit.get(Button, view.token)
                    if view.label == label and button is not None and button.used_at is None:
                        return view.token
        return None

    async def message_about(self, id: str, where: str) -> str | None:
        """The platform id of the newest post about q1 or d1; in a terminal the row's own."""
        if id.startswith("s"):
            return await self._digest_of(id)
        about: dict[str, Any] = {"question": id} if id.startswith("q") else {"dispatch": id}
        async with self.house.reading() as unit:
            if where in self.house.platforms or self.house.phones:
                about["conversation"] = tuple(found.id for found in await self._found(unit, where))
            rows = await unit.find(OutboxRow, newest=True, edits=None, state=OutboxState.SENT, **about)
            parts = await unit.find(PartRow, outbox=rows[0].id) if rows else []
        return parts[0].message_id if parts else rows[0].id if rows else None

    async def handed_over(self, name: str) -> bytes | None:
        """The newest file of that name in any post."""
        async with self.house.reading() as unit:
            rows = await unit.find(OutboxRow)
            found = [file for row in rows for file in row.post.files if file.name == name]
            blob = await unit.get(Blob, found[-1].sha256) if found else None
            return blob.data if blob else None

    async def _digest_of(self, schedule: str) -> str | None:
        """The newest one; in a terminal the row's own id."""
        async with self.house.reading() as unit:
            given = await unit.find(Firing, schedule=schedule, state=FiringState.DONE, newest=True, limit=1)
            parts = await unit.find(PartRow, outbox=given[0].outbox) if given else []
        return parts[0].message_id if parts else given[0].outbox if given else None
