"""What every chat does to text before people see it: make it harmless, cut it to size, or strip its Markdown.

neutralise   control characters, ANSI sequences and direction overrides never reach a screen
split        Markdown in parts within a platform's limit; a cut code block is closed and opened again
plain        the same words without Markdown, for a platform or a pipe that shows none
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

Measure = Callable[[str], int]

LEAST_MAX_CHARS: Final = 400
"""Below this a closed and reopened code fence might not fit beside any text."""

_MOST_FENCE_CHARS: Final = 32  # a longer row of backticks, or a deeper one, counts as text
_MOST_INFO_CHARS: Final = 64
_JOINER: Final = "\u200d"
_ENOUGH: Final = 0.5  # a part filled this far may end at a better border than the last line

_ANSI: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*+[ -/]*+[@-~]"  # colours, cursor movement
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*+(?:\x07|\x1b\\|\x9c)"  # titles, links
    r"|\x1b[ -/]*+[0-~]"  # the short ones
)
_LINE_ENDS: Final = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"
    "\u202a-\u202e\u2066-\u2069"  # direction embeddings, overrides and isolates
    "\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"  # the tag block: invisible letters
)
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def neutralise(text: str) -> str:
    """``text`` without anything that moves a cursor, reorders or hides; newlines and tabs stay."""
    shown = _ANSI.sub("", text)
    shown = _LINE_ENDS.sub("\n", shown)
    shown = _HIDDEN.sub("", shown)
    return _LONE_SURROGATE.sub("\ufffd", shown)


def utf16_units(text: str) -> int:
    """The length as Telegram counts it."""
    return len(text) + sum(character > "\uffff" for character in text)


# ── splitting ────────────────────────────────────────────────────────────────────────────────────────────

_LINE: Final = re.compile(r"[^\n]*+\n|[^\n]++")
_FENCE: Final = re.compile(r"(?P<lead>[ \t]*+(?:>[ \t]*+)*+)(?P<mark>`{3,}+|~{3,}+)(?P<info>[^\n]*+)\n?")


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a split text; the bodies of all pieces joined are the text, exactly."""

    before: str  # the fence that is opened again
    body: str
    after: str  # the fence that is closed early

    @property
    def text(self) -> str:
        return (self.before + self.body + self.after).strip("\n")


@dataclass(frozen=True, slots=True)
class _Fence:
    lead: str  # indentation and quote marks in front of it
    mark: str
    info: str

    @property
    def opening(self) -> str:
        return f"{self.lead}{self.mark}{self.info}\n"

    @property
    def closing(self) -> str:
        return f"\n{self.lead}{self.mark}"


@dataclass(frozen=True, slots=True)
class _Line:
    """A line, or a bite of one that is too long."""

    text: str
    size: int
    border: int  # how good it is to begin a part here: 2 a block, 1 a line, 0 the middle of something
    before: _Fence | None  # the code block that is open when it begins
    after: _Fence | None  # and when it ends


def split(markdown: str, max_chars: int, measure: Measure = len) -> tuple[str, ...]:
    """``markdown`` as one or more parts of at most ``max_chars``; cut at blank lines if there are any.

    ``measure`` adds up over parts of a text and is never less than ``len``.
    """
    shown = tuple(piece.text for piece in pieces(markdown, max_chars, measure))
    return tuple(text for text in shown if text.strip()) or ("",)


def pieces(markdown: str, max_chars: int, measure: Measure = len) -> tuple[Piece, ...]:
    """The parts with what was added to each, so that nothing can get lost unseen."""
    if max_chars < LEAST_MAX_CHARS:
        raise ValueError(f"max_chars is {max_chars}; the least is {LEAST_MAX_CHARS}.")
    found: list[Piece] = []
    held: list[_Line] = []
    filled = 0
    ahead = deque(_lines(markdown, max_chars, measure))
    while ahead:
        line = ahead.popleft()
        if held and filled + line.size + _closing(line, measure) > max_chars:
            cut = _best_cut([*held, line], max_chars)
            found.append(_piece(held[:cut]))
            ahead.extendleft(reversed([*held[cut:], line]))
            held, filled = [], 0
            continue
        filled += line.size if held else line.size + _opening(line, measure)
        held.append(line)
    return (*found, _piece(held)) if held else tuple(found)


def _opening(line: _Line, measure: Measure) -> int:
    return measure(line.before.opening) if line.before else 0


def _closing(line: _Line, measure: Measure) -> int:
    return measure(line.after.closing) if line.after else 0


def _best_cut(lines: Sequence[_Line], max_chars: int) -> int:
    """Where the next part begins: the best border of the second half, the last of equals."""
    best, filled = len(lines) - 1, 0
    rank = -1
    for position, line in enumerate(lines):
        if filled >= max_chars * _ENOUGH and line.border >= rank:
            best, rank = position, line.border
        filled += line.size
    return best


def _piece(lines: Sequence[_Line]) -> Piece:
    body = "".join(line.text for line in lines)
    first, last = lines[0].before, lines[-1].after
    closing = last.closing if last else ""
    return Piece(
        before=first.opening if first else "",
        body=body,
        after=closing.removeprefix("\n") if body.endswith("\n") else closing,
    )


