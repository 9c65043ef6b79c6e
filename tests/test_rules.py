"""What is decided without a model: in which state, which words lead to which action."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import answers, commands, rules
from bot.brief import Brief
from bot.commands import Command, Verb
from bot.model.conversations import FileRef, Origin
from bot.model.decisions import Ask, Nothing, StartDispatch
from bot.model.questions import QuestionState, Verdict
from tests.briefs import (
    APPROVAL,
    CANCELLED,
    COLOUR,
    DONE,
    EMPTY,
    FAILED,
    GROUP,
    NO_PROJECT,
    OPEN_END,
    RUNNING,
    SEVERAL,
    TOPPINGS,
    TWO_LIVE,
    TWO_PROJECTS,
    TWO_QUESTIONS,
    WAITING,
    WITH_RESEARCH,
    YES_NO,
    question,
    says,
    short,
)

Case = tuple[Brief, str, str]

PLAIN: list[Case] = [
    # commands are whole messages, with or without slash
    (EMPTY, "status", "status"),
    (EMPTY, "/status", "status"),
    (EMPTY, "/status@frontdesk_bot", "status"),
    (EMPTY, "Status?", "status"),
    (EMPTY, "help", "nothing"),
    (EMPTY, "/start", "welcome"),
    (EMPTY, "/start payload", "welcome"),
    (EMPTY, "", "welcome"),
    (EMPTY, "/new", "anew"),
    (EMPTY, "!new", "anew"),
    (EMPTY, "/new fix the failing test in app.py", "start api"),
    (EMPTY, "/use api", "use"),
    (EMPTY, "/use nowhere", "nothing"),
    (EMPTY, "/usage", "usage"),
    (EMPTY, "/sessions@frontdesk_bot", "sessions"),
    (EMPTY, "/compact", "nothing"),
    (RUNNING, "/compact", "compact d1"),
    (EMPTY, "/move", "move"),
    (EMPTY, "!move d7 to telegram", "move d7 to telegram"),
    (EMPTY, "/move d7 here", "move d7"),
    (EMPTY, "/pair K7QMX2PD user", "nothing"),
    (EMPTY, "stop", "nothing"),
    (RUNNING, "stop", "stop d1"),
    (RUNNING, "please stop!", "stop d1"),
    (RUNNING, "STOP", "stop d1"),
    (TWO_LIVE, "stop", "stop d2, stop d1"),
    (TWO_LIVE, "stop d1", "stop d1"),
    (TWO_LIVE, "/stop d1, d2", "stop d1, stop d2"),
    (RUNNING, "cancel", "cancel d1"),
    (TWO_LIVE, "cancel", "ask: cancel d2, cancel d1"),
    (TWO_LIVE, "cancel d2", "cancel d2"),
    (DONE, "cancel", "nothing"),
    (FAILED, "retry", "retry d1"),
    (FAILED, "again", "retry d1"),
    (FAILED, "retry d1", "retry d1"),
    (DONE, "retry", "nothing"),
    (EMPTY, "/run tidy up", "start api"),
    (RUNNING, "/run tidy up", "start api"),
    (TWO_PROJECTS, "/run @web tidy up", "start web"),
    (TWO_PROJECTS, "/run tidy up", "ask: start api, start web, No"),
    (TWO_PROJECTS, "/run @nowhere tidy up", "nothing"),
    (EMPTY, "/run", "nothing"),
    (TWO_PROJECTS, "@web tidy up", "start web"),
    (EMPTY, "/frobnicate now", "nothing"),
    (RUNNING, "/tell d1 use tabs", "steer d1"),
    (DONE, "/tell d1 use tabs", "follow d1"),
    (DONE, "/tell d7 use tabs", "nothing"),
    # new work, when it is clear
    (EMPTY, "fix the failing test in test_app.py", "start api"),
    (EMPTY, "Please add a --verbose flag to the CLI", "start api"),
    (EMPTY, "Can you refactor the parser?", "start api"),
    (EMPTY, "Hi! Could you please write hello.py that prints hello", "start api"),
    (EMPTY, "I'd like you to review the migration module", "start api"),
    (EMPTY, "explain the code in src/main.rs", "start api"),
    (EMPTY, "run the tests", "start api"),
    (EMPTY, 'The server crashes:\nTraceback (most recent call last):\n  File "a.py"', "start api"),
    (TWO_PROJECTS, "fix the login test in web", "start web"),
    (TWO_PROJECTS, "fix the login test", "ask: start api, start web, No"),
    (WITH_RESEARCH, "research the latest news about SQLite online", "start library"),
    (WITH_RESEARCH, "fix the import in app.py", "start api"),
    # unsure: a question with buttons, never a guess
    (EMPTY, "the weather is nice", "nothing"),
    (EMPTY, "I fixed the bug in app.py", "nothing"),
    (EMPTY, "don't delete app.py", "ask: start api, No"),
    (EMPTY, "banana", "nothing"),
    (EMPTY, "make it blue", "ask: start api, No"),
    (EMPTY, "the build is broken", "ask: start api, No"),
    (EMPTY, "what does src/app.py do?", "start api"),
    (EMPTY, "How does the parser work?", "ask: start api, No"),
    (EMPTY, "research the code in the repo", "ask: start api, No"),
    (EMPTY, "summarise this: a long story", "ask: start api, No"),
    (WITH_RESEARCH, "find the latest release notes in app.py", "ask: start api, start library, No"),
    (EMPTY, "Wie ist das Wetter morgen in Berlin?", "nothing"),
    (NO_PROJECT, "fix the bug", "nothing"),
    # small talk
    (EMPTY, "hello", "nothing"),
    (EMPTY, "Thanks a lot!", "nothing"),
    (RUNNING, "thank you", "nothing"),
    (DONE, "great, thanks", "nothing"),
    (RUNNING, "how is it going?", "status"),
    (DONE, "is it done yet?", "status"),
    (EMPTY, "what can you do?", "nothing"),
    # the only work here goes on
    (RUNNING, "also add a test for it", "steer d1"),
    (WAITING, "make it blue", "steer d1"),
    (DONE, "now also add a test", "follow d1"),
    (DONE, "rename hello.py to hi.py", "start api"),
    (DONE, "now rename it to hi.py", "follow d1"),
    (FAILED, "try with Python 3.12", "follow d1"),
    (DONE, "new: write a changelog", "start api"),
    (CANCELLED, "fix the failing test in app.py", "start api"),
    (SEVERAL, "make it blue", "steer d2"),
    (SEVERAL, "make it larger", "ask: steer d2, follow d1, None"),
    (TWO_LIVE, "use tabs", "ask: steer d2, steer d1, start api, None"),
    # an open question
    (COLOUR, "Red", "answer q1"),
    (COLOUR, "2", "answer q1"),
    (COLOUR, "#3", "answer q1"),
    (COLOUR, "green", "answer q1"),
    (COLOUR, "something like purple, maybe", "answer q1"),
    (COLOUR, "yes", "answer q1"),
    (YES_NO, "yes", "answer q1"),
    (YES_NO, "nope", "answer q1"),
    (OPEN_END, "Welcome to our shop", "answer q1"),
    (OPEN_END, "thanks!", "nothing"),
    (COLOUR, "status", "status"),
    (COLOUR, "stop", "stop d1"),
    (COLOUR, "what does that depend on?", "ask: answer q1, start api, Neither"),
    (COLOUR, "fix the failing test in test_app.py", "ask: answer q1, start api, Neither"),
    (TWO_QUESTIONS, "1", "ask: answer q1, answer q2"),
    (TWO_QUESTIONS, "the first is red, the other large", "ask: answer q1, answer q2, start api, Neither"),
    (TWO_QUESTIONS, "/answer q2 L", "answer q2"),
    # an approval: words deny, they never grant
    (APPROVAL, "yes", "nothing"),
    (APPROVAL, "approve it", "nothing"),
    (APPROVAL, "Allow", "nothing"),
    (APPROVAL, "no, because we still need it", "answer q3"),
    (APPROVAL, "/deny q3 not today", "answer q3"),
    (APPROVAL, "/deny", "answer q3"),
    (APPROVAL, "/approve q3", "nothing"),
    (APPROVAL, "/approve", "nothing"),
    (APPROVAL, "/answer q3 yes", "nothing"),
    (APPROVAL, "please only remove build/tmp", "steer d1"),
    # people who talk to each other
    (GROUP, "I'll fix the bug in app.py", "nothing"),
    (GROUP, "lunch?", "nothing"),
    (GROUP, "status", "status"),
]  # fmt: skip

REPLIES: list[tuple[Brief, str, str, str]] = [
    (SEVERAL, "d2", "use tabs", "steer d2"),
    (SEVERAL, "d1", "thanks, and now the tests", "follow d1"),
    (CANCELLED, "d1", "do the rest", "ask: start api, No"),
    (TWO_QUESTIONS, "q2", "whatever you think is right for most of our readers", "answer q2"),
    (TWO_QUESTIONS, "q1", "1", "answer q1"),
    (APPROVAL, "q3", "yes", "nothing"),
    (APPROVAL, "q3", "why do you need that?", "nothing"),
    (APPROVAL, "q3", "no", "answer q3"),
    (APPROVAL, "q3", "no problem, go ahead", "nothing"),
    (TWO_LIVE, "d1", "stop", "stop d2, stop d1"),
    (EMPTY, "d99", "fix the failing test in app.py", "start api"),
]


def actions(brief: Brief) -> str:
    return ", ".join(short(action) for action in rules.decide(brief).actions)


@pytest.mark.parametrize(("brief", "text", "expected"), PLAIN, ids=[f"{text[:40]}" for _, text, _ in PLAIN])
def test_a_message_in_a_state_leads_to_its_action(brief: Brief, text: str, expected: str) -> None:
    """Every row of the table: state, words, action."""
    assert actions(says(brief, text)) == expected


@pytest.mark.parametrize(("brief", "replied_to", "text", "expected"), REPLIES)
def test_a_reply_belongs_to_the_message_it_answers(
    brief: Brief, replied_to: str, text: str, expected: str
) -> None:
    """The platform's own reply decides what a message is about, before any words do."""
    assert actions(says(brief, text, replied_to)) == expected


