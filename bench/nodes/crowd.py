"""People on the scripted platform: they ask for work, answer what it asks, and follow up on its result."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random
from uuid import uuid4

from adapters.rehearsal.scripted_chat import Platform
from bench.kill.people import Wish
from bench.kill.screen import Screen, Shown
from bench.kill.stage import PEOPLE, PROJECTS
from bot.model.conversations import Address, Inbound, Pressed, Wrote
from bot.model.people import Identity


@dataclass
class Crowd:
    """Everybody; ``wishes`` is what they must get, each once."""

    platform: Platform
    screen: Screen
    random: Random
    wishes: list[Wish] = field(default_factory=list[Wish])
    _tags: count[int] = field(default_factory=lambda: count(1))
    _places: count[int] = field(default_factory=lambda: count(1))

    async def keep_busy(self, at_once: int, enough: Callable[[], bool]) -> None:
        """So many conversations beside each other until it is enough and the last has ended."""

        async def one_after_another() -> None:
            while not enough():
                await self._conversation(f"c{next(self._places)}")

        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(one_after_another())

    async def _conversation(self, where: str) -> None:
        person = self.random.choice(PEOPLE)
        first = self.ask_for("plain", where, person)
        second = self.ask_for("asking", where, person)
        result = await self.see_through(first, person)
        more = self.ask_for("plain", where, person, reply_to=result.id)
        await self.see_through(second, person)
        await self.see_through(more, person)

    def ask_for(self, kind: str, where: str, person: str, *, reply_to: str | None = None) -> Wish:
        """New work, or more of it in the session whose result is replied to."""
        tag, project = f"t{next(self._tags)}", self.random.choice(PROJECTS)
        words = f"do some more {kind} work {tag}, please"
        text = words if reply_to else f"/run @{project} {kind} work {tag}"
        who = self._who(person, where)
        wrote = Wrote(*who, text, person, reply_to=reply_to)
        self.wishes.append(wish := Wish(tag, kind, where, wrote.key))
        self._happens(wrote)
        return wish

    async def see_through(self, wish: Wish, person: str) -> Shown:
        """Its result; what is asked on the way is answered, now and then twice."""
        while True:
            found = await self.screen.until(wish.where, lambda shown: _next(shown, wish))
            if "red" not in found.buttons:
                return found
            for _ in range(self.random.choice((1, 1, 2))):
                who = self._who(person, wish.where)
                self._happens(Pressed(*who, found.buttons["red"], person, found.id))
            await self.screen.until(wish.where, lambda shown, id=found.id: _without_buttons(shown, id))

    def _who(self, person: str, where: str) -> tuple[Identity, Address, str]:
        name = self.platform.name
        return Identity(name, person), Address(name, where), f"{name}:{uuid4().hex}"

    def _happens(self, inbound: Inbound) -> None:
        """Now and then the platform says it twice."""
        self.platform.happens(inbound)
        if self.random.random() < 0.3:
            self.platform.redeliver(inbound.key)


def _next(shown: list[Shown], wish: Wish) -> Shown | None:
    """Its result, else its open question."""
    over = re.compile(rf"\bfinished {wish.tag}\b")
    for each in shown:
        if over.search(each.text) or ("red" in each.buttons and f"for {wish.tag}?" in each.text):
            return each
    return None


def _without_buttons(shown: list[Shown], id: str) -> Shown | None:
    return next((each for each in shown if each.id == id and not each.buttons), None)
