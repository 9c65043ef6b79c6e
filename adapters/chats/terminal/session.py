"""The terminal's front door: a prompt, a pipe or a script, by what stdin and stdout are."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from prompt_toolkit.patch_stdout import patch_stdout

from adapters.chats.terminal.following import Follower
from adapters.chats.terminal.house import House
from adapters.chats.terminal.playing import Player
from adapters.chats.terminal.prompting import Prompter
from adapters.chats.terminal.reading import lines
from adapters.chats.terminal.screen import Plain, Screen
from adapters.chats.terminal.seen import Seen
from adapters.chats.terminal.sitting import Sitting
from adapters.chats.terminal.styled import Styled

__all__ = ["House", "converse"]


async def converse(
    house: House,
    *,
    people: Sequence[str],
    person: str,
    conversation: str,
    stdin: TextIO,
    stdout: TextIO,
    script: Path | None = None,
    history: Path | None = None,
) -> int:
    """Talk until the person leaves, the pipe's work is done or the script has ended; the exit code.

    ``history`` names the file of typed lines; where this terminal had got to is kept beside it.
    """
    guest = _Guest(house, people, person, conversation, history)
    if script is None and stdin.isatty() and stdout.isatty():
        return await _prompted(guest, stdin)
    _never_fail_on_a_letter(stdout)
    screen: Screen = Styled(stdout, live=False) if stdout.isatty() else Plain(stdout)
    follower, sitting = guest.sit_down(screen, live=False)
    player = Player(sitting, screen, follower)
    run = (lambda: player.script(script)) if script else (lambda: player.pipe(lines(stdin)))
    return await _together(follower, lambda: None, run)


@dataclass(frozen=True, slots=True)
class _Guest:
    """Who comes to which house, and where they left off."""

    house: House
    people: Sequence[str]
    person: str
    conversation: str
    history: Path | None

    def sit_down(self, screen: Screen, *, live: bool) -> tuple[Follower, Sitting]:
        seen = Seen(self.history.with_suffix(".seen.json") if self.history else None)
        follower = Follower(self.house, screen, seen, self.conversation, live=live)
        return follower, Sitting(self.house, screen, follower, self.people, self.person)


def _never_fail_on_a_letter(stdout: TextIO) -> None:
    """An output that is no UTF-8 shows a question mark for what it cannot."""
    if isinstance(stdout, io.TextIOWrapper):
        stdout.reconfigure(errors="replace")


async def _prompted(guest: _Guest, stdin: TextIO) -> int:
    # No app session of our own: patch_stdout writes from a thread that knows only the default one.
    with patch_stdout(raw=True):
        screen = Styled(None, live=True)
        screen.note(f"You are {guest.person} in {guest.conversation}. /help shows the keys, ctrl-d leaves.")
        follower, sitting = guest.sit_down(screen, live=True)
        prompter = Prompter(sitting, screen, follower, stdin, guest.history)
        return await _together(follower, prompter.redraw, prompter.run)


async def _together(follower: Follower, drawn: Callable[[], None], run: Callable[[], Awaitable[int]]) -> int:
    """Follow the house while ``run`` talks to it."""
    await follower.go(follower.board.key)
    async with asyncio.TaskGroup() as group:
        following = group.create_task(follower.follow(drawn))
        try:
            return await run()
        finally:
            following.cancel()
