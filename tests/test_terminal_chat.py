"""A conversation at a terminal: typed on a real pty, piped, and played from a script."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_house import PEOPLE, SmallHouse

from adapters.chats.terminal import typed
from adapters.chats.terminal.board import Board, look
from adapters.chats.terminal.reading import MOST_LINE_CHARS, lines
from adapters.chats.terminal.session import converse
from bot.model.conversations import Pressed, Submitted, Wrote
from bot.model.dispatches import Step, StepState
from bot.model.posts import ButtonView, OutboxRow, Post, PostKind

ROOT = Path(__file__).parents[1]


async def piped(house: SmallHouse, text: str, history: Path | None = None) -> tuple[int, str]:
    """Exit code and output of ``printf text | frontdesk chat``."""
    out = io.StringIO()
    code = await converse(
        house,
        people=PEOPLE,
        person="ann",
        conversation="main",
        stdin=io.StringIO(text),
        stdout=out,
        history=history,
    )
    return code, out.getvalue()


async def scripted(house: SmallHouse, path: Path, text: str) -> tuple[int, str]:
    path.write_text(text)
    out = io.StringIO()
    code = await converse(
        house,
        people=PEOPLE,
        person="ann",
        conversation="main",
        stdin=io.StringIO(),
        stdout=out,
        script=path,
    )
    return code, out.getvalue()


# ── piped ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_pipe_ends_with_0_when_its_work_is_done() -> None:
    """Every line is sent, its posts are printed in order, the card only where it changed."""
    code, out = await piped(SmallHouse(), "hello\nfix the typo in README\n")
    assert code == 0
    assert out.startswith("frontdesk> Hello ann, you said: hello\nfrontdesk> On it: d1.\n")
    assert out.endswith('frontdesk> Fixed "teh" in README.md.\n  done · 3 s · $0.01\n')
    assert out.count("fix the typo in README — done") == 1
    assert [out.count(f"✓ {step}") for step in ("read README.md", "edit README.md", "run the tests")] == [
        1,
        1,
        1,
    ]
    assert "\x1b" not in out


async def test_the_second_line_waits_for_the_work_of_the_first() -> None:
    """One thing after the other, as somebody at the keyboard would do it."""
    _, out = await piped(SmallHouse(), "fix one\nhello\n")
    assert out.index("Fixed") < out.index("you said: hello")


async def test_a_silent_house_ends_a_pipe_too() -> None:
    """No answer is an answer."""
    assert await piped(SmallHouse(), "stay silent\n") == (0, "")
    assert await piped(SmallHouse(), "") == (0, "")


async def test_a_number_presses_a_button_of_the_newest_question() -> None:
    """And only the token travels."""
    house = SmallHouse()
    code, out = await piped(house, "ask me\n2\n")
    assert code == 0
    assert "  [1] README.md   [2] docs/README.md   [3] Write …\n" in out
    assert "Went on with docs/README.md." in out
    (pressed,) = [inbound for inbound in house.received if isinstance(inbound, Pressed)]
    assert (pressed.token, pressed.message_id) == ("main.q1.1", "main.1")


@pytest.mark.parametrize("line", ["[2]", "/press 2", "/press docs/readme.md", "/press [docs/README.md]"])
async def test_a_button_is_pressed_by_number_or_label(line: str) -> None:
    """Whatever is easier to type."""
    _, out = await piped(SmallHouse(), f"ask me\n{line}\n")
    assert "Went on with docs/README.md." in out


async def test_a_number_without_a_button_is_text() -> None:
    """An answer may be a number."""
    house = SmallHouse()
    await piped(house, "3\nask me\n7\n")
    assert [inbound.text for inbound in house.received if isinstance(inbound, Wrote)] == ["3", "ask me", "7"]


async def test_a_button_that_opens_a_form_takes_the_next_line() -> None:
    """Whatever it looks like."""
    house = SmallHouse()
    _, out = await piped(house, "ask me\n/press Write …\n/thread is no command here\n")
    (submitted,) = [inbound for inbound in house.received if isinstance(inbound, Submitted)]
    assert submitted.values == {"text": "/thread is no command here"}
    assert "Went on with /thread is no command here." in out


async def test_a_closed_question_has_no_buttons_any_more() -> None:
    """The number is text again."""
    house = SmallHouse()
    await piped(house, "ask me\n1\n1\n")
    assert [type(inbound) for inbound in house.received] == [Wrote, Pressed, Wrote]


async def test_a_refused_press_leaves_the_button_to_the_right_person() -> None:
    """The refusal is told to the one who pressed."""
    house = SmallHouse()
    _, out = await piped(house, "allow it\n1\n/as bob\n1\n")
    assert "! Only bob may allow this.\n" in out
    assert "Went on with Allow once." in out
    assert [inbound.sender for inbound in house.received if isinstance(inbound, Pressed)] == ["ann", "bob"]


async def test_conversations_are_kept_apart() -> None:
    """What is said in one is not shown in the other, only that there is something."""
    house = SmallHouse()
    _, out = await piped(house, "hello\n/thread docs\nhello docs\n/threads\n")
    assert [inbound.where.key for inbound in house.received] == ["main", "docs"]
    assert "  docs  main\n" in out


async def test_a_reply_names_the_post_it_answers() -> None:
    """By question or dispatch."""
    house = SmallHouse()
    _, out = await piped(house, "ask me\n>q1 the second\n/reply q1 or the third\n>q9 what?\n")
    replies = [inbound.reply_to for inbound in house.received if isinstance(inbound, Wrote)]
    assert replies == [None, "main.1", "main.1"]
    assert "! There is no post about q9 in this conversation.\n" in out


async def test_every_line_has_a_key_of_its_own() -> None:
    """The same words twice are two messages, also from two terminals."""
    house = SmallHouse()
    await piped(house, "hello\nhello\n")
    await piped(house, "hello\n")
    assert len({inbound.key for inbound in house.received}) == 3


async def test_a_failed_commit_is_tried_again_with_the_same_key() -> None:
    """A commit that we did not hear of is not repeated; a house that stays down is said."""
    house = SmallHouse(failing=2)
    assert "you said: hello" in (await piped(house, "hello\n"))[1]
    house.failing = 100
    assert (
        "! The database is locked. Nothing was accepted; send it again.\n"
        in (await piped(house, "hello\n"))[1]
    )


HOSTILE = [
    "x" * 1_000_000,
    "nul \x00 byte",
    "\x1b[31mred\x1b]0;title\x07",
    "\u202etxt.exe",
    "@/etc/passwd",
    "-rf /",
    "please /quit now",
    "/unknown command",
    "> quoted, not a reply",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:12]))
async def test_bad_input_is_text(text: str) -> None:
    """It reaches the house as it is; the screen shows it harmless."""
    house = SmallHouse()
    code, out = await piped(house, f"{text}\n")
    assert code == 0
    assert [inbound.text for inbound in house.received if isinstance(inbound, Wrote)] == [text]
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", out)


async def test_a_terminal_that_comes_back_shows_what_was_posted_meanwhile(tmp_path: Path) -> None:
    """Once, and the questions that still wait, with buttons that work."""
    house, history = SmallHouse(), tmp_path / "history"
    await piped(house, "hello\nask me\n", history)
    house.say("main", "While you were away.")
    _, out = await piped(house, "1\n", history)
    assert "you said: hello" not in out
    assert (
        out.index("[1] README.md") < out.index("While you were away.") < out.index("Went on with README.md.")
    )
    assert (await piped(house, "", history)) == (0, "")


async def test_a_new_terminal_shows_open_questions_but_no_old_talk() -> None:
    """Without a memory of its own it begins at the end."""
    house = SmallHouse()
    await piped(house, "hello\nask me\n")
    _, out = await piped(house, "1\n")
    assert "you said" not in out
    assert "[1] README.md" in out


# ── scripts ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_script_prints_a_readable_transcript(tmp_path: Path) -> None:
    """What people said, what they pressed, and the answers, in order."""
    script = "# a demo\n\nhello\nallow it\n/wait approval\n1\n/as bob\n/press Allow once\n/wait done\n"
    code, out = await scripted(SmallHouse(), tmp_path / "demo.chat", script)
    assert code == 0
    assert out == (
        "\nann> hello\nfrontdesk> Hello ann, you said: hello\n"
        "\nann> allow it\nfrontdesk> q1 · Bash in /work\n\n  rm -rf build\n  [1] Allow once   [2] Deny\n"
        "\nann> [Allow once]\n! Only bob may allow this.\n"
        "\nbob> [Allow once]\nfrontdesk> q1 · Allow once — bob\nfrontdesk> Went on with Allow once.\n"
        "  done · 3 s · $0.01\n"
    )


async def test_a_script_goes_on_while_work_runs_unless_it_waits(tmp_path: Path) -> None:
    """So that it can stop or steer."""
    house = SmallHouse(pace_s=0.2)
    _, out = await scripted(house, tmp_path / "demo.chat", "fix it\nhello\n/wait idle\n")
    assert out.index("ann> hello") < out.index("Fixed")


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        (
            "/press Nowhere\nhello\n",
            "! There is no button 'Nowhere' to press here.\n! demo.chat, line 1: /press Nowhere\n",
        ),
        ("/as eve\n", "! Nobody here is called 'eve'; there is ann, bob.\n"),
        ("/wait for ever\n", "! Say for what: /wait question|approval|done|idle [SECONDS].\n"),
        ("hello\n/wait question 0.05\n", "! Waited 0.05 s for 'question' in vain.\n"),
    ],
)
async def test_a_script_ends_with_1_at_what_cannot_be_done(tmp_path: Path, script: str, problem: str) -> None:
    """And says which line it was."""
    code, out = await scripted(SmallHouse(), tmp_path / "demo.chat", script)
    assert code == 1
    assert problem in out


# ── the parts ────────────────────────────────────────────────────────────────────────────────────────────


@given(st.text())
def test_every_line_means_something_and_no_text_is_changed(line: str) -> None:
    """What is not a command of the terminal goes to the house unchanged."""
    meaning = typed.read(line)
    if isinstance(meaning, typed.Say):
        assert meaning.text == line


def row(seq: int, kind: PostKind = PostKind.REPLY, *labels: str, dispatch: str | None = None) -> OutboxRow:
    buttons = tuple(ButtonView(f"{seq}.{label}", label) for label in labels)
    return OutboxRow(f"o{seq}", "main", seq, kind, Post("text", buttons=buttons), datetime.now(UTC), dispatch)


def test_a_card_never_takes_the_numbers_from_a_question() -> None:
    """Pressing 1 for Yes must not stop the work."""
    board = Board("main")
    board.add(row(1, PostKind.QUESTION, "Yes", "No"))
    board.add(row(2, PostKind.CARD, "Stop", dispatch="d2"))
    assert board.numbered == "o1"
    assert board.button("1") == ("o1", ButtonView("1.Yes", "Yes"))
    assert board.button("stop") == ("o2", ButtonView("2.Stop", "Stop"))


def test_seconds_and_cents_alone_do_not_make_a_card_worth_printing() -> None:
    """A step or another state does."""
    steps = (Step("1", "read"),)
    before = Post("**d1** · title — waits 3 min 5 s, $0.02\n\nreading a.py", steps, footer="12 s")
    assert look(before) == look(
        Post("**d1** · title — waits 59 s, $1.20\n\nreading b.py", steps, footer="13 s")
    )
    assert look(before) != look(Post(before.markdown, (Step("1", "read", StepState.DONE),)))


async def test_bytes_that_are_no_text_and_endless_lines_are_read_all_the_same(tmp_path: Path) -> None:
    """In pieces, with question marks; and the last line needs no end."""
    path = tmp_path / "in"
    path.write_bytes(b"caf\xe9\r\n" + b"x" * (MOST_LINE_CHARS + 10) + b"\nlast")
    with path.open() as stdin:
        read = [line async for line in lines(stdin)]
    assert read[0] == "caf\ufffd"
    assert [len(line) for line in read[1:]] == [MOST_LINE_CHARS, 10, 4]
