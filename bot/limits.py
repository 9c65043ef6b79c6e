"""What a person's own words say about one dispatch's limits: "up to $5", "give it an hour".

Read by code, from the person's own words only: what is quoted, forwarded or written by a model sets no limit.
A phrase counts where it stands by itself (after a comma, at the end) or follows a verb of spending, so that
"support discounts up to $5 for members" is work and not a limit. Of two amounts the lower one holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

_NUMBERS: Final = {
    "a": 1.0, "an": 1.0, "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "six": 6.0,
    "seven": 7.0, "eight": 8.0, "nine": 9.0, "ten": 10.0, "fifteen": 15.0, "twenty": 20.0, "thirty": 30.0,
    "half an": 0.5, "half a": 0.5, "a quarter of an": 0.25,
}  # fmt: skip
_SECONDS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0}

_DIGITS: Final = r"\d{1,9}(?:\.\d{1,6})?"
_WORDS: Final = "|".join(sorted(_NUMBERS, key=len, reverse=True))
_MONEY: Final = (
    rf"(?:\$\s?(?P<usd>{_DIGITS})|(?P<usd_after>{_DIGITS})\s?\$"
    rf"|(?P<many>{_DIGITS}|{_WORDS})\s*(?P<coin>dollars?|usd|bucks?|cents?))"
)
_TIME: Final = (
    rf"(?:(?P<long>{_DIGITS}|{_WORDS})\s*"
    r"(?P<unit>h|hrs?|hours?|min|mins|minutes?|s|secs?|seconds?)(?P<half>\s+and\s+a\s+half)?)"
)
_AT_MOST: Final = (
    r"(?:up to|at most|max\.?|maximum|no more than|not more than|(?:a )?limit of|(?:a )?budget of)"
)
_AFTERWARDS: Final = r"(?:at most|max\.?|maximum|tops)"
_BEGIN: Final = r"(?:^|\band\s|[.,;:!?(\n–—-])\s*(?:but\s+|please\s+)?"
_SPEND: Final = r"(?:spend|spending|use|using|cost|costing|pay|for|with|within|budget:?)\s+"
_TAKE: Final = r"(?:give it|take|spend|for|run it for|work for)\s+"
_END: Final = r"(?=\s*(?:$|[.,;:!?)\n–—-]|and\b|on (?:it|this|that)\b|for (?:it|this|that)\b|please\b))"

_PHRASES: Final = tuple(
    re.compile(expression, re.IGNORECASE)
    for expression in (
        rf"\b{_SPEND}{_AT_MOST}\s+{_MONEY}{_END}",
        rf"{_BEGIN}{_AT_MOST}\s+{_MONEY}{_END}",
        rf"\s{_AT_MOST}\s+{_MONEY}\s*[.!]?\s*$",
        rf"(?:{_BEGIN}|\b{_SPEND}){_MONEY}\s+{_AFTERWARDS}{_END}",
        rf"\b{_TAKE}{_AT_MOST}\s+{_TIME}{_END}",
        rf"{_BEGIN}{_AT_MOST}\s+{_TIME}{_END}",
        rf"(?:{_BEGIN}|\b{_TAKE}){_TIME}\s+{_AFTERWARDS}{_END}",
        rf"\bgive it\s+{_TIME}{_END}",
    )
)
_FOREIGN: Final = re.compile(
    r"^ ?>[^\n]*|```.*?(?:```|\Z)|`[^`\n]*`|\"[^\"\n]*\"|“[^“”\n]*”|«[^«»\n]*»",
    re.MULTILINE | re.DOTALL,
)
READ_CHARS: Final = 8_000
"""Of a long text the beginning and the end; nobody sets a limit in the middle of a log."""
MAX_USD: Final = 1_000_000.0
MAX_S: Final = 366 * 86_400.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asked for; None where they said nothing."""

    usd: float | None = None
    seconds: float | None = None


NO_WISH: Final = Wish()


def parse(text: str) -> Wish:
    """The limits that a person's words set, quotations and code left aside."""
    own = own_words(text)
    amounts, times = list[float](), list[float]()
    for phrase in _PHRASES:
        for found in phrase.finditer(own):
            groups = found.groupdict()
            if "long" in groups:
                times.append(_seconds(groups))
            else:
                amounts.append(_usd(groups))
    fitting = [usd for usd in amounts if 0 < usd <= MAX_USD]
    possible = [seconds for seconds in times if 0 < seconds <= MAX_S]
    return Wish(min(fitting, default=None), min(possible, default=None))


def own_words(text: str) -> str:
    """Without quotations and code; of a long text its beginning and end."""
    if len(text) > READ_CHARS:
        text = f"{text[: READ_CHARS // 2]}\n{text[-READ_CHARS // 2 :]}"
    flat = re.sub(r"(?: ?\n ?)+", "\n", re.sub(r"[^\S\n]+", " ", text))
    return _FOREIGN.sub(" “” ", flat)


def _usd(found: dict[str, str | None]) -> float:
    if plain := found["usd"] or found["usd_after"]:
        return float(plain)
    amount = _number(found["many"])
    return amount / 100 if (found["coin"] or "").lower().startswith("cent") else amount


def _seconds(found: dict[str, str | None]) -> float:
    amount = _number(found["long"]) + (0.5 if found["half"] else 0.0)
    return amount * _SECONDS[(found["unit"] or "")[0].lower()]


def _number(words: str | None) -> float:
    words = " ".join((words or "").lower().split())
    return _NUMBERS[words] if words in _NUMBERS else float(words)


def within(wish: Wish, allowed: Wish, *, may_exceed: bool) -> tuple[Wish, str]:
    """What is taken of a wish, and a sentence where that is less: lowering is free, raising is bounded."""
    if may_exceed:
        return wish, ""
    taken, lines = wish, list[str]()
    if wish.usd and allowed.usd and wish.usd > allowed.usd:
        taken = replace(taken, usd=allowed.usd)
        lines.append(f"${wish.usd:.2f} is more than the ${allowed.usd:.2f} that the project allows")
    if wish.seconds and allowed.seconds and wish.seconds > allowed.seconds:
        taken = replace(taken, seconds=allowed.seconds)
        lines.append(f"{wish.seconds / 60:g} min are more than the {allowed.seconds / 60:g} that it allows")
    return taken, f"{' and '.join(lines)}, so I took that; an admin may give more." if lines else ""
