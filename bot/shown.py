"""What an approval shows: exactly what would run, so that two calls never look the same.

A person decides by what they see. Whatever a screen would hide, reorder or leave out stands in ⟨…⟩ instead:
``⟨U+202E⟩`` for a character that shows nothing of itself, ``⟨97 empty lines⟩`` for a gap in which the rest
would be overlooked. The bracket itself is shown so too; what is left has one reading.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Final, cast

from bot.model.questions import Approval

_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs", "Mn", "Me"})
"""Unicode categories of what moves, joins, reorders, combines or is not there."""
_PLAIN: Final = frozenset(" \n\t")
_INVISIBLE_LETTERS: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_BRACKET: Final = "⟨"
_LONG_GAP: Final = re.compile(r"\n{4,}| {41,}|\t{21,}|`{17,}")
_GAPS: Final = {"\n": "line ends", " ": "spaces", "\t": "tabs", "`": "backticks"}
_WORD: Final = re.compile(r"\w+")
LEAST_SHOWN: Final = 12
"""How many characters of a hash say which call is meant."""
_MIXED: Final = 5
"""How many look-alike words are named."""


def approval(item: Approval) -> str:
    """Exactly what the hash binds: the tool, its input, the directory, the commit; as Markdown."""
    where = f"in {_code(item.directory)}" + (f" at {_code(item.commit[:12])}" if item.commit else "")
    words = visible(call(item))
    fence = "`" * max(3, _longest_row(words) + 1)
    parts = [f"{_code(item.tool)} {where}", f"{fence}\n{words}\n{fence}"]
    return "\n\n".join([*parts, *_look_alikes(call(item))])


def call(item: Approval) -> str:
    """A command as it will run; any other input as JSON, whole."""
    if (words := command(item)) is not None:
        return words
    return json.dumps(json.loads(item.input), indent=2, ensure_ascii=False)


def command(item: Approval) -> str | None:
    """The command, where that is all there is."""
    value: object = json.loads(item.input)
    given = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    words = given.get("command")
    return words if isinstance(words, str) and set(given) <= {"command", "description"} else None


def one_line(item: Approval, max_chars: int = 80) -> str:
    """Tool and call in one line, for a card."""
    words = visible(" ⏎ ".join(line.strip() for line in call(item).splitlines() if line.strip()))
    shown = words if len(words) <= max_chars else words[: max_chars - 1] + "…"
    return _code(f"{item.tool}: {shown}")


def visible(text: str) -> str:
    """``text`` with everything that would not show spelled out; different texts stay different."""
    spelled = "".join(_spelled(char) if _hides(char) else char for char in text)
    return _LONG_GAP.sub(_gap, spelled)


def _hides(char: str) -> bool:
    if char in _PLAIN:
        return False
    return char in _INVISIBLE_LETTERS or char == _BRACKET or unicodedata.category(char) in _HIDDEN


def _spelled(char: str) -> str:
    return f"{_BRACKET}U+{ord(char):04X}⟩"


def _gap(found: re.Match[str]) -> str:
    row = found[0]
    return f"{_BRACKET}{len(row)} {_GAPS[row[0]]}⟩"


def _look_alikes(text: str) -> list[str]:
    """Words that mix alphabets, which people read as one: a warning, not a verdict."""
    odd = [word for word in dict.fromkeys(_WORD.findall(text)) if _is_mixed(word)]
    named = "; ".join(f"{visible(word)} has {_foreign(word)}" for word in odd[:_MIXED])
    return [f"Look closely, letters of other alphabets stand among Latin ones: {named}."] if odd else []


def _is_mixed(word: str) -> bool:
    return any(char.isascii() and char.isalpha() for char in word) and bool(_foreign(word))


def _foreign(word: str) -> str:
    return ", ".join(f"U+{ord(char):04X}" for char in word if char.isalpha() and not _is_latin(char))


def _is_latin(char: str) -> bool:
    return unicodedata.name(char, "").startswith("LATIN")


def _longest_row(text: str) -> int:
    return max((len(row) for row in re.findall("`+", text)), default=0)


def _code(text: str) -> str:
    return "`" + visible(text).replace("`", _spelled("`")).replace("\n", _spelled("\n")) + "`"
