"""The demo's place on the rehearsed Telegram: a group with two people, and what is on their screens."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from adapters.rehearsal.bot_api.chats import Shown
from adapters.rehearsal.bot_api.people import Person
from adapters.rehearsal.bot_api.places import Place
from adapters.rehearsal.bot_api.server import BotApi
from adapters.rehearsal.phones import Seen

_NUMBERS: Final = {"ann": 4711, "bob": 4712}
"""Telegram's numbers of people, by their ids in the configuration."""


class TelegramPhones:
    def __init__(self, api: BotApi) -> None:
        self._api = api
        self._place: Place = api.supergroup("Shop")
        self._people: dict[str, Person] = {
            id: api.person(id.capitalize(), number) for id, number in _NUMBERS.items()
        }

    @property
    def group(self) -> int:
        """Its number on Telegram."""
        return self._place.id

    @property
    def where(self) -> str:
        return "the Telegram group Shop"

    @property
    def configuration(self) -> str:
        return f'[chats.telegram]\n\n[chats.telegram.channels."{self.group}"]\nproject = "shop"'

    @property
    def accounts(self) -> Mapping[str, str]:
        return {id: f"telegram = {number}" for id, number in _NUMBERS.items()}

    @property
    def environment(self) -> Mapping[str, str]:
        return {"TELEGRAM_BOT_TOKEN": self._api.token, "TELEGRAM_API_URL": self._api.url}

    def writes(self, person: str, words: str, answers: str | None = None) -> None:
        """In a group the bot hears what mentions it or answers it."""
        if answers is None:
            self._people[person].writes(f"@{self._api.platform.username} {words}", self._place)
        else:
            self._people[person].writes(words, self._place, reply_to=int(answers))

    async def presses(self, person: str, label: str) -> str:
        press = self._people[person].presses(label, self._place)
        await self._api.record.until(lambda: press.text is not None)
        return press.text or ""

    def sees(self) -> Sequence[Seen]:
        return [_seen(shown) for shown in self._place.shown()]

    async def changed(self) -> None:
        await self._api.record.changed()

    def page(self) -> None:
        """Nobody has drawn one yet."""


def _seen(shown: Shown) -> Seen:
    answered = shown.payload.get("reply_to_message")
    document = shown.payload.get("document")
    return Seen(
        str(shown.id),
        shown.by,
        shown.text,
        shown.buttons,
        (str(document["file_name"]),) if document else (),
        str(answered["message_id"]) if answered else None,
    )


@asynccontextmanager
async def open_phones() -> AsyncGenerator[TelegramPhones]:
    """The entry point ``frontdesk.rehearsals``."""
    async with BotApi() as api:
        yield TelegramPhones(api)
