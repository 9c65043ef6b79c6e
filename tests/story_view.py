"""What a story's conversations show: posts in order, edits, cards, and the buttons that can be pressed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from bot.model.conversations import Conversation
from bot.model.dispatches import StepState
from bot.model.posts import Button, OutboxRow, OutboxState, PartRow, Post, PostKind
from bot.ports import Unit
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

    async def conversations(self) -> list[str]:
        async with self.house.reading() as unit:
            found = await unit.find(Conversation)
        return [each.key if each.chat == self.house.chat else each.chat for each in found]

    async def _found(self, unit: Unit, where: str) -> list[Conversation]:
        """The name of another chat stands for the one conversation that there is."""
        if where in self.house.platforms:
            return await unit.find(Conversation, chat=where)
        return await unit.find(Conversation, chat=self.house.chat, key=where)

    async def _rows(self, unit: Unit, where: str) -> list[OutboxRow]:
        """What was posted there, and has arrived."""
        found = await self._found(unit, where)
        return await unit.find(OutboxRow, conversation=found[0].id, state=OutboxState.SENT) if found else []

    async def posts(self, where: str) -> list[str]:
        async with self.house.reading() as unit:
            rows = await self._rows(unit, where)
            posts = [row for row in rows if row.kind is not PostKind.CARD and row.edits is None]
            texts = [await self._text(unit, row, where) for row in posts]
        return [text for text in texts if text]

    async def _text(self, unit: Unit, row: OutboxRow, where: str = "") -> str:
        """As people see it: on a platform what arrived there, else the row itself; empty when it arrived in
        the thread that the conversation had before."""
        conversation = await unit.get(Conversation, row.conversation)
        platform = self.house.platforms.get(conversation.chat) if conversation else None
        if platform is None:
            return shown(row.post)
        ids = [part.message_id for part in await unit.find(PartRow, outbox=row.id)]
        messages = [message for message in platform.messages() if message.id in ids]
        messages = [message for message in messages if where in ("", platform.name, message.where)]
        return "\n".join(f"{m.text}\n{' '.join(f'[{label}]' for label in m.buttons)}" for m in messages)

    async def edits(self, where: str) -> list[str]:
        async with self.house.reading() as unit:
            rows = await self._rows(unit, where)
            by_id = {row.id: row for row in rows}
            edits = [row for row in rows if row.edits in by_id]
            conversation = await self._found(unit, where)
            if not conversation or conversation[0].chat not in self.house.platforms:
                return [shown(row.post) for row in edits]
            return [await self._text(unit, by_id[row.edits or ""]) for row in edits]

    async def cards(self, id: str, where: str) -> list[str]:
        async with self.house.reading() as unit:
            rows = [row for row in await self._rows(unit, where) if row.kind is PostKind.CARD]
            wanted = [row for row in rows if id in ("", row.dispatch)][-1:]
            if self.house.chat in self.house.platforms:
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
        about: dict[str, Any] = {"question": id} if id.startswith("q") else {"dispatch": id}
        async with self.house.reading() as unit:
            if where in self.house.platforms:
                about["conversation"] = tuple(found.id for found in await self._found(unit, where))
            rows = await unit.find(OutboxRow, newest=True, edits=None, state=OutboxState.SENT, **about)
            parts = await unit.find(PartRow, outbox=rows[0].id) if rows else []
        return parts[0].message_id if parts else rows[0].id if rows else None
