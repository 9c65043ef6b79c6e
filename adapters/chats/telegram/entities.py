"""Markdown as text with entities; whatever the Markdown is, no word is lost and Telegram takes it.

Markup with entities cannot be malformed, so a model's stray star never costs an answer. Three guards stand
around the library: ``<`` is hidden from it (it drops raw HTML), it has limited time, and text that lost
letters on the way is shown as it was written.
"""

from __future__ import annotations

import html
import re
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import telegramify_markdown
from telegramify_markdown.config import RenderConfig

from adapters.chats.markup import utf16_units

MAX_UNITS: Final = 4096
"""UTF-16 code units of one message. https://core.telegram.org/bots/api#sendmessage"""

MAX_ENTITIES: Final = 100
"""Of one message; Telegram ignores the rest. https://core.telegram.org/bots/api#messageentity"""

_HIDDEN_LESS_THAN: Final = "\ue03c"  # as long as "<"
_KINDS: Final = frozenset(
    {"bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "blockquote", "text_link"}
)
_LINK: Final = re.compile(r"(?!https?://t\.me/#)(?:https?://[^\s/]|mailto:\S|tel:\S)", re.IGNORECASE)
"""Those of our own ``forms`` are nobody else's to write."""


@dataclass(frozen=True, slots=True)
class Entity:
    type: str
    offset: int  # in UTF-16 units, as the length
    length: int
    url: str | None = None
    language: str | None = None

    @property
    def end(self) -> int:
        return self.offset + self.length


@dataclass(frozen=True, slots=True)
class Formatted:
    text: str
    entities: tuple[Entity, ...] = ()

    @property
    def units(self) -> int:
        return utf16_units(self.text)


def convert(markdown: str, until: float) -> Formatted:
    """``markdown`` formatted; as it was written when that would lose something or lasts beyond ``until``."""
    asis = Formatted(markdown.strip("\n"))
    if _HIDDEN_LESS_THAN in markdown or time.monotonic() >= until:
        return asis
    shown = _within(markdown.replace("<", _HIDDEN_LESS_THAN), until)
    if shown is None:
        return asis
    shown = _spelled_out(shown)
    return _trimmed(shown) if shown.text.strip() and not _lost(markdown, shown) else asis


def within_limits(shown: Formatted) -> Iterator[Formatted]:
    """``shown`` in pieces that Telegram takes, cut at the ends of lines where there are any."""
    while shown.units > MAX_UNITS or len(shown.entities) > MAX_ENTITIES:
        head, shown = _cut(shown, _border(shown))
        yield _trimmed(head)
        shown = _trimmed(shown)
    yield shown


# ── the library ──────────────────────────────────────────────────────────────────────────────────────────


def _config() -> RenderConfig:
    config = RenderConfig.isolated()
    symbols = config.markdown_symbol
    for level in range(1, 5):  # pictures in front of headings are not ours
        setattr(symbols, f"heading_level_{level}", "")
    symbols.unordered_list_item = "•"
    symbols.image = ""
    return config


_CONFIG: Final = _config()


def _within(markdown: str, until: float) -> Formatted | None:
    """Converted in a thread, which is left behind when it does not end in time."""
    found: list[Formatted] = []

    def work() -> None:
        found.append(_converted(markdown))

    thread = threading.Thread(target=work, name="markdown", daemon=True)
    thread.start()
    thread.join(max(until - time.monotonic(), 0.0))
    return found[0] if found else None


def _converted(markdown: str) -> Formatted:
    try:
        text, entities = telegramify_markdown.convert(markdown, latex_escape=False, config=_CONFIG)
    except Exception:  # noqa: BLE001  whatever the library chokes on is shown as it was written
        return Formatted("")
    known = (_own(each.type, each.offset, each.length, each.url, each.language) for each in entities)
    return Formatted(_unhidden(text), tuple(_acceptable(known, utf16_units(text))))


def _acceptable(entities: Iterable[Entity], units: int) -> Iterator[Entity]:
    """Of kinds that cannot call anybody, within the text, each inside or outside of any other."""
    around: list[int] = []  # where the entities end that are open
    for each in sorted(entities, key=lambda each: (each.offset, -each.length)):
        if each.type not in _KINDS or each.length <= 0 or each.offset < 0 or each.end > units:
            continue
        while around and around[-1] <= each.offset:
            around.pop()
        if not around or each.end <= around[-1]:
            around.append(each.end)
            yield each


def _own(kind: str, offset: int, length: int, url: str | None, language: str | None) -> Entity:
    kind = "blockquote" if kind == "expandable_blockquote" else kind
    return Entity(kind, offset, length, _unhidden(url) if url else None, _unhidden(language or "") or None)


def _unhidden(text: str) -> str:
    return text.replace(_HIDDEN_LESS_THAN, "<")


def _spelled_out(shown: Formatted) -> Formatted:
    """A link that leads nowhere on a phone (a path, a number of a person) is written behind its words."""
    for link in sorted(shown.entities, key=lambda each: -each.offset):
        if link.type != "text_link" or (link.url and _LINK.match(link.url)):
            continue
        kept = tuple(each for each in shown.entities if each is not link)
        shown = Formatted(shown.text, kept)
        if link.url and _slice(shown.text, link.offset, link.end) != link.url:
            shown = _inserted(shown, link.end, f" ({link.url})")
    return shown


def _lost(markdown: str, shown: Formatted) -> bool:
    """Whether a letter of the source is nowhere in what will be seen."""
    seen = [shown.text, *(each.url or "" for each in shown.entities)]
    seen += [each.language or "" for each in shown.entities]
    return bool(_letters([html.unescape(markdown)]) - _letters(html.unescape(each) for each in seen))


def _letters(texts: Iterable[str]) -> Counter[str]:
    return Counter(character for text in texts for character in text if character.isalnum())


# ── cutting, in UTF-16 units ─────────────────────────────────────────────────────────────────────────────


def _slice(text: str, start: int, end: int | None = None) -> str:
    units = text.encode("utf-16-le")
    return units[2 * start : None if end is None else 2 * end].decode("utf-16-le", "replace")


def _inserted(shown: Formatted, at: int, words: str) -> Formatted:
    longer = utf16_units(words)

    def moved(each: Entity) -> Entity:
        if each.offset >= at:
            return replace(each, offset=each.offset + longer)
        return replace(each, length=each.length + longer) if each.end > at else each

    text = _slice(shown.text, 0, at) + words + _slice(shown.text, at)
    return Formatted(text, tuple(map(moved, shown.entities)))


def _border(shown: Formatted) -> int:
    """Where to cut: the last end of a line within the limits, else the last unit that is no half letter."""
    most = min(MAX_UNITS, shown.units)
    if len(shown.entities) > MAX_ENTITIES:
        starts = sorted(each.offset for each in shown.entities)
        most = max(min(most, starts[MAX_ENTITIES]), 1)
    head = shown.text.encode("utf-16-le")[: 2 * most]
    if head[-1] & 0xFC == 0xD8:  # the first half of a pair
        head = head[:-2] or shown.text.encode("utf-16-le")[:4]
    text = head.decode("utf-16-le")
    line = text.rfind("\n") + 1
    return utf16_units(text[:line]) if text[:line].strip() else utf16_units(text)


def _cut(shown: Formatted, at: int) -> tuple[Formatted, Formatted]:
    head = [replace(e, length=min(e.end, at) - e.offset) for e in shown.entities if e.offset < at]
    tail = [
        replace(e, offset=max(e.offset - at, 0), length=e.end - max(e.offset, at))
        for e in shown.entities
        if e.end > at
    ]
    return Formatted(_slice(shown.text, 0, at), tuple(head)), Formatted(_slice(shown.text, at), tuple(tail))


def _trimmed(shown: Formatted) -> Formatted:
    """Without blank lines around it and without spaces at the end; Telegram takes them away as well."""
    if lead := len(shown.text) - len(shown.text.lstrip("\n")):
        shown = _cut(shown, lead)[1]
    text = shown.text.rstrip()
    return shown if text == shown.text else _cut(shown, utf16_units(text))[0]