def test_a_reply_to_a_closed_question_goes_to_its_dispatch() -> None:
    """Somebody answers a second time: the words are not lost, they continue the work."""
    closed = replace(COLOUR.questions[0], state=QuestionState.ANSWERED)
    assert actions(says(replace(COLOUR, questions=(closed,)), "rather green", "q1")) == "steer d1"


def test_people_who_talk_to_each_other_answer_only_with_an_option() -> None:
    """In a group an unaddressed “yes” is for a colleague; the words of an option are for us."""
    group = replace(COLOUR, direct=False, others_present=True, message=GROUP.message)
    assert actions(says(group, "dark blue")) == "answer q1"
    assert actions(says(group, "yes")) == "nothing"
    assert actions(says(group, "maybe purple")) == "nothing"


def test_words_that_are_not_the_persons_own_lead_to_nothing() -> None:
    """A forwarded order is read and not obeyed, not even as a command or an answer."""
    for text in ("stop", "2", "fix app.py", "@api delete everything", "/deny q1 no"):
        forwarded = replace(COLOUR, message=replace(COLOUR.message, text=text, origin=Origin.UNTRUSTED))
        decision = rules.decide(forwarded)
        assert decision.actions == (Nothing(),)
        assert "only on words that you write yourself" in decision.say


def test_the_spec_of_rules_mode_carries_the_words_and_who_asks() -> None:
    """The person's words are the goal, unchanged; every other field says something true."""
    brief = says(EMPTY, "fix the failing test in test_app.py")
    brief = replace(brief, message=replace(brief.message, files=(FileRef("f1", "log.txt", 10),)))
    (action,) = rules.decide(brief).actions
    assert isinstance(action, StartDispatch)
    assert action.spec.goal == "fix the failing test in test_app.py"
    assert action.spec.asked_by == "Ann"
    assert action.spec.inputs == ("attached file: log.txt",)
    assert all((action.spec.non_goals, action.spec.constraints, action.spec.output, action.spec.why))
    assert all((action.spec.verification, action.spec.escalate))


