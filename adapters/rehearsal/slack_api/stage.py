"""The demo's place on the rehearsed Slack: one thread in a channel, two people, and what they see."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from adapters.chats.markup import plain
from adapters.rehearsal.phones import Seen
from adapters.rehearsal.slack_api.blocks import buttons, texts
from adapters.rehearsal.slack_api.page import page
from adapters.rehearsal.slack_api.people import Person
from adapters.rehearsal.slack_api.refusals import Json
from adapters.rehearsal.slack_api.server import SlackApi
from adapters.rehearsal.slack_api.workspace import Shown

_IDS: Final = {"ann": "U024ANN", "bob": "U024BOB"}
_MARKS: Final = {"complete": "✅", "in_progress": "⏳", "error": "❌", "pending": "⬜"}
_POPS_UP_WITHIN_S: Final = 1.5


class SlackPhones:
    def __init__(self, slack: SlackApi) -> None:
        self._slack = slack
        self._people: dict[str, Person] = {id: slack.person(id.capitalize(), _IDS[id]) for id in _IDS}
        self._channel = slack.channel("shop", *self._people.values())
        self._thread: str | None = None  # the first message's, once there is one

    @property
    def where(self) -> str:
        return "a thread in the Slack channel #shop"

    @property
    def configuration(self) -> str:
        return f'[chats.slack]\n\n[chats.slack.channels.{self._channel.id}]\nproject = "shop"'

    @property
    def accounts(self) -> Mapping[str, str]:
        return {id: f'slack = "{person.account}"' for id, person in self._people.items()}

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            "SLACK_BOT_TOKEN": self._slack.bot_token,
            "SLACK_APP_TOKEN": self._slack.app_token,
            "SLACK_API_URL": self._slack.api_url,
        }

    def writes(self, person: str, words: str, answers: str | None = None) -> None:  # noqa: ARG002
        """The first message mentions the app; in a thread that it knows nobody has to, or quotes anything."""
        if self._thread is None:
            self._thread = self._people[person].mentions(words, self._channel)
        else:
            self._people[person].writes(words, self._channel, self._thread)

    async def presses(self, person: str, label: str) -> str:
        """Slack has nothing that pops up: what only they see is a message, if there is one."""
        who = self._people[person]
        before = len(who.is_told())
        pressed = who.presses(label, self._channel)
        await self._slack.record.until(lambda: pressed.acknowledged)
        try:
            await self._slack.record.until(lambda: len(who.is_told()) > before, _POPS_UP_WITHIN_S)
        except TimeoutError:
            return ""
        return who.is_told()[-1]

    def sees(self) -> Sequence[Seen]:
        if self._thread is None:
            return []
        return [self._seen(shown) for shown in self._slack.shown(self._channel, self._thread)]

    async def changed(self) -> None:
        await self._slack.record.changed()

    def page(self) -> str:
        return page(self._slack.workspace, "Frontdesk in Slack, rehearsed")

    def _seen(self, shown: Shown) -> Seen:
        name = self._slack.workspace.users[shown.user].name
        rows = [block for block in shown.blocks if block["type"] == "actions"]
        labels = tuple(tuple(each["text"]["text"] for each in buttons([row])) for row in rows)
        files = tuple(str(file["title"]) for file in shown.files)
        return Seen(shown.ts, name, _as_read(shown), labels, files)


def _as_read(shown: Shown) -> str:
    """Without marks, and with the name of whoever is mentioned."""
    if not shown.blocks:
        return shown.text.replace("<@UDESK>", "@frontdesk")
    return "\n".join(line for block in shown.blocks for line in _lines(block))


def _lines(block: Json) -> Iterator[str]:
    match block["type"]:
        case "actions":
            return
        case "plan":
            yield str(block["title"])
            yield from (f"{_MARKS[task['status']]} {task['title']}" for task in block["tasks"])
        case _:
            yield from map(plain, texts(block))


@asynccontextmanager
async def open_phones() -> AsyncGenerator[SlackPhones]:
    """The entry point ``frontdesk.rehearsals``."""
    async with SlackApi() as slack:
        yield SlackPhones(slack)
