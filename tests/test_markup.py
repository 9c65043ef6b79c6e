"""Text on its way to people: harmless, within the limit, and nothing lost."""

from __future__ import annotations

import re
import time
import unicodedata
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.chats.markup import LEAST_MAX_CHARS, Measure, neutralise, pieces, plain, split, utf16_units

HARMLESS = st.text(max_size=3000)
LINES = st.one_of(
    st.text(alphabet="ab ~`>#-*1\t", max_size=60),
    st.sampled_from(["```", "```python", "~~~~", "  ```", "> ```js", "", "", "# Title", "- item", "`" * 40]),
    st.text(alphabet="word `~é\u0301👍🏽\u200d👩", min_size=200, max_size=900),
)
MARKDOWN = st.lists(LINES, max_size=40).map("\n".join)
LIMITS = st.integers(LEAST_MAX_CHARS, 1500)
MEASURES = st.sampled_from([len, utf16_units])

FENCE = re.compile(r"[ \t]*(?:>[ \t]*)*(`{3,}|~{3,})([^\n]*)")


def open_fence(markdown: str) -> str:
    """The mark of the code block that is still open at the end, as a reader of this part alone sees it."""
    mark = ""
    for line in markdown.split("\n"):
        found = FENCE.fullmatch(line)
        if found is None or len(found[0]) - len(found[2]) > 32:
            continue
        row, info = found[1], found[2].strip()
        if mark:
            mark = "" if row[0] == mark[0] and len(row) >= len(mark) and not info else mark
        elif len(info) <= 64 and not (row[0] == "`" and "`" in info):
            mark = row
    return mark


@given(MARKDOWN | HARMLESS, LIMITS, MEASURES)
def test_nothing_is_lost_when_a_text_is_split(markdown: str, limit: int, measure: Measure) -> None:
    """The bodies of all pieces, joined, are the text, character for character."""
    assert "".join(piece.body for piece in pieces(markdown, limit, measure)) == markdown


@given(MARKDOWN | HARMLESS, LIMITS, MEASURES)
def test_every_part_is_within_the_limit(markdown: str, limit: int, measure: Measure) -> None:
    """Also with the fences that were added, and in Telegram's units."""
    assert all(measure(part) <= limit for part in split(markdown, limit, measure))


@given(MARKDOWN, LIMITS, MEASURES)
@example("x" * 398 + "```" + "y" * 20, LEAST_MAX_CHARS, len)
@example("`" * 803, LEAST_MAX_CHARS, len)
@example("```\n" + "x" * 390 + " ``` " + "y" * 90, LEAST_MAX_CHARS, len)
def test_every_part_has_its_code_blocks_balanced(markdown: str, limit: int, measure: Measure) -> None:
    """A block that is cut is closed in this part and opened again in the next."""
    assert not [part for part in split(markdown, limit, measure) if open_fence(part)]


@given(MARKDOWN | HARMLESS, LIMITS)
def test_the_same_text_is_always_split_the_same_way(markdown: str, limit: int) -> None:
    """Parts are stored once and sent later, perhaps by another process."""
    assert split(markdown, limit) == split(markdown, limit)


def test_a_short_text_stays_one_part() -> None:
    """Nothing is added, only blank lines at its ends go."""
    assert split("\nHello **you**.\n", 4000) == ("Hello **you**.",)
    assert split("", 4000) == ("",)


def test_a_text_is_cut_at_a_blank_line_rather_than_in_a_paragraph() -> None:
    """People read whole paragraphs."""
    first, second = "a " * 150, "b " * 150
    assert split(f"{first}\n\n{second}", 500) == (first, second)


def test_a_code_block_that_fits_into_the_next_part_is_not_cut() -> None:
    """The border in front of the block is taken."""
    code = "```python\n" + "x = 1\n" * 40 + "```"
    assert split("word " * 60 + "\n" + code, 500) == ("word " * 60, code)


