"""Pages that say "not found" with status 200: to cite one is as bad as a dead link."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

SHORT_CHARS: Final = 2_000
"""A page that says so in its title has little else; a longer one is an article about it."""
VERY_SHORT_CHARS: Final = 600

_WORDS: Final = re.compile(
    r"""\b(
        (error\s*)?404 | not\s+found | no\s+longer\s+(available|exists?) | page\s+(is\s+)?(gone|missing)
        | (does\s+not|doesn.?t)\s+exist | could\s*(no|n.?)t\s+(be\s+found|find)
        | can.?t\s+find | cannot\s+(be\s+found|find)
        | nicht\s+gefunden | existiert\s+nicht | introuvable | no\s+(se\s+)?encontrad[ao] | non\s+trovata
        | domain\s+(is\s+)?for\s+sale
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)


def says_not_found(title: str, text: str) -> bool:
    """In its title with little else, or in the few words that it has."""
    if len(text) > SHORT_CHARS:
        return False
    if _WORDS.search(title):
        return True
    return len(text) <= VERY_SHORT_CHARS and _WORDS.search(text) is not None


def sent_home(asked: str, final: str) -> bool:
    """A deep page that leads to the front page is gone, whatever its status."""
    deep, landed = urlsplit(asked), urlsplit(final)
    return len(deep.path.strip("/")) > 0 and landed.path in ("", "/") and not landed.query
