"""Whatever people and models write is read as something, or refused in our words; never more than that."""

from __future__ import annotations

import click
import pytest
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from adapters.chats.markup import neutralise, plain, split, utf16_units
from adapters.chats.terminal import typed
from bot import answers
from bot.cli.parameters import Id
from bot.commands import parse
from bot.model.decisions import Decision, StartDispatch
from bot.proposals import form, read
from bot.rules import decide
from bot.shortcuts import shortcut
from tests import briefs
from tests.fuzzing import attempt, fuzzes, jsons_with

WORDS = st.text(max_size=200) | st.lists(
    st.sampled_from(
        ["/run", "/tell", "/answer", "/approve", "/deny", "stop", "cancel", "d1", "q1", "d" + "9" * 12,
         "@api", "yes", "no", "1", "Red", "\n", " ", ":", "-", "--", "please", "‮", "\x1b[2J", "\ud800", "\0"]
    ),
    max_size=8,
).map(" ".join)  # fmt: skip
BRIEFS = st.sampled_from(
    [briefs.EMPTY, briefs.NO_PROJECT, briefs.RUNNING, briefs.DONE, briefs.SEVERAL, briefs.COLOUR,
     briefs.YES_NO, briefs.TOPPINGS, briefs.TWO_QUESTIONS, briefs.APPROVAL, briefs.GROUP]
)  # fmt: skip
MARKDOWN = st.lists(
    st.sampled_from(
        ["```", "~~~~", "`", "**", "> ", "- ", "# ", "\n", "\n\n", "a", "word ", "🧑‍🚀", "é", "\t", "x" * 50]
    )
    | st.text(max_size=10),
    max_size=120,
).map("".join)


@fuzzes("bot.commands.parse", text=WORDS)
def test_a_command_names_only_what_was_written(text: str) -> None:
    """Ids have the shape of ids and stand in the text; what follows is a part of it."""
    command = parse(text, ["api"])
    if command is None:
        return
    for id in command.ids:
        assert id[0] in "dq"
        assert id[1:].isdecimal()
        assert id in text.lower()
    assert command.text in text
    assert command.project is None or command.project in text


@fuzzes("bot.shortcuts.shortcut", "bot.rules.decide", brief=BRIEFS, text=WORDS)
def test_no_words_decide_more_than_the_state_offers(brief: briefs.Brief, text: str) -> None:
    """Decisions touch what is there or was named, and projects that exist; none is an approval."""
    said = briefs.says(brief, text)
    known = {item.id for item in (*brief.dispatches, *brief.questions)}
    for decision in (shortcut(said), decide(said)):
        for action in decision.actions if decision else ():
            assert type(action).__name__ != "GrantApproval"
            target = getattr(action, "dispatch", None)
            assert target in {None, *known} or str(target) in text.lower()
            if isinstance(action, StartDispatch):
                assert action.project in brief.project_names


@fuzzes("bot.answers", brief=BRIEFS, text=WORDS)
def test_an_answer_by_words_is_one_of_the_options(brief: briefs.Brief, text: str) -> None:
    """What picks an option gives labels of that question; yes and no exclude each other."""
    assert not (answers.is_yes(text) and answers.is_no(text))
    assert not (answers.grants(text) and answers.denies(text))
    for question in brief.questions:
        for ask in question.asks:
            picked = answers.chosen(ask, text)
            labels = {option.label for option in ask.options}
            assert picked is None or picked in labels or set(picked.split(", ")) <= labels
        assert answers.reply_to(question, text, "ann").by == "ann"


@fuzzes("bot.proposals.read", brief=BRIEFS, filled=jsons_with("say", "actions", "why", "confidence"))
def test_what_a_model_fills_in_is_a_decision_or_a_validation_error(
    brief: briefs.Brief, filled: dict[str, object]
) -> None:
    """The form is the wall: nothing else can come out of a model's answer."""
    try:
        proposal: BaseModel = form(brief).model_validate(filled)
    except (ValidationError, RecursionError):
        return
    decision = read(proposal, brief)
    assert isinstance(decision, Decision)
    assert len(decision.say) <= 2_000
    assert 1 <= len(decision.actions) <= 4


@fuzzes("bot.proposals.read", brief=BRIEFS, kind=st.text(max_size=10), fields=jsons_with("question", "text"))
def test_an_action_that_does_not_exist_cannot_be_proposed(
    brief: briefs.Brief, kind: str, fields: dict[str, object]
) -> None:
    """`approve` is such a one."""
    for name in (kind, "approve", "grant"):
        action = {**fields, "kind": name}
        if name in ("nothing", "ask", "status"):
            continue
        with pytest.raises(ValidationError):
            form(brief).model_validate({"say": "", "actions": [action], "why": "", "confidence": 1})


@fuzzes("adapters.chats.markup.split", markdown=MARKDOWN, most=st.integers(400, 600), units=st.booleans())
def test_every_part_of_a_post_fits_and_no_letter_is_lost(markdown: str, most: int, units: bool) -> None:
    """By characters and by Telegram's measure; what is between marks and blanks stays, in order."""
    measure = utf16_units if units else len
    parts = split(markdown, most, measure)
    assert all(measure(part) <= most for part in parts)

    def letters(text: str) -> str:
        return "".join(char for char in text if char.isalnum())

    shown = iter(letters("".join(parts)))  # a fence that goes on is opened again with its language
    assert all(char in shown for char in letters(markdown))


@fuzzes("adapters.chats.markup.neutralise", "adapters.chats.markup.plain", text=WORDS | MARKDOWN)
def test_nothing_that_is_shown_can_move_hide_or_reorder(text: str) -> None:
    """A second pass finds nothing more, and the text can be stored and sent."""
    shown = neutralise(text)
    assert neutralise(shown) == shown
    shown.encode()
    assert not set(shown) & {"\x1b", "\0", "‮", "⁦", "\x9b", "\x07"}
    assert len(shown) <= len(text)
    assert isinstance(plain(shown), str)


@fuzzes("adapters.chats.terminal.typed.read", line=WORDS)
def test_a_line_of_the_terminal_is_read_as_one_thing(line: str) -> None:
    """What is said is said whole; a number is one that a person could mean."""
    match typed.read(line):
        case typed.Say(text):
            assert text == line
        case typed.Number(number):
            assert 0 <= number <= 999
        case typed.Nothing():
            assert not line.strip()
        case other:
            assert other is not None


@fuzzes("bot.cli.parameters.Id", word=WORDS | st.from_regex(r"[dq]?\d{1,14}", fullmatch=True))
def test_an_id_on_the_command_line_has_its_shape_or_is_refused(word: str) -> None:
    """Nothing else reaches a query or a path."""
    id, refused = attempt(lambda: Id("d", "dispatch").convert(word, None, None), click.UsageError)
    if id is None:
        assert refused
        return
    assert id[0] == "d"
    assert id[1:].isdecimal()
    assert len(id) <= 13
