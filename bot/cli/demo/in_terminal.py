"""The scenes of the demo in a terminal; what stands in one is typed by nobody and done by the real house."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from rich.console import Console

from bot.cli.demo.acts import (
    QUESTION,
    SCENE_S,
    WEEKLY,
    accounts,
    kill_in_the_middle,
    kill_while_waiting,
    narrate,
    save_chart,
    show_file,
    still_open,
)
from bot.cli.demo.stage import Stage
from bot.desk import Desk
from bot.errors import FrontdeskError
from bot.serving import TerminalHouse

TRIAGE: Final = ("What can you do here?", "Please add an option --shout to greet.py", "/wait question")
BUTTON: Final = ("/press One exclamation mark", "/wait question")
WORDS: Final = (">q2 loud enough for the back row", "/wait approval")
REFUSED: Final = ("/as bob", "/press Allow once")
GRANTED: Final = ("/as ann", "/press Allow once", "/wait done")
FOLLOW_UP: Final = ("Now add a test for that", "/wait done")
RESEARCH: Final = (QUESTION, "/wait done")
DIGEST: Final = (WEEKLY, "/press Save it", "/schedule s1 run", "/wait done")
STATUS: Final = ("status",)


async def scenes(stage: Stage, console: Console, desk: Desk) -> None:
    theatre = Theatre(stage, desk)
    await theatre.begin()
    narrate(console, "Triage: the secretary answers small things itself and hands on the work")
    await theatre.scene(TRIAGE)
    await kill_while_waiting(stage, console, desk)
    narrate(console, "Ann answers by a button; the same session goes on and asks again")
    await theatre.scene(BUTTON)
    narrate(console, "This time she answers in her own words")
    await theatre.scene(WORDS)
    narrate(
        console,
        "It needs an approval to run a command. Bob has no say in Ann's work: refused",
    )
    await theatre.scene(REFUSED)
    await still_open(desk)
    narrate(console, "Ann did, so hers counts, once, for exactly this command")
    await theatre.scene(GRANTED)
    show_file(console, stage.project / "greet.py")
    narrate(console, "A follow-up resumes the session, and the house is killed again")
    await theatre.scene(FOLLOW_UP, beside=lambda: kill_in_the_middle(stage, console, desk))
    show_file(console, stage.project / "test_greet.py")
    narrate(console, "A question about the world: every source was read just now, and a dead link is dropped")
    await theatre.scene(RESEARCH)
    narrate(console, "Work that starts by itself: the weekly digest, run now the same way as by the clock")
    await theatre.scene(DIGEST)
    await save_chart(console, desk, stage.chart)
    narrate(console, "What it was and what it cost")
    await theatre.scene(STATUS)
    await accounts(console, desk)


class Theatre:
    """One terminal for the whole demo: a client of the house, so that the house may die beside it."""

    def __init__(self, stage: Stage, desk: Desk) -> None:
        from adapters.chats.terminal.following import Follower
        from adapters.chats.terminal.playing import Player
        from adapters.chats.terminal.screen import Plain, Screen
        from adapters.chats.terminal.seen import Seen
        from adapters.chats.terminal.sitting import Sitting
        from adapters.chats.terminal.styled import Styled

        house = TerminalHouse(desk)
        screen: Screen = Styled(sys.stdout, live=False) if sys.stdout.isatty() else Plain(sys.stdout)
        self._follower = Follower(house, screen, Seen(None), "main", live=False)
        sitting = Sitting(house, screen, self._follower, ["ann", "bob"], "ann")
        self._player = Player(sitting, screen, self._follower)
        self._stage = stage
        self._script = stage.root / "scene.txt"

    async def begin(self) -> None:
        await self._follower.go("main")

    async def scene(self, lines: Sequence[str], beside: Callable[[], Awaitable[None]] | None = None) -> None:
        """Play the lines; ``beside`` happens meanwhile. FrontdeskError at the first that cannot be done."""
        self._script.write_text("\n".join(lines))
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(self._follower.follow(lambda: None))
            guarding = group.create_task(self._stage.guard())
            meanwhile = group.create_task(_call(beside)) if beside else None
            async with asyncio.timeout(SCENE_S):
                ended = await self._player.script(self._script)
                if meanwhile is not None:
                    await meanwhile
            watching.cancel()
            guarding.cancel()
        if ended != 0:
            raise FrontdeskError("a line of the script could not be played.")


async def _call(beside: Callable[[], Awaitable[None]]) -> None:
    await beside()
