"""What a typed line means to the terminal itself; whatever it does not know is text for the house."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Say:
    text: str


@dataclass(frozen=True, slots=True)
class Number:
    """A bare number: a button if there is one with it, else text."""

    n: int


@dataclass(frozen=True, slots=True)
class Press:
    """A button by its number or label."""

    which: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Text that answers the post about ``to`` (q3, d7)."""

    to: str
    text: str


@dataclass(frozen=True, slots=True)
class Go:
    thread: str


@dataclass(frozen=True, slots=True)
class Become:
    person: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Scripts: go on when this has happened."""

    what: str
    most_s: float


@dataclass(frozen=True, slots=True)
class Threads: ...


@dataclass(frozen=True, slots=True)
class Help: ...


@dataclass(frozen=True, slots=True)
class Quit: ...


@dataclass(frozen=True, slots=True)
class Nothing: ...


@dataclass(frozen=True, slots=True)
class Mistyped:
    problem: str


Typed = Say | Number | Press | Answer | Go | Become | Wait | Threads | Help | Quit | Nothing | Mistyped

WAITS: Final = ("question", "approval", "done", "idle")
WAIT_S: Final = 120.0

_REPLY: Final = re.compile(r">\s?([qd]\d+)\s+(\S.*)", re.DOTALL)
_BRACKET: Final = re.compile(r"\[(\d{1,3})\]")
_THREAD: Final = re.compile(r"[\w.-]{1,40}")


def read(line: str) -> Typed:
    """One line, or one paste of several, which is always text."""
    text = line.strip()
    if not text:
        return Nothing()
    if reply := _REPLY.fullmatch(text):
        return Answer(reply[1], reply[2])
    if "\n" in text:
        return Say(line)
    if text.isascii() and text.isdigit() and len(text) <= 3:
        return Number(int(text))
    if bracket := _BRACKET.fullmatch(text):
        return Press(bracket[1])
    word, _, rest = text.partition(" ")
    return _command(word, rest.strip()) or Say(line)


def _command(word: str, rest: str) -> Typed | None:
    match word:
        case "/thread":
            return _go(rest)
        case "/as":
            return Become(rest) if rest else Mistyped("Say who: /as PERSON.")
        case "/press":
            return Press(rest) if rest else Mistyped("Say which: /press 2, or /press LABEL.")
        case "/reply":
            return _answer(rest)
        case "/wait":
            return _wait(rest)
        case "/threads" if not rest:
            return Threads()
        case "/help" if not rest:
            return Help()
        case "/quit" | "/exit" if not rest:
            return Quit()
        case _:
            return None


def _go(name: str) -> Typed:
    if not _THREAD.fullmatch(name):
        return Mistyped("Name it: /thread NAME, with up to 40 letters, digits, dots, dashes or underscores.")
    return Go(name)


def _answer(rest: str) -> Typed:
    reply = _REPLY.fullmatch(f">{rest}")
    return Answer(reply[1], reply[2]) if reply else Mistyped("Say to what: /reply q3 TEXT, or >q3 TEXT.")


def _wait(rest: str) -> Typed:
    what, _, most = rest.partition(" ")
    seconds = re.fullmatch(r"\d{1,5}(\.\d+)?", most.strip() or f"{WAIT_S}")
    if what not in WAITS or seconds is None:
        return Mistyped(f"Say for what: /wait {'|'.join(WAITS)} [SECONDS].")
    return Wait(what, float(seconds[0]))
