"""What models write reaches people in Slack: within its limits, whole, and without calling anybody."""

from __future__ import annotations

import re
import time
from collections import Counter
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chats.markup import neutralise
from adapters.chats.slack.rendering import (
    MAX_PLAIN,
    NOTHING,
    WHOLE_NAME,
    Sendable,
    blocks_of,
    read,
    render,
)
from adapters.chats.slack.words import escaped, harmless, own_words
from adapters.rehearsal.slack_api.blocks import buttons as buttons_in
from adapters.rehearsal.slack_api.blocks import check_blocks, texts
from bot.model.dispatches import Step, StepState
from bot.model.posts import ButtonView, FileView, Post, Style
from tests.telegram_text import NASTY, TOKENS

PINGS: Final = (
    "<!channel>",
    "<!here|here>",
    "<@U024>",
    "<#C01|x>",
    "<!subteam^S1>",
    "@channel",
    "@Everyone ",
)
MARKDOWN = st.lists(st.sampled_from((*TOKENS, *PINGS)) | st.text(max_size=8), max_size=150).map("".join)
CALLS: Final = re.compile(r"<[!@#][A-Za-z]|@(?:channel|here|everyone|group)\b", re.IGNORECASE)


def letters(text: str) -> Counter[str]:
    return Counter(character for character in text if character.isalpha())


def taken(message: Sendable) -> str:
    """All that Slack shows of it; raises what Slack refuses it with."""
    if message.document:
        return message.document.text or ""
    for plan in (False, True):
        check_blocks(blocks_of(message, plan=plan))
    assert message.plain
    return "\n".join(texts(blocks_of(message, plan=False)))


def fences_are_whole(text: str) -> bool:
    marks = re.findall(r"^[ \t]*(?:>[ \t]*)*(`{3,}|~{3,})", text, re.MULTILINE)
    return len(marks) % 2 == 0


@pytest.mark.parametrize("markdown", NASTY.values(), ids=NASTY)
def test_hostile_markdown_is_taken_by_slack_and_stays_whole(markdown: str) -> None:
    """Complaint rows 19 and 20: lightdash #19688, metabase PR #80105, HM #50218."""
    began = time.monotonic()
    shown = "\n".join(taken(read(part)) for part in render(Post(markdown)))
    assert time.monotonic() - began < 20
    assert not letters(neutralise(markdown)) - letters(shown)


@given(MARKDOWN)
def test_no_markdown_is_refused_loses_a_letter_or_calls_anybody(markdown: str) -> None:
    """Whatever a model writes."""
    shown = "\n".join(taken(read(part)) for part in render(Post(markdown)))
    assert not letters(neutralise(markdown)) - letters(shown)
    assert not CALLS.search(shown)
    assert not any(CALLS.search(read(part).plain) for part in render(Post(markdown)))


@given(st.lists(st.sampled_from(PINGS) | st.text(max_size=5)).map("".join))
def test_escaped_words_are_no_markup(words: str) -> None:
    """What is no Markdown (a footer, a refusal, a form's text) is escaped as Slack asks for it."""
    assert "<" not in escaped(harmless(words))


@pytest.mark.parametrize("ping", PINGS)
def test_a_ping_is_shown_and_calls_nobody(ping: str) -> None:
    """The words stay readable; only what makes a call of them goes."""
    assert not CALLS.search(harmless(f"tell {ping}, please"))
    assert harmless(ping).replace("\u200b", "") == ping


def test_a_picture_is_a_link_and_code_stays_as_it_is() -> None:
    """A picture would be fetched from wherever a model says, with whatever stands in its address."""
    shown = harmless("![x](https://a.b/?q=secret)\n\n```sh\n![x](y)\n```")
    assert shown == "[x](https://a.b/?q=secret)\n\n```sh\n![x](y)\n```"


def test_a_cut_code_block_is_closed_and_opened_again() -> None:
    """Each message shows its part as code."""
    code = "Before.\n\n```python\n" + "".join(f"x{n} = {n}\n" for n in range(1_200)) + "```\n\nAfter."
    first, second = (read(part).markdown for part in render(Post(code)))
    assert fences_are_whole(first)
    assert fences_are_whole(second)
    assert second.startswith("```python\n")


