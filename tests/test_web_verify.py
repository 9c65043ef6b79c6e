"""Nothing invented is kept: addresses, quotes, titles and figures come from pages that were read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.web.verifying import Claim, Draft, folded, verify
from bot.model.events import Fetched

AT = datetime(2026, 3, 4, tzinfo=UTC)
TEXT = (
    "The Alder Mini boils half a litre in 142 seconds and costs 45 euros.\nIt’s our “first choice” – truly."
)
PAGE = Fetched("http://a.example/1", "http://a.example/one", AT, 200, "f" * 64, "Kettles of 2026", TEXT)
GONE = Fetched(
    "http://a.example/2", "http://a.example/2", AT, 404, problem="The page answered with status 404."
)
SOFT = replace(PAGE, url="http://a.example/3", final_url="http://a.example/3", missing=True)
QUOTE = "boils half a litre in 142 seconds"
GOOD = Claim("The Alder Mini needs 142 seconds.", "http://a.example/1", QUOTE)


def draft(answer: str, *claims: Claim, asks: tuple[str, ...] = ()) -> Draft:
    return Draft(answer, claims or (GOOD,), asks, "high")


def test_a_true_answer_is_kept_as_it_is() -> None:
    """Its mark becomes the number of its source, with the address where the page really was."""
    found = verify(draft("The Alder Mini is quick: 142 seconds. [1]"), [PAGE])
    assert found.whole
    assert found.answer == "The Alder Mini is quick: 142 seconds. [1]"
    assert [source.final_url for source in found.sources] == ["http://a.example/one"]
    assert found.quotes == ((1, GOOD),)


@pytest.mark.parametrize(
    "quote",
    [
        "BOILS  half a\nlitre in 142 seconds",
        'It\'s our "first choice" - truly',
        "… half a litre in 142 seconds …",
        "it’s our «first choice» — truly",
    ],
)
def test_typography_and_white_space_do_not_matter(quote: str) -> None:
    """The same words are the same quote."""
    assert verify(draft("Good. [1]", replace(GOOD, text="Good.", quote=quote)), [PAGE]).whole


LIES = {
    "a page that was never fetched": replace(GOOD, url="http://invented.example/study"),
    "a dead page": replace(GOOD, url=GONE.url),
    "a soft 404": replace(GOOD, url=SOFT.url),
    "an invented quote": replace(GOOD, quote="boils half a litre in 41 seconds"),
    "an empty quote": replace(GOOD, quote=""),
    "a quote of one word": replace(GOOD, quote="boils"),
    "dots alone": replace(GOOD, quote="… ... …"),
    "a quote with a gap": replace(GOOD, quote="The Alder Mini boils … and costs 45 euros"),
    "a figure that is not there": replace(GOOD, text="It needs 41 seconds."),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_claim_that_does_not_hold_takes_its_line_with_it(lie: Claim) -> None:
    """And the model is told what is wrong with it."""
    found = verify(draft("Really. [1]\nQuick. [2]", lie, GOOD), [PAGE, GONE, SOFT])
    assert found.answer == "Quick. [1]"
    assert found.faults
    assert [source.url for source in found.sources] == [PAGE.url]


LIES_IN_LINES = [
    "No claim at all.",
    "A claim that is not there. [7]",
    "See http://invented.example/study [1]",
    "See [the study](http://invented.example) [1]",
    "See [the study][1] [1]",
    "See www.invented.example [1]",
    "See invented.example/study [1]",
    "Write to ann@invented.example [1]",
    "<a href=x>Study</a> [1]",
    "[1]: http://invented.example [1]",
    'As the "Global Kettle Report" says. [1]',
    "As the “Global Kettle Report” says. [1]",
    "As the ‘Global Kettle Report’ says. [1]",
    "As the *Global Kettle Report* says. [1]",
    "As the _Global Kettle Report_ says. [1]",
    "It needs 41 seconds. [1]",
    "It needs 14 seconds. [1]",
    "## An invented heading",
]


@pytest.mark.parametrize("line", LIES_IN_LINES)
def test_a_line_with_something_invented_goes(line: str) -> None:
    """An address, a link, a quoted title, a figure, or no claim to stand on."""
    found = verify(draft(f"{line}\nQuick. [1]"), [PAGE])
    assert found.answer == "Quick. [1]"
    assert sum(found.removed.values()) >= 1


def test_without_a_true_claim_nothing_is_left() -> None:
    """No words of a model that has read nothing."""
    found = verify(draft("All true. [1]\nBelieve me. [1]"), [])
    assert (found.answer, found.sources, found.quotes) == ("", (), ())


def test_what_stays_open_holds_no_details() -> None:
    """An open question is no way round the rules."""
    asks = (
        "What does it weigh?",
        "Is http://invented.example right?",
        "Does “Kettle Weekly” agree?",
        "Why 99?",
    )
    assert verify(draft("Quick. [1]", asks=asks), [PAGE]).open_questions == ("What does it weigh?",)


@given(st.text(max_size=300), st.text(max_size=60), st.text(max_size=60), st.text(max_size=40))
def test_whatever_a_model_writes_only_read_pages_are_sources(
    answer: str, text: str, url: str, quote: str
) -> None:
    """And no answer breaks the verifier."""
    found = verify(Draft(answer, (Claim(text, url, quote), GOOD), (answer,), quote), [PAGE, GONE, SOFT])
    assert {source.final_url for source in found.sources} <= {PAGE.final_url}
    assert "://" not in found.answer
    assert all(folded(claim.quote) in folded(TEXT) for _, claim in found.quotes)
