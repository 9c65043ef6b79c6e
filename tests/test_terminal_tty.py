"""A person at a real terminal: a pseudo-terminal with the prompt, the cards above it, and its keys."""

from __future__ import annotations

import asyncio
import io
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

import pytest
from small_house import PEOPLE, SmallHouse

from adapters.chats.terminal.session import converse
from tests.programs import as_in_a_terminal

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


# ── a real terminal ──────────────────────────────────────────────────────────────────────────────────────


class Terminal:
    """A person at an 80 × 30 terminal, with the program in it."""

    def __init__(self, *arguments: str) -> None:
        self._fd, theirs = pty.openpty()
        ioctl(theirs, TIOCSWINSZ, struct.pack("HHHH", 30, 80, 0, 0))
        environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "PYTHONPATH": str(ROOT),
            "PROMPT_TOOLKIT_NO_CPR": "1",
        }
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests" / "small_house.py"), *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment,
            start_new_session=True,
        )
        os.close(theirs)
        self.seen = ""

    def types(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def shows(self, text: str, within_s: float = 20.0) -> str:
        """Wait until ``text`` appears; everything since the last call. Styles are taken out."""
        ends_at = time.monotonic() + within_s
        while text not in (plain := re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.seen)):
            if not select.select([self._fd], [], [], max(ends_at - time.monotonic(), 0))[0]:
                raise AssertionError(f"{text!r} did not appear within {within_s} s after:\n{plain}")
            self.seen += os.read(self._fd, 65536).decode(errors="replace")
        before, self.seen = plain[: plain.index(text) + len(text)], plain[plain.index(text) + len(text) :]
        return before

    def ends(self, within_s: float = 20.0) -> int:
        ends_at = time.monotonic() + within_s
        while self._process.poll() is None:
            if time.monotonic() > ends_at:
                raise AssertionError(f"The program has not ended within {within_s} s.")
            if select.select([self._fd], [], [], 0.05)[0]:
                self._drain()
        return self._process.returncode

    def _drain(self) -> None:
        try:
            self.seen += os.read(self._fd, 65536).decode(errors="replace")
        except OSError:  # the other end is closed
            return

    def close(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)
        os.close(self._fd)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal("0.3", str(tmp_path / "history"))
    try:
        yield terminal
    finally:
        terminal.close()


def test_a_person_types_and_reads_on_a_terminal(terminal: Terminal) -> None:
    """The prompt says who and where; ctrl-d leaves with 0."""
    terminal.shows("ann@main> ")
    terminal.types("hello\r")
    terminal.shows("Hello ann, you said: hello")
    terminal.types("/thread docs\r")
    terminal.shows("ann@docs> ")
    terminal.types("/as bob\r")
    terminal.shows("bob@docs> ")
    terminal.types("/threads\r")
    terminal.shows("docs  main")
    terminal.types("\x04")
    assert terminal.ends() == 0


def test_a_card_is_redrawn_in_place_above_the_prompt(terminal: Terminal) -> None:
    """It is printed once, at its end, before the result."""
    terminal.shows("ann@main> ")
    terminal.types("fix it\r")
    terminal.shows("▸ read README.md")
    terminal.shows("✓ read README.md")
    terminal.shows("✓ run the tests")
    terminal.shows("— done")
    terminal.shows("Fixed")
    terminal.types("\x04")
    assert terminal.ends() == 0
    assert "▸" not in terminal.seen


def test_ctrl_c_asks_once(terminal: Terminal) -> None:
    """The second one leaves."""
    terminal.shows("ann@main> ")
    terminal.types("half a thou\x03")
    terminal.shows("Ctrl-c once more leaves")
    terminal.shows("ann@main> ")
    terminal.types("\x03")
    assert terminal.ends() == 0


def test_buttons_that_appear_while_one_types_are_not_pressed_by_accident(terminal: Terminal) -> None:
    """The number was meant for something else; typed again it counts."""
    terminal.shows("ann@main> ")
    terminal.types("later\r")
    terminal.shows("later")
    terminal.shows("ann@main> ")
    terminal.types("1")
    terminal.shows("[1] README.md")
    terminal.types("\r")
    terminal.shows("These buttons appeared while you were typing.")
    terminal.types("1\r")
    terminal.shows("Went on with README.md.")
    terminal.types("\x04")
    assert terminal.ends() == 0


def test_a_paste_of_several_lines_is_one_message(terminal: Terminal) -> None:
    """And the arrow up brings back what was typed."""
    terminal.shows("ann@main> ")
    terminal.types("\x1b[200~first\nsecond\x1b[201~\r")
    terminal.shows("you said: first")
    terminal.types("\x1b[A\r")
    terminal.shows("you said: first")
    terminal.types("/quit\r")
    assert terminal.ends() == 0


def test_a_pipe_that_stays_open_does_not_hold_up_the_answers() -> None:
    """Answers come while the other program is still thinking; ctrl-c ends the wait at once."""
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "small_house.py"), "0.01"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=as_in_a_terminal,
    )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"hello\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"frontdesk> Hello ann, you said: hello\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) != 0
    finally:
        process.kill()
        process.communicate()


async def test_two_terminals_see_one_state() -> None:
    """What one is told, the other is told."""
    house, out = SmallHouse(), io.StringIO()
    ours, theirs = os.pipe()
    with os.fdopen(ours) as stdin:
        watching = asyncio.create_task(
            converse(house, people=PEOPLE, person="bob", conversation="main", stdin=stdin, stdout=out)
        )
        await piped(house, "hello\n")
        os.close(theirs)
        assert await watching == 0
    assert "frontdesk> Hello ann, you said: hello\n" in out.getvalue()
