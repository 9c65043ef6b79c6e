"""What a person's plain words mean as the answer to a specialist's question."""

from __future__ import annotations

import re
from typing import Final

from bot.model.questions import Ask, Question, Reply, Verdict

SHORT_WORDS: Final = 12
"""A phrase up to this length may be an answer by itself; a longer one is looked at more closely."""

_YES: Final = frozenset(
    {"yes", "y", "yep", "yeah", "yup", "sure", "ok", "okay", "ja", "oui", "si", "sí", "👍"}
    | {"go ahead", "please do", "do it", "yes please", "sounds good"}
)
_NO: Final = frozenset(
    {"no", "n", "nope", "nah", "nein", "non", "👎", "no thanks", "please don't", "better not", "rather not"}
)
_GRANTING: Final = _YES | {
    "approve",
    "approved",
    "approve it",
    "allow",
    "allow it",
    "allowed",
    "granted",
    "lgtm",
}
_DENYING: Final = re.compile(
    r"(?:no|nope|nein|non|deny|denied|reject(?:ed)?|don'?t|do not|never)\b", re.IGNORECASE
)
_SEVERAL_SAID: Final = re.compile(
    r"\b(?:the (?:first|second|other)|former|latter|both|respectively)\b", re.IGNORECASE
)
_NOT_A_DENIAL: Final = re.compile(r"no(?:\s+(?:problem|worries|idea|objections?)|t)\b", re.IGNORECASE)


_GRANTS: Final = (
    r"(?:yes|yep|yeah|ok|okay|ja|jo|oui|s[ií]|sure|fine|alright|go(?: ahead| for it| on)?|do (?:it|that)|"
    r"approved?|"
    r"allow(?:ed)?|granted?|lgtm|mach(?:s| es| das)?(?: einfach| ruhig)?|klar|passt|push it|run it)"
)
_WORDS_OF_GRANTING: Final = re.compile(
    rf"{_GRANTS}(?:[\s,.!]+(?:{_GRANTS}|please|bitte|just|einfach|it|that|thanks)){{0,6}}"
)


def is_yes(text: str) -> bool:
    return _bare(text) in _YES


def is_no(text: str) -> bool:
    return _bare(text) in _NO


def grants(text: str) -> bool:
    """Words that would like to allow something; they never do, a press does."""
    bare = _bare(text)
    return bare in _GRANTING or bool(_WORDS_OF_GRANTING.fullmatch(bare))


def agrees_or_not(text: str) -> bool:
    """Begins with a plain yes or no, and is short."""
    first = _bare(text).split(" ", 1)[0].strip(",.!;:")
    return is_short(text) and (first in _YES or first in _NO) and first not in ("ok", "okay")


def denies(text: str) -> bool:
    """A clear no, with or without a reason after it."""
    return bool(_DENYING.match(text.strip())) and not _NOT_A_DENIAL.match(text.strip())


def chosen(ask: Ask, text: str) -> str | None:
    """The label, or labels joined by commas, that ``text`` picks by words, beginning or number."""
    if (one := _option(ask, text)) is not None or not ask.multiple:
        return one
    labels = [
        _option(ask, part) for part in re.split(r"\s*(?:,|;|&|\band\b|\bund\b)\s*", text.strip()) if part
    ]
    picked = [label for label in labels if label is not None]
    return ", ".join(dict.fromkeys(picked)) if picked and len(picked) == len(labels) else None


def picks(question: Question, text: str) -> bool:
    """Whether ``text`` can hardly be anything but the answer: an option, a number, yes or no."""
    if len(question.asks) != 1:
        return False
    return chosen(question.asks[0], text) is not None or is_yes(text) or is_no(text)


def names_option(question: Question, text: str) -> bool:
    """Whether the words of one of its options stand in ``text``; said of one thing only, not of several."""
    if len(question.asks) != 1 or _SEVERAL_SAID.search(text):
        return False
    said = _plain(text)
    labels = [_plain(option.label) for option in question.asks[0].options]
    return any(len(label) > 4 and label in said for label in labels)


def _plain(text: str) -> str:
    """The words alone, each between spaces."""
    words = " ".join(re.findall(r"[^\W_]+", text.casefold()))
    return f" {words} "


def is_short(text: str) -> bool:
    """A phrase that asks nothing itself."""
    return (
        0 < len(text.split()) <= SHORT_WORDS and "\n" not in text.strip() and not text.strip().endswith("?")
    )


def reply_to(question: Question, text: str, by: str) -> Reply:
    """The reply that ``text`` is: options by label where it picks some, the person's own words otherwise."""
    text = text.strip()
    if len(question.asks) == 1:
        ask = question.asks[0]
        return Reply(Verdict.ANSWERED, {ask.key: chosen(ask, text) or text}, by=by)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) != len(question.asks):
        return Reply(Verdict.ANSWERED, {}, text=text, by=by)
    pairs = zip(question.asks, (re.sub(r"^\(?\d+[.):]\s*", "", line) for line in lines), strict=True)
    return Reply(Verdict.ANSWERED, {ask.key: chosen(ask, line) or line for ask, line in pairs}, by=by)


def _option(ask: Ask, text: str) -> str | None:
    labels = [option.label for option in ask.options]
    bare = _bare(text)
    if number := re.fullmatch(r"(?:option|number|nr\.?|#)?\s*\(?(\d{1,2})\)?", bare):
        n = int(number[1])
        return labels[n - 1] if 0 < n <= len(labels) else _only([x for x in labels if _bare(x) == bare])
    if exact := [label for label in labels if _bare(label) == bare]:
        return _only(exact)
    for means, words in ((is_yes, _YES), (is_no, _NO)):
        if means(text):
            return _only([label for label in labels if _first_word(label) in words])
    return _only([label for label in labels if len(bare) >= 3 and _bare(label).startswith(bare)])


def _only(labels: list[str]) -> str | None:
    return labels[0] if len(labels) == 1 else None


def _first_word(label: str) -> str:
    return re.split(r"\W", _bare(label), maxsplit=1)[0]


def _bare(text: str) -> str:
    return " ".join(text.casefold().replace("’", "'").strip(" \t\n.!,;:\"'`*_").split())
