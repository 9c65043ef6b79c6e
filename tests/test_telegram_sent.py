"""What models write is really sent: over the library, to a Telegram that refuses what the real one does."""

from __future__ import annotations

import asyncio
import html
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.chats.markup import neutralise
from adapters.chats.telegram.chat import TelegramChat
from adapters.rehearsal.bot_api import BotApi, Person, Rules, Shown
from bot.model.posts import ButtonView, Post
from tests.telegram_chats import private, settings_for
from tests.telegram_text import NASTY, TOKENS

MARKDOWN = st.lists(st.sampled_from(TOKENS) | st.text(max_size=8), max_size=120).map("".join)
LABELS = st.lists(st.text(max_size=40), max_size=3)


@dataclass
class Phone:
    """Ann's, and the adapter that writes to her."""

    runner: asyncio.Runner
    api: BotApi
    chat: TelegramChat
    ann: Person

    def shows(self, post: Post) -> list[Shown]:
        """What arrived of it; every call was taken as it was made."""
        before, calls = len(self.ann.sees()), len(self.api.record.calls())
        self.runner.run(self._send(post))
        refused = [call for call in self.api.record.calls()[calls:] if not call["outcome"].get("ok")]
        assert not refused
        return self.ann.sees()[before:]

    async def _send(self, post: Post) -> None:
        for n, part in enumerate(self.chat.parts(post)):
            await self.chat.send(private(self.ann), part, f"k{n}", again=False)

    def words(self, shown: list[Shown]) -> str:
        """All that can be read: texts, where links lead, languages of code, files."""
        seen: list[str] = []
        for each in shown:
            seen.append(each.text)
            entities: list[dict[str, Any]] = each.payload.get("entities") or []
            seen += [entity.get("url", "") + entity.get("language", "") for entity in entities]
            if document := each.payload.get("document"):
                seen.append(self.api.platform.files[document["file_id"]].content.decode())
        return "\n".join(seen)


@pytest.fixture(scope="module")
def phone() -> Iterator[Phone]:
    with asyncio.Runner() as runner:
        api = BotApi(Rules(pace=None))
        runner.run(api.__aenter__())
        ann = api.person("Ann")
        ann.starts()
        chat = TelegramChat(settings_for(api))
        yield Phone(runner, api, chat, ann)
        runner.run(chat.close())
        runner.run(api.__aexit__(None, None, None))


def letters(text: str) -> Counter[str]:
    return Counter(character for character in html.unescape(text) if character.isalpha())


@pytest.mark.parametrize("markdown", NASTY.values(), ids=NASTY)
def test_hostile_markdown_arrives_whole(phone: Phone, markdown: str) -> None:
    """Complaint row 20: HM #50218, PR #11794, NB #4470; no call is refused, and no letter is missing."""
    shown = phone.shows(Post(markdown))
    assert shown
    assert not letters(neutralise(markdown)) - letters(phone.words(shown))


@settings(max_examples=60)
@given(markdown=MARKDOWN, labels=LABELS)
@example(markdown="[r](https://t.me/#form-abc)", labels=["", "\u202e", "x" * 100])
def test_whatever_a_model_writes_arrives(phone: Phone, markdown: str, labels: list[str]) -> None:
    """With any labels under it; a button is a button, whatever stands on it."""
    buttons = tuple(ButtonView(f"token-{n}", label) for n, label in enumerate(labels))
    shown = phone.shows(Post(markdown, buttons=buttons))
    assert not letters(neutralise(html.unescape(markdown))) - letters(phone.words(shown))
    assert sum(len(row) for each in shown for row in each.buttons) == len(labels)


def test_order_is_kept_over_messages_and_files(phone: Phone) -> None:
    """Complaint row 19: what is too long for two messages is whole in the file behind them."""
    numbered = " ".join(f"w{n}" for n in range(4_000))
    shown = phone.shows(Post(numbered))
    assert [each.text.split()[0] for each in shown[:1]] == ["w0"]
    assert phone.words(shown[-1:]).split() == numbered.split()
