"""The small texts that both screens share: buttons, files, steps, help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from adapters.chats.markup import neutralise
from bot.model.dispatches import StepState
from bot.model.posts import ButtonView, FileView

HOUSE: Final = "frontdesk"
MARKS: Final = {StepState.DONE: "✓", StepState.ACTIVE: "▸", StepState.FAILED: "✗", StepState.OPEN: "○"}
MOST_ECHO_CHARS: Final = 2_000

HELP: Final = (
    ("1  [2]  /press LABEL", "press a button of the newest post that has any"),
    (">q3 TEXT  >d7 TEXT", "reply to that question, or to that piece of work"),
    ("/thread NAME", "go to another conversation; /threads lists them"),
    ("/as PERSON", "speak as another person"),
    ("/quit  ctrl-d", "leave; nothing is lost"),
    ("anything else", "goes to Frontdesk: ask for work, or type help, status, stop"),
)


def one_line(text: str) -> str:
    return " ".join(neutralise(text).split())


def buttons_line(buttons: Sequence[ButtonView], *, numbered: bool) -> str:
    """``[1] Allow once   [2] Deny``, or just the labels when the numbers belong to another post."""
    if numbered:
        return "   ".join(f"[{n}] {one_line(button.label)}" for n, button in enumerate(buttons, 1))
    return "   ".join(f"[{one_line(button.label)}]" for button in buttons)


def file_line(file: FileView) -> str:
    size = f"{file.size} bytes" if file.size < 10_000 else f"{file.size / 1000:,.0f} kB"
    return f"file {one_line(file.name)} ({size})"


def echoed(text: str) -> str:
    """What somebody typed, cut when it is a flood."""
    shown = neutralise(text)
    if len(shown) <= MOST_ECHO_CHARS:
        return shown
    return f"{shown[:MOST_ECHO_CHARS]} … ({len(text):,} characters)"
