"""Limits in words: what a person says about money and time, and what is left alone."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.limits import MAX_S, MAX_USD, NO_WISH, Wish, parse, within


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("fix the parser, up to $5", Wish(5.0)),
        ("up to $5", Wish(5.0)),
        ("fix the parser up to $5.", Wish(5.0)),
        ("Fix it, max 2 dollars", Wish(2.0)),
        ("spend up to $3 on it", Wish(3.0)),
        ("look into it for at most 50 cents", Wish(0.5)),
        ("no more than five dollars please", Wish(5.0)),
        ("fix the parser and give it an hour", Wish(None, 3600.0)),
        ("take 20 minutes at most", Wish(None, 1200.0)),
        ("take at most 2 hours, up to $1.50", Wish(1.5, 7200.0)),
        ("spend an hour and a half at most", Wish(None, 5400.0)),
        ("max $2. Give it half an hour.", Wish(2.0, 1800.0)),
        ("up to $5, no, max $3", Wish(3.0)),
    ],
)
def test_a_person_s_words_set_limits(text: str, wish: Wish) -> None:
    """The usual ways to say it (openclaw/openclaw #86324: a wish to cap one task)."""
    assert parse(text) == wish


@pytest.mark.parametrize(
    "text",
    [
        "support discounts up to $5 for members",
        "the timeout is 20 minutes at most",
        "the page says “up to $5”",
        "> up to $5\n\nfix this",
        "set it to `max $3`",
        "fix this:\n```\nup to $5\n```",
        "up to $0",
        "an hour ago it broke",
        "it costs 5 dollars",
        "",
    ],
)
def test_other_words_are_no_limit(text: str) -> None:
    """What is work, quotation or code is left alone."""
    assert parse(text) == NO_WISH


@given(st.text())
def test_any_text_gives_a_possible_wish(text: str) -> None:
    """Never an error, never nothing at all to spend, never beyond what the configuration could say."""
    wish = parse(text)
    assert wish.usd is None or 0 < wish.usd <= MAX_USD
    assert wish.seconds is None or 0 < wish.seconds <= MAX_S


@given(
    st.text(alphabet="xyz ", max_size=30),
    st.decimals(min_value="0.01", max_value=9999, places=2),
    st.sampled_from(["up to ${}", "at most {} dollars", "max ${}", "spend at most ${}"]),
)
def test_an_amount_after_other_words_is_read_as_it_was_written(
    before: str, amount: object, phrase: str
) -> None:
    """Whatever the work is: its amount is the limit, exactly."""
    assert parse(f"{before}, {phrase.format(amount)}") == Wish(float(str(amount)))


@given(st.text(), st.sampled_from(["> {}", "`{}`", "```\n{}\n```", "“{}”"]))
def test_quoted_words_never_set_a_limit(text: str, quotation: str) -> None:
    """What others wrote sets nothing, whatever it is."""
    inside = "".join(char for char in text if char not in '`“”"«»' and char.isprintable())
    assert parse(quotation.format(f"{inside}, up to $5")) == NO_WISH


@pytest.mark.parametrize("text", ["\n", " ", "“", ", and ", "for ", "`", "9", "up to ", "$", "- ", "a "])
def test_a_hostile_text_is_read_in_a_moment(text: str) -> None:
    """No expression takes longer than linear time."""
    began = time.process_time()
    parse(text * (100_000 // len(text)))
    assert time.process_time() - began < 5.0


wishes = st.builds(Wish, st.none() | st.floats(0.01, 100), st.none() | st.floats(1, 10_000))


@given(wishes, st.floats(0.01, 100), st.floats(1, 10_000))
def test_nobody_without_the_right_gets_more_than_is_allowed(wish: Wish, usd: float, seconds: float) -> None:
    """Lowering is free, raising ends at the project's limit, and a sentence says so exactly then."""
    taken, sentence = within(wish, Wish(usd, seconds), may_exceed=False)
    assert taken.usd == (None if wish.usd is None else min(wish.usd, usd))
    assert taken.seconds == (None if wish.seconds is None else min(wish.seconds, seconds))
    assert bool(sentence) == (taken != wish)
    assert within(wish, Wish(usd, seconds), may_exceed=True) == (wish, "")
