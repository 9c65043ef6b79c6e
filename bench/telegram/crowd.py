"""What people write and press at random times, whatever becomes of the house; some of it comes twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from adapters.rehearsal.bot_api import BotApi, Person
from bench.kill.stage import PROJECTS

FIRST_ID: Final = 5001
WORK_EVERY: Final = 25
"""Of that many messages one asks for work, in which a question waits for a press."""

PAUSE_S: Final = 0.03
MOST_WAITING: Final = 12
"""At Telegram, so that on a slow machine, too, the kills come in the middle of it all."""

PATIENCE_S: Final = 120.0
LOOK_EVERY_S: Final = 0.1
REPEATED: Final = 0.3


@dataclass(frozen=True, slots=True)
class Said:
    """One message, and what must come of it."""

    tag: str
    person: int
    work: bool

    @property
    def answer(self) -> str:
        return f"on it {self.tag}" if self.work else f"heard {self.tag}"


@dataclass
class Crowd:
    api: BotApi
    random: Random
    people: list[Person]
    said: list[Said] = field(default_factory=list[Said])
    repeats: int = 0
    pressed: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])  # chat and message

    async def write(self, updates: int, each: Callable[[int], None]) -> None:
        """So many updates, presses among them; ``each`` hears of every one that was written."""
        works = updates // (WORK_EVERY + 1)
        for n in range(updates - works):
            self._say(n)
            each(n)
            await asyncio.sleep(self.random.uniform(0.0, 2 * PAUSE_S))
            await self.api.record.until(lambda: len(self.api.updates.waiting) < MOST_WAITING, PATIENCE_S)

    def _say(self, n: int) -> None:
        tag, work = f"t{n + 1}", n % WORK_EVERY == WORK_EVERY - 1
        person = self.random.choice(self.people)
        project = self.random.choice(PROJECTS)
        wish = f"Would you please do the asking work {tag} in {project}?"
        person.writes(wish if work else f"By the way, how are things going with {tag} today?")
        self.said.append(Said(tag, person.id, work))
        self._perhaps_again()

    async def press(self) -> None:
        """Until cancelled: whatever asks is answered, once."""
        while True:
            for person in self.people:
                for shown in person.sees():
                    asks = any("red" in row for row in shown.buttons)
                    if asks and (person.id, shown.id) not in self.pressed:
                        self.pressed.add((person.id, shown.id))
                        person.presses("red", message=shown.id)
                        self._perhaps_again()
            await asyncio.sleep(LOOK_EVERY_S)

    def _perhaps_again(self) -> None:
        """Telegram delivers an update once more now and then, confirmed or not."""
        if self.random.random() < REPEATED:
            self.api.updates.repeat(self.api.updates.newest)
            self.repeats += 1
