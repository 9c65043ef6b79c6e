"""The scenes of the demo on a chat: people with phones on the stand-in for a platform, and what they see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from rich.console import Console

from bot.cli.demo.acts import (
    QUESTION,
    SCENE_S,
    accounts,
    kill_in_the_middle,
    kill_while_waiting,
    narrate,
    show_file,
    still_open,
)
from bot.cli.demo.screen import Screen
from bot.cli.demo.stage import Stage
from bot.desk import Desk

if TYPE_CHECKING:
    from adapters.rehearsal.phones import Phones, Seen

Reached = Callable[[Sequence["Seen"]], bool]


async def scenes(stage: Stage, phones: Phones, console: Console, desk: Desk) -> None:
    """The same story as in the terminal; Ann and Bob have their phones in their hands."""
    play = Play(stage, phones, console)
    narrate(console, f"Triage in {phones.where}: small things are answered at once, work is handed on")
    async with play.scene():
        await play.says("ann", "What can you do here?", until=shows("Small things, such as this question"))
        await play.says("ann", "Please add an option --shout to greet.py", until=offers("Nothing"))
    await kill_while_waiting(stage, console, desk)
    narrate(console, "Ann answers by a button; the same session goes on and asks again")
    async with play.scene():
        await play.presses("ann", "One exclamation mark", until=shows("What should its help text say?"))
    narrate(console, "This time she answers in her own words")
    async with play.scene():
        await play.replies("ann", "q2", "loud enough for the back row", until=offers("Allow once"))
    narrate(console, "It needs an approval to run a command. Bob has no say in Ann's work: refused")
    async with play.scene():
        await play.presses("bob", "Allow once", until=offers("Allow once"))
    await still_open(desk)
    narrate(console, "Ann did, so hers counts, once, for exactly this command")
    async with play.scene():
        await play.presses("ann", "Allow once", until=shows("I ran it: it printed"))
        await play.waits(shows("— done"))
    show_file(console, stage.project / "greet.py")
    narrate(console, "A follow-up resumes the session, and the house is killed again")
    async with play.scene() as group:
        killing = group.create_task(kill_in_the_middle(stage, console, desk))
        await play.replies("ann", "I ran it", "Now add a test for that", until=shows("I added test_greet.py"))
        await killing
        await play.waits(shows("— done"))
    show_file(console, stage.project / "test_greet.py")
    narrate(console, "A question about the world: every source was read just now, and a dead link is dropped")
    async with play.scene():
        await play.says("ann", QUESTION, until=shows("Confidence: medium."))
        await play.waits(shows("The best travel kettle — done"))
    narrate(console, "What it was and what it cost")
    async with play.scene():
        await play.says("ann", "status", until=play.one_more())
    await accounts(console, desk)


def shows(words: str) -> Reached:
    """It stands in a message."""
    return lambda seen: any(words in each.text for each in seen)


def offers(label: str) -> Reached:
    """There is such a button."""
    return lambda seen: any(label in row for each in seen for row in each.buttons)


class Play:
    def __init__(self, stage: Stage, phones: Phones, console: Console) -> None:
        self._stage, self._phones = stage, phones
        self._screen = Screen(console)

    @asynccontextmanager
    async def scene(self) -> AsyncGenerator[asyncio.TaskGroup]:
        """Fails when the house ends by itself, or when it takes too long."""
        async with asyncio.TaskGroup() as group:
            guarding = group.create_task(self._stage.guard())
            async with asyncio.timeout(SCENE_S):
                yield group
            guarding.cancel()

    async def says(self, person: str, words: str, *, until: Reached) -> None:
        self._phones.writes(person, words)
        await self.waits(until)

    async def replies(self, person: str, to: str, words: str, *, until: Reached) -> None:
        """To the newest message with ``to`` in it."""
        found = [each.id for each in self._phones.sees() if to in each.text]
        self._phones.writes(person, words, found[-1])
        await self.waits(until)

    async def presses(self, person: str, label: str, *, until: Reached) -> None:
        self._screen.pressed(person, label)
        popped_up = await self._phones.presses(person, label)
        if popped_up:
            self._screen.popped_up(person, popped_up)
        await self.waits(until)

    async def waits(self, reached: Reached) -> None:
        """Shows what happens until it is so."""
        while True:
            seen = self._phones.sees()
            self._screen.show(seen)
            if reached(seen):
                return
            await self._phones.changed()

    def one_more(self) -> Reached:
        """Than now and the message that is about to be written."""
        before = len(self._phones.sees())
        return lambda seen: len(seen) > before + 1