def test_the_title_is_one_short_line() -> None:
    """What cards show is cut, whatever was sent."""
    (action,) = rules.decide(says(EMPTY, "/run " + "many words\n\x00\u202e" * 100)).actions
    assert isinstance(action, StartDispatch)
    assert len(action.title) <= 60
    assert action.title.isprintable()


def test_what_follows_a_command_is_its_text() -> None:
    """``/tell``, ``/answer`` and ``/deny`` are for us, the words after them for the specialist."""
    assert commands.parse("/tell d1: use tabs") == Command(Verb.TELL, ("d1",), "use tabs")
    assert commands.parse("/continue D1 use tabs") == Command(Verb.TELL, ("d1",), "use tabs")
    assert commands.parse("/answer q1 pale\npink") == Command(Verb.ANSWER, ("q1",), "pale\npink")
    assert commands.parse("/deny q3 too risky") == Command(Verb.DENY, ("q3",), "too risky")
    assert commands.parse("/run @web paint it") == Command(Verb.RUN, (), "paint it", "web")


def test_a_yes_to_an_approval_says_what_grants_it() -> None:
    """The person learns which press or command is needed."""
    decision = rules.decide(says(APPROVAL, "yes please"))
    assert "/approve q3" in decision.say
    assert "[Allow]" in decision.say


