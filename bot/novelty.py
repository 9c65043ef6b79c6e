"""What is new in a result since the last ones: findings are compared, not texts.

A finding is a list item, or a line where there are no lists. Only what carries its meaning is compared: its
words and numbers, without marks, case and the times of day at which somebody looked.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from typing import Final

REMEMBERED: Final = 2_000
"""Fingerprints; older ones are forgotten, and what they stood for would be news again."""
NOTHING: Final = "NOTHING NEW"
"""What a watch is asked to hand back when it found nothing."""

_ITEM: Final = re.compile(r"^\s*(?:[-*•+]|\d{1,3}[.)])\s+(?P<text>.+)$")
_HEADING: Final = re.compile(r"^\s*(?:#{1,6}\s|\*\*[^*]+\*\*:?\s*$|.*:\s*$)")
_MARKS: Final = re.compile(r"[*_`>#|]+")
_CLOCK: Final = re.compile(r"\b(?:as of |at )?\d{1,2}:\d{2}(?::\d{2})?(?: ?(?:utc|gmt|am|pm))?\b")
_SPACE: Final = re.compile(r"[\s.,;:!]+")
_NOTHING: Final = re.compile(
    r"(?:nothing(?: is)?(?: new)?|no (?:new |further )?(?:findings|results|news|changes|items|cves)?"
    r"(?: (?:were )?found)?|none)",
)


def findings(result: str) -> list[str]:
    """The items of a result; its lines when it has none."""
    lines = [line.rstrip() for line in result.splitlines() if line.strip()]
    items = [line for line in lines if _ITEM.match(line)]
    found = items or [line for line in lines if not _HEADING.match(line)]
    return [line for line in found if not _NOTHING.fullmatch(_plain(line))]


def news(result: str, seen: Sequence[str]) -> list[str]:
    """The findings whose fingerprint is not among ``seen``, each once."""
    known = set(seen)
    fresh: dict[str, str] = {}
    for line in findings(result):
        mark = fingerprint(line)
        if mark not in known:
            fresh.setdefault(mark, line)
    return list(fresh.values())


def remembered(seen: Sequence[str], fresh: Sequence[str]) -> tuple[str, ...]:
    return (*seen, *(fingerprint(line) for line in fresh))[-REMEMBERED:]


def fingerprint(line: str) -> str:
    return hashlib.sha256(_plain(line).encode("utf-8", "replace")).hexdigest()[:16]


def _plain(line: str) -> str:
    item = _ITEM.match(line)
    text = unicodedata.normalize("NFKC", item["text"] if item else line).casefold()
    return _SPACE.sub(" ", _CLOCK.sub("", _MARKS.sub("", text))).strip()
