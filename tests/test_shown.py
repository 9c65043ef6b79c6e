"""What an approval shows: everything that would run, with one reading, whatever it is made of."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chats.markup import neutralise
from bot import shown
from bot.model.questions import approval_of

TRICKS = {
    "rm -rf /\u202e txt.": "⟨U+202E⟩",
    "ls\u200b": "⟨U+200B⟩",
    "\x1b[2Kls": "⟨U+001B⟩",
    "ls\u2066;rm x\u2069": "⟨U+2066⟩",
    "ls\U000e0041": "⟨U+E0041⟩",
    "ls\u00a0x": "⟨U+00A0⟩",
    "ls\r": "⟨U+000D⟩",
    "ls\u3164x": "⟨U+3164⟩",
    "ls" + "\n" * 90 + "rm x": "⟨90 line ends⟩",
    "ls" + " " * 400 + "; rm x": "⟨400 spaces⟩",
    "ls ⟨U+202E⟩": "⟨U+27E8⟩U+202E⟩",
}


@pytest.mark.parametrize("command", TRICKS)
def test_what_would_not_show_is_spelled_out(command: str) -> None:
    """Trojan Source, tags, escapes, gaps; and the spelling itself cannot be faked."""
    item = approval_of("Bash", json.dumps({"command": command}), "/srv/api")
    assert TRICKS[command] in shown.approval(item)
    assert neutralise(shown.approval(item)) == shown.approval(item), "a chat would take something away"


@given(st.text(), st.text())
def test_two_calls_never_look_the_same(one: str, other: str) -> None:
    """Different texts stay different."""
    assert (shown.visible(one) == shown.visible(other)) == (one == other)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_nothing_invisible_is_left(text: str) -> None:
    """Line ends, tabs and plain spaces are all that shows nothing of itself."""
    for char in set(shown.visible(text)) - set("\n\t "):
        assert unicodedata.category(char)[0] not in "CZ", hex(ord(char))


@given(st.text(alphabet="`a\n~", max_size=60))
def test_a_command_does_not_leave_its_code_block(command: str) -> None:
    """The fence is longer than any row of backticks inside it."""
    item = approval_of("Bash", json.dumps({"command": command}), "/srv/api")
    lines = shown.approval(item).split("\n")
    (fence,) = {line for line in lines if line.strip("`") == "" and len(line) == max(map(_ticks, lines))}
    assert lines.count(fence) == 2


def _ticks(line: str) -> int:
    return len(line) if line and not line.strip("`") else 0


def test_letters_of_another_alphabet_inside_a_word_are_pointed_out() -> None:
    """A Cyrillic а in the middle of a name; words wholly in one alphabet are nobody's trick."""
    tricky = approval_of("Bash", json.dumps({"command": "curl https://p\u0430ypal.com"}), "/srv/api")
    assert "U+0430" in shown.approval(tricky)
    plain = approval_of("Bash", json.dumps({"command": "echo привет grüße"}), "/srv/api")
    assert "Look closely" not in shown.approval(plain)


def test_any_other_input_is_shown_whole() -> None:
    """All keys, also those that a tool might ignore."""
    given_ = {"file_path": "/a", "content": "x\u200by", "command": "ls"}
    text = shown.approval(approval_of("Write", json.dumps(given_), "/srv/api", "c" * 40))
    for words in ('"/a"', "x⟨U+200B⟩y", '"ls"', "cccccccccccc"):
        assert words in text