def test_a_code_block_that_is_cut_goes_on_in_the_same_language() -> None:
    """Every part of it is coloured."""
    parts = split("```python\n" + "value = 1\n" * 100 + "```\nafter", 500)
    assert len(parts) == 3
    assert all(part.startswith("```python\n") for part in parts)
    assert [part.count("```") for part in parts] == [2, 2, 2]
    assert parts[-1].endswith("after")


def test_a_letter_keeps_its_accent_and_an_emoji_its_skin() -> None:
    """A hard break looks for the next place where one may break."""
    parts = split("e\u0301" * 399 + "👩🏽\u200d🚀" * 99, LEAST_MAX_CHARS)
    assert not any(unicodedata.combining(part[0]) or part[0] in "\u200d🏽" for part in parts)
    assert not any(part.endswith("\u200d") for part in parts)


def test_a_limit_too_small_for_any_text_is_refused() -> None:
    """A platform's limit is a constant; a wrong one must show at once."""
    with pytest.raises(ValueError, match="the least is 400"):
        split("hello", 10)


@pytest.mark.parametrize(
    "hostile",
    [
        "[" * 200_000,
        "*" * 200_000,
        "`" * 200_000,
        "\x1b]" * 100_000,
        "_a" * 100_000,
        "> " * 100_000,
        " *a" * 70_000,
    ],
    ids=["brackets", "stars", "backticks", "titles", "underscores", "quotes", "stars apart"],
)
def test_hostile_text_takes_no_longer_than_any_other(hostile: str) -> None:
    """No pattern goes back over what it has read: 200,000 characters in a moment."""
    began = time.process_time()
    split(neutralise(plain(hostile)), 4000)
    assert time.process_time() - began < 2.0


@given(st.text(alphabet=st.characters(), max_size=500))
def test_what_is_shown_has_no_control_characters(text: str) -> None:
    """Only newlines and tabs are left of them, and what is left can be encoded."""
    shown = neutralise(text)
    shown.encode()
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"]
    assert not re.search("[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f\ufeff]", shown)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126) | st.sampled_from("\n\täßЖ中👍")))
def test_ordinary_text_is_shown_as_it_is(text: str) -> None:
    """Neutralising takes nothing from what people write."""
    assert neutralise(text) == text


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[Hcleared", "cleared"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("an \x1b]unfinished title", "an unfinished title"),
        ("\x9b31mred", "red"),
        ("over\rwrite", "over\nwrite"),
        ("a\r\nb", "a\nb"),
        ("rm -rf \u202egpj.exe", "rm -rf gpj.exe"),
        ("if access\u2066 /*begin*/\u2069", "if access /*begin*/"),
        ("nul\x00byte", "nulbyte"),
        ("lone \ud800 half", "lone \ufffd half"),
    ],
)
def test_hostile_characters_never_reach_a_screen(hostile: str, shown: str) -> None:
    """Colours, cursor movement, titles, links and direction overrides are taken out."""
    assert neutralise(hostile) == shown


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("# Result", "Result"),
        ("**bold** and *slanted* and ~~gone~~", "bold and slanted and gone"),
        ("see [the docs](https://example.org/a)", "see the docs (https://example.org/a)"),
        ("`2**3` is __eight__", "2**3 is eight"),
        ("snake_case_name stays, 2 * 3 * 4 too", "snake_case_name stays, 2 * 3 * 4 too"),
        ("run:\n```sh\nmake **demo**\n```\ndone", "run:\nmake **demo**\ndone"),
    ],
)
def test_plain_text_has_the_words_without_the_marks(markdown: str, words: str) -> None:
    """Code stays exactly as it is."""
    assert plain(markdown) == words


@given(st.lists(st.text(alphabet="abc", min_size=1, max_size=8), min_size=1, max_size=30), st.randoms())
def test_plain_text_keeps_every_word(words: list[str], random: Random) -> None:
    """Whatever marks stand around them."""
    marks = ["{}", "**{}**", "*{}*", "`{}`", "[{}](https://example.org)", "# {}", "- {}"]
    markdown = "\n".join(random.choice(marks).format(word) for word in words)
    shown = plain(markdown).replace("(https://example.org)", "")
    assert re.findall("[abc]+", shown) == words
