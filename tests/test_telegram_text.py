"""What models write reaches people on Telegram: formatted where possible, whole always, refused never."""

from __future__ import annotations

import html
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chats.markup import neutralise
from adapters.chats.telegram.entities import Entity, Formatted, convert, within_limits
from adapters.chats.telegram.rendering import NOTHING, WHOLE_NAME, read, render
from bot.model.dispatches import Step, StepState
from bot.model.posts import ButtonView, FileView, Post
from tests.telegram_text import NASTY, TOKENS, message, refusal

MARKDOWN = st.lists(st.sampled_from(TOKENS) | st.text(max_size=8), max_size=150).map("".join)


def converted(markdown: str) -> Formatted:
    return convert(markdown, time.monotonic() + 60)


def letters(text: str) -> Counter[str]:
    return Counter(character for character in text if character.isalpha())


def visible(post: Post) -> str:
    """Everything that people can read of a post: texts, where links lead, files."""
    seen: list[str] = []
    for part in render(post):
        body = message(part)
        entities = body.get("entities", [])
        seen += [body["text"], *(e.get("url", "") + e.get("language", "") for e in entities)]
        seen.append(body.get("document", {}).get("text", ""))
    return "\n".join(seen)


@pytest.mark.parametrize("markdown", NASTY.values(), ids=NASTY)
def test_hostile_markdown_is_taken_by_telegram_and_stays_whole(markdown: str) -> None:
    """Complaint row 20: HM #50218, telegram-acp-bot #16, NB #4470."""
    began = time.monotonic()
    for part in render(Post(markdown)):
        body = message(part)
        assert body.get("document") or not refusal(body["text"], body.get("entities", []))
    assert time.monotonic() - began < 20
    assert not letters(neutralise(markdown)) - letters(visible(Post(markdown)))


@given(MARKDOWN)
def test_no_markdown_is_refused_or_loses_a_letter(markdown: str) -> None:
    """Whatever a model writes."""
    for part in render(Post(markdown)):
        body = message(part)
        assert body.get("document") or not refusal(body["text"], body.get("entities", []))
    source = neutralise(html.unescape(markdown))
    assert not letters(source) - letters(html.unescape(visible(Post(markdown))))


def test_formatting_becomes_entities() -> None:
    """No parse mode is ever used, so a stray underscore cannot eat an answer."""
    shown = converted("**bold** _it_ `x_y` [docs](https://a.b/c_d)\n\n```python\nx = 1\n```")
    assert shown.text == "bold it x_y docs\n\nx = 1"
    kinds = [(each.type, shown.text[each.offset : each.end]) for each in shown.entities]
    assert ("bold", "bold") in kinds
    assert ("code", "x_y") in kinds
    assert ("text_link", "docs") in kinds
    assert ("pre", "x = 1") in kinds


def test_underscores_in_addresses_stay() -> None:
    """Complaint row 20: the legacy parse mode silently ate them."""
    assert converted("see http://x.y/a_b_c and __init__").text.startswith("see http://x.y/a_b_c and ")


def test_raw_html_is_shown_and_not_dropped() -> None:
    """The library makes nothing of a text that begins with a tag."""
    assert converted("<script>x</script> 1 < 2").text == "<script>x</script> 1 < 2"


def test_money_is_no_formula() -> None:
    """Two dollar signs in one line."""
    assert converted("$1.00 of $2.00").text == "$1.00 of $2.00"


def test_a_link_that_leads_nowhere_is_written_out() -> None:
    """Paths of a repository, and links that would call a person."""
    shown = converted("see [a.py](src/a.py) and [her](tg://user?id=5)")
    assert shown.text == "see a.py (src/a.py) and her (tg://user?id=5)"
    assert not shown.entities


def test_text_is_shown_as_written_when_time_is_up() -> None:
    """A converter that hangs costs formatting, never words."""
    assert convert("**bold**", time.monotonic() - 1) == Formatted("**bold**")


def test_more_than_a_hundred_entities_become_two_messages() -> None:
    """Telegram drops the rest without a word."""
    entities = tuple(Entity("bold", 2 * n, 1) for n in range(250))
    pieces = list(within_limits(Formatted("a " * 250, entities)))
    assert sum(len(piece.entities) for piece in pieces) == 250
    assert max(len(piece.entities) for piece in pieces) <= 100


def test_a_long_result_is_a_beginning_and_a_file() -> None:
    """Complaint row 28; what fits into two messages is not a file."""
    words = " ".join(f"w{n}" for n in range(5000))
    head, file = (read(part) for part in render(Post(words, buttons=(ButtonView("t", "Continue"),))))
    assert head.shown.text.startswith("w0 w1 ")
    assert head.rows[0][0].label == "Continue"
    assert file.document
    assert (file.document.name, file.document.text) == (WHOLE_NAME, words)
    assert [read(part).document for part in render(Post("word " * 1400))] == [None, None]


def test_buttons_stand_under_the_last_text_and_files_behind_it() -> None:
    """Short labels side by side, long ones below each other."""
    labels = ("Yes", "No", "Something that is long enough for a row", "Stop")
    buttons = tuple(ButtonView(f"t{n}", label) for n, label in enumerate(labels))
    parts = render(Post("Well?", buttons=buttons, files=(FileView("a.diff", "ab" * 32, 3),)))
    question, file = map(read, parts)
    assert [[each.label for each in row] for row in question.rows] == [["Yes", "No"], [labels[2]], ["Stop"]]
    assert file.document
    assert file.document.sha256 == "ab" * 32


def test_steps_are_a_checklist_and_an_empty_post_is_a_sign() -> None:
    """Telegram takes no message without words."""
    steps = (Step("1", "read", StepState.DONE), Step("2", "write_it", StepState.ACTIVE), Step("3", "test"))
    (card,) = map(read, render(Post("**d7**", steps=steps, footer="4 s", silent=True)))
    assert card.shown.text == "d7\n\n✅ read\n⏳ write_it\n⬜ test\n\n4 s"
    assert card.silent
    (empty,) = map(read, render(Post("")))
    assert empty.shown.text == NOTHING
