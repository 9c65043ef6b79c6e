"""A person's page as Slack's App Home: sections, because a view takes neither Markdown nor a plan.

https://docs.slack.dev/surfaces/app-home
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from adapters.chats import markup
from adapters.chats.slack.rendering import button_of, shown_buttons
from adapters.chats.slack.wire import Json
from adapters.chats.slack.words import escaped, harmless
from bot.model.dashboards import Dashboard, Entry, Section

MAX_BLOCKS: Final = 100
MAX_TITLE: Final = 150
MAX_TEXT: Final = 3_000
MAX_FOOTER: Final = 500
_MARKS: Final = frozenset("*_~`")
"""In a title they would be read as format."""


def view_of(home: Dashboard) -> Json:
    """All of it, or as many entries as a view holds, with the number of the others."""
    blocks: list[Json] = []
    for section in home.sections:
        blocks += _section(section, MAX_BLOCKS - len(blocks) - 3 * len(home.sections))
    return {"type": "home", "blocks": blocks[:MAX_BLOCKS]}


def words_for_one(words: str) -> Json:
    """A view with one sentence, for whoever is shown nothing else."""
    return {"type": "home", "blocks": [_words(words)]}


def _section(section: Section, room: int) -> Iterator[Json]:
    yield {"type": "header", "text": _plain(section.title, MAX_TITLE)}
    left = section.more
    for entry in section.entries:
        blocks = list(_entry(entry))
        room -= len(blocks)
        if room < 0:
            left += 1
        else:
            yield from blocks
    if not section.entries and section.empty:
        yield _small(section.empty)
    if left:
        yield _small(f"… and {left} more")


def _entry(entry: Entry) -> Iterator[Json]:
    yield _title(entry.title)
    if entry.text:
        yield _words(markup.plain(harmless(entry.text)))
    if entry.footer or entry.place:
        yield _small(entry.footer, *_where(entry))
    if entry.buttons:
        yield {"type": "actions", "elements": [button_of(each) for each in shown_buttons(entry.buttons)]}


def _title(title: str) -> Json:
    shown = " ".join(harmless(title).split()) or "…"
    if _MARKS & set(shown):
        return _words(shown)
    bold = escaped(shown)[: MAX_TEXT - 2]
    return {"type": "section", "text": {"type": "mrkdwn", "text": f"*{bold}*"}}


def _words(words: str) -> Json:
    return {"type": "section", "text": _plain(words, MAX_TEXT)}


def _where(entry: Entry) -> Iterator[Json]:
    """Slack shows the channel's name to whoever may know it, and leads there."""
    place = entry.place
    channel = place.key.partition("/")[0] if place is not None else ""
    if channel.startswith("C"):
        yield {"type": "mrkdwn", "text": f"<#{channel}>"}


def _small(words: str, *more: Json) -> Json:
    return {"type": "context", "elements": [_plain(words, MAX_FOOTER), *more]}


def _plain(words: str, most: int) -> Json:
    shown = harmless(words).strip() or "…"
    return {"type": "plain_text", "text": shown if len(shown) <= most else shown[: most - 1] + "…"}
