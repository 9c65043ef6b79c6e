"""What Telegram accepts as text: measured in UTF-16 units, with entities that lie within it and nest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from adapters.rehearsal.bot_api.reading import Asked
from adapters.rehearsal.bot_api.refusals import Json, bad

MAX_TEXT: Final = 4096
MAX_CAPTION: Final = 1024
MAX_ENTITIES: Final = 100
"""Telegram drops further ones without a word, so that a client would not notice: refused here."""
_MAX_BYTES: Final = 1 << 15
_TYPES: Final = frozenset(
    {
        *("mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bold", "italic"),
        *("underline", "strikethrough", "spoiler", "blockquote", "expandable_blockquote", "code", "pre"),
        *("text_link", "text_mention", "custom_emoji", "date_time"),
    }
)
_MARKUP: Final = re.compile(
    r"(?P<bot_command>(?<!\S)/[A-Za-z0-9_]{1,32}(@\w+)?)|(?P<mention>(?<!\w)@\w{4,32})"
)


def units(text: str) -> int:
    """The length as Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, offset: int, length: int) -> str:
    """What an entity covers."""
    whole = text.encode("utf-16-le", "surrogatepass")
    return whole[2 * offset : 2 * (offset + length)].decode("utf-16-le", "surrogatepass")


def entities_of(text: str) -> list[Json]:
    """The commands and mentions that Telegram marks in what people write."""
    return [
        {"type": found.lastgroup, "offset": units(text[: found.start()]), "length": units(found.group())}
        for found in _named(text)
    ]


def _named(text: str) -> Iterator[re.Match[str]]:
    yield from (found for found in _MARKUP.finditer(text) if found.lastgroup)


def text_of(asked: Asked, name: str = "text", entities: str = "entities") -> tuple[str, list[Json]]:
    """The text of a message, trimmed as Telegram does it, and its entities."""
    text, marks = _checked(asked, name, entities)
    if not text:
        raise bad("message text is empty")
    if units(text) > MAX_TEXT:
        raise bad("message is too long")
    return text, marks


def caption_of(asked: Asked) -> tuple[str, list[Json]]:
    text, marks = _checked(asked, "caption", "caption_entities")
    if units(text) > MAX_CAPTION:
        raise bad("message caption is too long")
    return text, marks


def draft_of(asked: Asked) -> tuple[str, list[Json]]:
    """As a text, but it may be empty: people then see that the bot is thinking."""
    text, marks = _checked(asked, "text", "entities")
    if units(text) > MAX_TEXT:
        raise bad("message is too long")
    return text, marks


def _checked(asked: Asked, name: str, entities: str) -> tuple[str, list[Json]]:
    if mode := asked.text("parse_mode"):
        # Parsing HTML and MarkdownV2 as strictly as Telegram does would be a second Telegram: use entities.
        raise bad(f"unsupported parse_mode: the rehearsal reads entities only, not {mode}")
    given = asked.text(name)
    if len(given.encode("utf-8", "surrogatepass")) > _MAX_BYTES:
        raise bad("text is too long")
    marks = [_mark(one) for one in asked.tables(entities, "MessageEntity")]
    _check_ranges(given, marks)
    return _trimmed(given, marks)


def _mark(mark: Json) -> Json:
    if not all(isinstance(mark.get(name), int) for name in ("offset", "length")):
        raise bad("can't parse MessageEntity: field must be of type Integer")
    if str(mark.get("type")) not in _TYPES:
        raise bad("can't parse MessageEntity: unsupported type")
    return mark


def _check_ranges(text: str, marks: list[Json]) -> None:
    if len(marks) > MAX_ENTITIES:
        raise bad(f"ENTITIES_TOO_MUCH ({len(marks)}; Telegram shows {MAX_ENTITIES} and drops the rest)")
    borders, end = _borders(text), units(text)
    for mark in marks:
        offset, until = mark["offset"], mark["offset"] + mark["length"]
        if offset < 0 or mark["length"] <= 0:
            raise bad("receive an entity with incorrect offset or length")
        if until > end:
            raise bad(
                f"entity beginning at UTF-16 offset {offset} ends after the end of the text at "
                f"UTF-16 offset {end}"
            )
        if offset not in borders or until not in borders:
            raise bad(f"entity beginning at UTF-16 offset {offset} ends in a middle of a UTF-16 symbol")
    _check_nesting(marks)


def _borders(text: str) -> set[int]:
    """Where an entity may begin or end: between characters, never inside a surrogate pair."""
    borders, at = {0}, 0
    for character in text:
        at += 2 if ord(character) > 0xFFFF else 1
        borders.add(at)
    return borders


def _check_nesting(marks: list[Json]) -> None:
    """Telegram cuts entities that overlap into others: what people see is not what was sent, so no."""
    open_until: list[int] = []
    for mark in sorted(marks, key=lambda mark: (mark["offset"], -mark["length"])):
        until = mark["offset"] + mark["length"]
        while open_until and open_until[-1] <= mark["offset"]:
            open_until.pop()
        if open_until and until > open_until[-1]:
            raise bad(f"entity beginning at UTF-16 offset {mark['offset']} is not nested properly")
        open_until.append(until)


def _trimmed(text: str, marks: list[Json]) -> tuple[str, list[Json]]:
    """Telegram drops white space around a text; entities move along and shrink with it."""
    bare = text.strip()
    lead, end = units(text[: len(text) - len(text.lstrip())]), units(bare)
    moved: list[Json] = []
    for mark in marks:
        begin = max(mark["offset"] - lead, 0)
        until = min(mark["offset"] + mark["length"] - lead, end)
        if until > begin:
            moved.append({**mark, "offset": begin, "length": until - begin})
    return bare, moved