def test_a_long_result_is_a_beginning_and_a_file() -> None:
    """Complaint row 28: gugu91/pinet #34; what fits into two messages is not a file."""
    words = " ".join(f"w{n}" for n in range(9_000))
    head, file = map(read, render(Post(words, buttons=(ButtonView("t", "Continue"),))))
    assert head.markdown.startswith("w0 w1 ")
    assert head.buttons[0].label == "Continue"
    assert file.document
    assert (file.document.name, file.document.text) == (WHOLE_NAME, words)
    assert [read(part).document for part in render(Post("word " * 4_000))] == [None, None]


def test_steps_are_slacks_own_list_or_lines_of_text() -> None:
    """The same card both ways; a workspace that does not know the list shows the lines."""
    steps = (Step("1", "read", StepState.DONE), Step("2", "write_it", StepState.ACTIVE), Step("3", "test"))
    (card,) = map(read, render(Post("**d7** · api", steps=steps, footer="4 s")))
    plan, footer = blocks_of(card, plan=True)
    assert (plan["type"], plan["title"]) == ("plan", "d7 · api")
    assert [each["status"] for each in plan["tasks"]] == ["complete", "in_progress", "pending"]
    assert footer["elements"][0]["text"] == "4 s"
    assert blocks_of(card, plan=False)[0]["text"] == "**d7** · api\n\n✅ read\n⏳ write_it\n⬜ test"
    assert card.plain == "d7 · api\n\n✅ read\n⏳ write_it\n⬜ test\n\n4 s"


def test_a_cards_title_is_its_first_line_and_the_rest_stands_below() -> None:
    """No title runs into what is being done; one that is too long for Slack is whole below."""
    steps = (Step("1", "read", StepState.ACTIVE),)
    (card,) = map(read, render(Post("**d7** · api — working\n\nstarting", steps=steps)))
    plan, below = blocks_of(card, plan=True)
    assert (plan["title"], below["text"]) == ("d7 · api — working", "starting")
    (card,) = map(read, render(Post(f"**d7** · {'long ' * 60}— working", steps=steps)))
    plan, below = blocks_of(card, plan=True)
    assert len(plan["title"]) == 200
    assert below["text"].endswith("— working")


@pytest.mark.parametrize("words", ["Which port?", "word " * 4_000])
def test_whoever_is_called_stands_above_the_first_words_once(words: str) -> None:
    """As a mention that Slack notifies of, with blocks and without; what is no account calls nobody."""
    first, *more = map(read, render(Post(words, mention="T01/U024")))
    above = blocks_of(first, plan=True)[0]
    assert above == {"type": "section", "text": {"type": "mrkdwn", "text": "<@U024>"}}
    assert first.plain.startswith("<@U024> ")
    assert not any(message.calls for message in more)
    assert read(render(Post(words, mention="!channel"))[0]).calls == ""


def test_buttons_stand_under_the_last_words_and_files_behind() -> None:
    """With nothing in them but the id of their row."""
    buttons = (ButtonView("t1", "Yes", Style.PRIMARY), ButtonView("t2", "x" * 100, Style.DANGER))
    question, file = map(
        read, render(Post("Well?", buttons=buttons, files=(FileView("a.diff", "ab" * 32, 3),)))
    )
    shown = list(buttons_in(blocks_of(question, plan=False)))
    assert [each["action_id"] for each in shown] == ["t1", "t2"]
    assert [each.get("style") for each in shown] == ["primary", "danger"]
    assert "value" not in shown[0]
    assert file.document
    assert file.document.sha256 == "ab" * 32


def test_an_empty_post_is_a_sign() -> None:
    """Slack takes no message without words."""
    (empty,) = map(read, render(Post("")))
    assert taken(empty) == NOTHING
    assert len(empty.plain) < MAX_PLAIN


@pytest.mark.parametrize(
    ("typed", "read_as"),
    [
        ("<@UDESK> fix it", "fix it"),
        ("<@UDESK>, fix it", "fix it"),
        ("ask <@UDESK> and <@U024|ann>", "ask @UDESK and @ann"),
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("see <https://a.b/c?d=1&amp;e=2>", "see https://a.b/c?d=1&e=2"),
        ("see <https://a.b|the docs> in <#C01|team>", "see the docs (https://a.b) in #team"),
        ("write to <mailto:a@b.c|a@b.c>, <!here>", "write to a@b.c, @here"),
        ("&lt;@U024&gt; is text", "<@U024> is text"),
    ],
)
def test_what_people_typed_is_read_as_they_typed_it(typed: str, read_as: str) -> None:
    """Without Slack's escapes, and without the mention that only addresses us."""
    assert own_words(typed, "UDESK") == read_as
