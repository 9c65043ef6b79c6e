"""Nothing secret leaves, whatever it is wrapped in and wherever a stream is cut."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.redact import MASK, Redactor

OWN = 'hunter2/&+ ü"quoted"-and-long'
REDACTOR = Redactor([OWN, "-----BEGIN THING-----\nZm9vYmFyYmF6cXV4MTIzNDU2\n-----END THING-----"])

TOKENS = [
    "sk-ant-api03-" + "aB3_-" * 8,
    "sk-proj-" + "x9" * 20,
    "xoxb-123456789012-abcdefABCDEF",
    "xapp-1-A012-3456789-abcdef",
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "A1b2_" * 8,
    "glpat-" + "x1Y2z3" * 4,
    "AKIAIOSFODNN7EXAMPLE",
    "AIza" + "Sy1-_" * 7,
    "4711471147:" + "AAH-_x9" * 5,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLW9mLWl0",
    "sk_live_" + "4eC39HqLyjWDarjt",
    "hf_" + "abcdefghijABCDEFGHIJ",
    "npm_" + "abcdefghijABCDEFGHIJ",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n+/=\n-----END RSA PRIVATE KEY-----",
]
WRAPPED = {
    "plain": OWN,
    "url": quote_plus(OWN),
    "json": json.dumps({"key": OWN}),
    "repr": repr({"key": OWN}),
    **{f"base64 after {n}": base64.b64encode(b"x" * n + OWN.encode() + b"tail").decode() for n in range(3)},
    **{f"urlsafe after {n}": base64.urlsafe_b64encode(b"x" * n + OWN.encode()).decode() for n in range(3)},
}


@pytest.mark.parametrize("form", WRAPPED)
def test_an_own_secret_is_found_in_every_disguise(form: str) -> None:
    """The house's own values are masked as written, URL-encoded, escaped and inside base64."""
    shown = REDACTOR.redact(f"before {WRAPPED[form]} after")
    assert MASK in shown
    assert "hunter2" not in shown
    assert base64.b64encode(OWN.encode()).decode()[4:16] not in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")


@pytest.mark.parametrize("token", TOKENS)
def test_a_well_known_shape_is_masked_whole(token: str) -> None:
    """A stranger's token is recognised by its shape, in the middle of a sentence or of JSON."""
    assert REDACTOR.redact(f"key={token}, ok") == f"key={MASK}, ok"
    assert REDACTOR.redact(f'"{token}"') == f'"{MASK}"'


def test_a_line_of_a_longer_secret_is_masked_too() -> None:
    """Key files are often printed line by line."""
    assert REDACTOR.redact("> Zm9vYmFyYmF6cXV4MTIzNDU2") == f"> {MASK}"


@pytest.mark.parametrize(
    "text",
    [
        "The task-list of desk-based risk-averse people is on https://example.org:8080/a@b.",
        "A bearer authentication scheme and a basic internationalization library.",
        "d7 finished in 12:34:56, commit 3f2b8c1e9d0a4b5c6d7e8f901234567890abcdef",
        "uuid 123e4567-e89b-12d3-a456-426614174000 and sha256 " + "ab" * 32,
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    """Prose, times, hashes and ports are no secrets."""
    assert REDACTOR.redact(text) == text


def test_the_password_of_a_url_is_masked() -> None:
    """A connection string keeps its host."""
    assert REDACTOR.redact("postgresql://ann:s3cret@db/x") == f"postgresql://{MASK}@db/x"


def test_a_value_is_masked_by_its_key_too() -> None:
    """What is called a token is hidden whatever it looks like, at any depth; other values keep their type."""
    shown = REDACTOR.value({"n": 3, "list": [{"bot_token": "abc"}, OWN.encode()], "ok": True, "tokens": 12})
    assert shown == {"n": 3, "list": [{"bot_token": MASK}, MASK], "ok": True, "tokens": 12}


def test_short_values_are_not_hunted() -> None:
    """A one-letter secret would blacken every text."""
    assert Redactor(["a", "ab c"]).redact("a cab can ab c") == "a cab can ab c"


PIECES = st.lists(
    st.one_of(
        st.sampled_from([OWN, *TOKENS, *WRAPPED.values()]),
        st.text(alphabet="ab1 \n:/-_.=", max_size=40),
        st.integers(0, 3).map(lambda n: "filler " * 4000 * n),
        st.integers(1, 9000).map(lambda n: "sk-" + "x" * n),
    ),
    max_size=8,
)


@given(PIECES, st.lists(st.integers(1, 30_000), min_size=1, max_size=12))
@settings(deadline=None, max_examples=60, derandomize=True)
def test_a_stream_gives_what_the_whole_text_would(pieces: list[str], sizes: list[int]) -> None:
    """Wherever the text is cut into chunks, the redacted stream is the redacted text."""
    text, stream, given_out, position, turn = "".join(pieces), REDACTOR.stream(), "", 0, 0
    while position < len(text):
        size = sizes[turn % len(sizes)]
        given_out += stream.feed(text[position : position + size])
        position, turn = position + size, turn + 1
    assert given_out + stream.close() == REDACTOR.redact(text)


def test_a_flood_is_passed_on_in_bounded_memory() -> None:
    """A stream keeps back a fixed tail, even of one endless word."""
    stream, fed, given_out = REDACTOR.stream(), 0, 0
    for _ in range(300):
        fed += 10_000
        given_out += len(stream.feed("x" * 10_000))
        assert fed - given_out < 3 * REDACTOR.hold_chars