def test_why_shows_the_score() -> None:
    """Nobody has to guess why rules mode did what it did."""
    why = rules.explain(says(EMPTY, "fix the bug in app.py"))
    assert "'fix' +1.0 (asks for something)" in why
    assert "'app.py' +1.5 (names a file)" in why


def test_numbers_words_and_several_choices_become_labels() -> None:
    """The specialist gets its own labels back, wherever the words pick some."""
    (asked,) = COLOUR.questions[0].asks
    picked = {
        text: answers.chosen(asked, text) for text in ("2", "option 1", "DARK BLUE.", "gree", "9", "mauve")
    }
    assert list(picked.values()) == ["Dark blue", "Red", "Dark blue", "Green (recommended)", None, None]
    (asked,) = TOPPINGS.questions[0].asks
    assert answers.chosen(asked, "1 and logo") == "Menu, Logo"
    assert answers.chosen(asked, "menu, the footer") is None


def test_a_reply_answers_each_part_of_a_question_line_by_line() -> None:
    """Two things asked, two lines: one answer each; otherwise the words stand as they are."""
    one, two = (
        question("q1", "d1", "Which colour?", "Red", "Blue"),
        question("q2", "d1", "Which size?", "S", "L"),
    )
    both = replace(one, asks=(*one.asks, *two.asks))
    reply = answers.reply_to(both, "1) blue\n2) 1", "Ann")
    assert (reply.verdict, reply.answers) == (
        Verdict.ANSWERED,
        {"Which colour?": "Blue", "Which size?": "S"},
    )
    assert answers.reply_to(both, "as you like", "Ann").text == "as you like"


@given(
    text=st.text(max_size=300),
    brief=st.sampled_from([EMPTY, RUNNING, COLOUR, APPROVAL, SEVERAL, GROUP, NO_PROJECT, TWO_QUESTIONS]),
    replied_to=st.sampled_from([None, "d1", "q1", "q3", "d99"]),
)
def test_any_text_is_decided(text: str, brief: Brief, replied_to: str | None) -> None:
    """Rules mode has an answer for everything, and its questions have at most four buttons."""
    decision = rules.decide(says(brief, text, replied_to))
    assert decision.actions
    for action in decision.actions:
        assert not isinstance(action, Ask) or 0 < len(action.options) <= 4
    assert rules.explain(brief)


@pytest.mark.parametrize(
    "text", ["a" * 1_000_000, "fix " * 250_000, "/run " + "x\n" * 500_000, "(" * 1_000_000]
)
def test_a_message_of_a_megabyte_is_decided_at_once(text: str) -> None:
    """No pattern takes more than moments, however long the text."""
    assert rules.decide(says(COLOUR, text)).actions
