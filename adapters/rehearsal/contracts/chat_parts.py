"""What a Chat keeps about parts: the same for the same post, within limits, nothing lost, nothing harmful."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from adapters.rehearsal.contracts.chat_rig import ChatCheck, Rig
from bot.model.dispatches import Step, StepState
from bot.model.posts import ButtonView, Post

_WORDS: Final = 30_000
_NUMBERED: Final = " ".join(f"w{n}" for n in range(_WORDS))
_CODE: Final = "Before.\n\n```python\n" + "".join(f"x{n} = {n}\n" for n in range(5000)) + "```\n\nAfter."
_HOSTILE: Final = (
    "\x1b[31mred\x1b[0m \x00nul \u202egnp.exe \u2066isolated\u2069 \U000e0041tag \x9b2J bell\x07"
)
_POSTS: Final = (
    Post("Hello **you**."),
    Post(""),
    Post("", buttons=(ButtonView("t1", "Yes"),)),
    Post(_NUMBERED),
    Post(_CODE),
    Post("👩🏽\u200d🚀" * 5000),
    Post("x" * 200_000),
    Post(_HOSTILE),
    Post("d7", steps=(Step("1", "read", StepState.DONE), Step("2", "write")), footer="4 s · $0.01"),
)


async def the_same_post_has_the_same_parts(rig: Rig) -> None:
    """They are stored once, and rendered again for an edit, perhaps by another process."""
    for post in _POSTS:
        assert rig.chat.parts(post) == rig.chat.parts(post)


async def every_part_is_within_the_limit(rig: Rig) -> None:
    for post in _POSTS:
        for part in rig.chat.parts(post):
            assert rig.length(rig.text(part)) <= rig.chat.abilities.max_chars


async def every_post_has_a_part(rig: Rig) -> None:
    """Also one without a word: its buttons must be somewhere."""
    for post in _POSTS:
        assert rig.chat.parts(post)


def _whole(rig: Rig, post: Post) -> str:
    """What people can read of it: a file that holds all of it, else the messages."""
    parts = rig.chat.parts(post)
    files = [text for part in parts if (text := rig.attached(part)) is not None]
    return "\n".join(files or [rig.text(part) for part in parts])


async def no_word_is_lost_and_none_overtakes_another(rig: Rig) -> None:
    assert re.findall(r"w(\d+)", _whole(rig, Post(_NUMBERED))) == [str(n) for n in range(_WORDS)]


async def a_file_is_announced_by_words(rig: Rig) -> None:
    """Nobody gets a file without knowing what it is."""
    first = rig.chat.parts(Post(_NUMBERED))[0]
    assert rig.attached(first) is None
    assert rig.text(first).startswith("w0 w1")


async def no_line_of_code_is_lost(rig: Rig) -> None:
    shown = _whole(rig, Post(_CODE))
    assert re.findall(r"x(\d+) = \1\b", shown) == [str(n) for n in range(5000)]
    assert shown.index("Before.") < shown.index("x0 = 0") < shown.index("After.")


async def what_moves_cursors_or_turns_text_around_is_taken_out(rig: Rig) -> None:
    shown = "".join(rig.text(part) for part in rig.chat.parts(Post(_HOSTILE)))
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"]
    assert not re.search("[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]", shown)
    assert all(word in shown for word in ("red", "nul", "gnp.exe", "isolated", "tag", "bell"))


async def steps_and_footer_are_shown(rig: Rig) -> None:
    shown = "".join(rig.text(part) for part in rig.chat.parts(_POSTS[-1]))
    assert all(words in shown for words in ("read", "write", "4 s · $0.01"))


checks: Final[tuple[ChatCheck, ...]] = (
    the_same_post_has_the_same_parts,
    every_part_is_within_the_limit,
    every_post_has_a_part,
    no_word_is_lost_and_none_overtakes_another,
    a_file_is_announced_by_words,
    no_line_of_code_is_lost,
    what_moves_cursors_or_turns_text_around_is_taken_out,
    steps_and_footer_are_shown,
)
