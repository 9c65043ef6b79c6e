"""A person at a keyboard: a prompt with editing and history, and above it the cards, redrawn in place."""

from __future__ import annotations

import shutil
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final, TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.formatted_text import ANSI, AnyFormattedText, StyleAndTextTuples, merge_formatted_text
from prompt_toolkit.history import FileHistory, InMemoryHistory
from prompt_toolkit.input.vt100 import Vt100Input

from adapters.chats.terminal import typed as line
from adapters.chats.terminal.following import Follower
from adapters.chats.terminal.sitting import Effect, Sitting
from adapters.chats.terminal.styled import Styled
from adapters.chats.terminal.words import one_line

_LIVE_SHARE: Final = 0.5  # of the terminal's height, for cards
CTRL_C_ONCE: Final = "Ctrl-c once more leaves, as ctrl-d does. Nothing is lost."


class _Keyboard(Vt100Input):
    """Stays ours while something is printed above the prompt.

    prompt_toolkit gives the terminal back for that moment; a key pressed in it is echoed, and ctrl-d is lost.
    """

    def cooked_mode(self) -> AbstractContextManager[None]:
        return nullcontext()


class Prompter:
    def __init__(
        self, sitting: Sitting, screen: Styled, follower: Follower, stdin: TextIO, history: Path | None
    ) -> None:
        self._sitting = sitting
        self._screen = screen
        self._follower = follower
        self._typing_since: float | None = None
        self._prompt: PromptSession[str] = PromptSession(
            message=self._message,
            history=FileHistory(str(history)) if history else InMemoryHistory(),
            input=_Keyboard(stdin),
            erase_when_done=True,  # the line is printed again as part of the conversation
        )
        self._prompt.default_buffer.on_text_changed += self._typing

    def redraw(self) -> None:
        self._prompt.app.invalidate()

    async def run(self) -> int:
        leaving = False
        while True:
            self._typing_since = None
            try:
                text = await self._prompt.prompt_async()
            except KeyboardInterrupt:
                if leaving:
                    return 0
                leaving = True
                self._screen.note(CTRL_C_ONCE)
                continue
            except EOFError:
                return 0
            leaving = False
            if await self._entered(text) is Effect.LEFT:
                return 0

    async def _entered(self, text: str) -> Effect:
        if self._sitting.form is not None:
            return await self._sitting.submit(text)
        typed = line.read(text)
        if not isinstance(typed, line.Nothing):
            self._screen.echo(
                self._sitting.person, self._follower.board.key, self._sitting.spoken(typed, text)
            )
        return await self._sitting.do(typed, self._typing_since)

    def _typing(self, buffer: Buffer) -> None:
        if not buffer.text:
            self._typing_since = None
        elif self._typing_since is None:
            self._typing_since = time.monotonic()

    def _message(self) -> AnyFormattedText:
        height = max(int(shutil.get_terminal_size().lines * _LIVE_SHARE), 3)
        cards = self._screen.cards(self._follower.live_cards, height)
        return merge_formatted_text([ANSI(cards), self._line()])

    def _line(self) -> StyleAndTextTuples:
        if self._sitting.form is not None:
            return [("bold", f"{one_line(self._sitting.form.label)}: ")]
        return [
            ("ansigreen bold", self._sitting.person),
            ("ansibrightblack", f"@{self._follower.board.key}> "),
        ]