def _lines(markdown: str, max_chars: int, measure: Measure) -> Iterator[_Line]:
    fence: _Fence | None = None
    after_blank = True
    for text in _LINE.findall(markdown):
        then = _fence_after(text, fence)
        border = _border(text, fence, then, after_blank=after_blank)
        room = max_chars - max(_overhead(fence, measure), _overhead(then, measure))
        for n, bite in enumerate(_bites(text, room, measure)):
            before, border = (fence, border) if n == 0 else (then, 0)
            yield _Line(bite, measure(bite), border, before, then)
        fence, after_blank = then, not text.strip()


def _overhead(fence: _Fence | None, measure: Measure) -> int:
    return measure(fence.opening + fence.closing) if fence else 0


def _border(text: str, fence: _Fence | None, then: _Fence | None, *, after_blank: bool) -> int:
    if fence is not None:
        return 0
    return 2 if after_blank or then is not None or text.startswith("#") else 1


def _fence_after(text: str, fence: _Fence | None) -> _Fence | None:
    """The code block that is open after the line ``text``, if ``fence`` was open before it."""
    found = _FENCE.fullmatch(text)
    if found is None or len(found["lead"] + found["mark"]) > _MOST_FENCE_CHARS:
        return fence
    mark, info = found["mark"], found["info"].strip()
    if fence is not None:
        closes = mark[0] == fence.mark[0] and len(mark) >= len(fence.mark) and not info
        return None if closes else fence
    if len(info) > _MOST_INFO_CHARS or (mark[0] == "`" and "`" in info):
        return None
    return _Fence(found["lead"], mark, info)


def _bites(text: str, room: int, measure: Measure) -> Iterator[str]:
    """``text`` in pieces of at most ``room``, broken at spaces; never between a letter and its accent."""
    start = 0
    while start < len(text):
        fit = start + _fitting(text[start : start + room], room, measure)
        end = fit if fit == len(text) else _break(text, start, fit)
        yield text[start:end]
        start = end


def _fitting(window: str, room: int, measure: Measure) -> int:
    """How many characters of ``window`` are within ``room``; at least one."""
    return max(bisect_right(range(len(window) + 1), room, key=lambda n: measure(window[:n])) - 1, 1)


def _break(text: str, start: int, fit: int) -> int:
    """The best place to break in the second half of ``text[start:fit]``."""
    half = (start + fit) // 2
    end = text.rfind(" ", half, fit) + 1 or fit
    while end > half and (_is_joined(text[end - 1], text[end]) or _reads_as_fence(text, end)):
        end -= 1
    return end if end > half else fit


def _is_joined(left: str, right: str) -> bool:
    modifies = "\ufe00" <= right <= "\ufe0f" or "\U0001f3fb" <= right <= "\U0001f3ff"
    return _JOINER in (left, right) or modifies or unicodedata.combining(right) > 0


def _reads_as_fence(text: str, at: int) -> bool:
    """A part that began here would open or close a code block that the whole text does not have."""
    found = _FENCE.match(text, at)
    return found is not None and len(found["lead"] + found["mark"]) <= _MOST_FENCE_CHARS


# ── plain text ───────────────────────────────────────────────────────────────────────────────────────────

_CODE: Final = re.compile(r"(?<!`)(`{1,8}+)(?!`)([^`\n]++)\1(?!`)")
_PLAINER: Final = (
    (re.compile(r"^([ \t]{0,3})#{1,6}[ \t]++"), r"\1"),  # headings
    (re.compile(r"!?\[([^\[\]\n]{0,500})\]\(([^()\s]{1,2000})\)"), r"\1 (\2)"),  # links and pictures
    (re.compile(r"(?<![*\w])(\*{1,3})(?=\S)([^*\n]{1,2000}?)(?<=\S)\1(?![*\w])"), r"\2"),  # emphasis
    (re.compile(r"(?<![_\w])(_{1,3})(?=\S)([^_\n]{1,2000}?)(?<=\S)\1(?![_\w])"), r"\2"),
    (re.compile(r"~~(?=\S)([^~\n]{1,2000}?)(?<=\S)~~"), r"\1"),
)


class LineKind(StrEnum):
    TEXT = "text"
    FENCE = "fence"  # begins or ends a code block
    CODE = "code"


def lines(markdown: str) -> Iterator[tuple[LineKind, str]]:
    """The lines of ``markdown``, each with what it is."""
    fence: _Fence | None = None
    for text in markdown.split("\n"):
        then = _fence_after(text, fence)
        if (fence is None) is not (then is None):
            yield LineKind.FENCE, text
        else:
            yield (LineKind.TEXT if fence is None else LineKind.CODE), text
        fence = then


def plain(markdown: str) -> str:
    """The words of ``markdown`` for people who see no Markdown: no stars, no hashes, code as it is."""
    return "\n".join(
        _plain_line(text) if kind is LineKind.TEXT else text
        for kind, text in lines(markdown)
        if kind is not LineKind.FENCE
    )


def _plain_line(text: str) -> str:
    """Only what stands outside `code` loses its marks."""
    shown, end = "", 0
    for code in _CODE.finditer(text):
        shown += _without_marks(text[end : code.start()]) + code[2]
        end = code.end()
    return shown + _without_marks(text[end:])


def _without_marks(text: str) -> str:
    for marks, words in _PLAINER:
        text = marks.sub(words, text)
    return text
