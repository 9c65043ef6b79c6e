"""What people do: they talk, ask for work, answer, allow and follow up; the platform repeats it at random."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Final
from uuid import uuid4

from adapters.rehearsal.scripted_chat import Platform
from bench.kill.screen import Screen, Shown
from bench.kill.stage import BODIED, PEOPLE, PROJECTS
from bot.model.conversations import Address, Inbound, Pressed, Wrote
from bot.model.people import Identity

REPEATED_WITHIN_S: Final = 3.0
THINKS_S: Final = 1.0
"""Longer than a run waits for an answer, so that some answers find it alive and others parked."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wrote, and so what they must get, once."""

    tag: str  # in every post that belongs to it
    kind: str  # chat, or the kind of work
    where: str
    key: str
    project: str = ""


@dataclass
class Crowd:
    """Everybody on one stage; ``wishes`` is what the oracle asks for."""

    platform: Platform
    screen: Screen
    random: Random
    wishes: list[Wish] = field(default_factory=list[Wish])
    _repeats: list[asyncio.TimerHandle] = field(default_factory=list[asyncio.TimerHandle])
    _tags: count[int] = field(default_factory=lambda: count(1))
    _conversations: count[int] = field(default_factory=lambda: count(1))

    async def keep_busy(self, at_once: int, enough: Callable[[], bool]) -> None:
        """So many conversations beside each other until it is enough and the last has ended."""

        async def one_after_another() -> None:
            while True:
                await self._conversation()
                if enough():
                    return

        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(one_after_another())

    async def be_patient(self) -> None:
        """One piece of work that takes longer than a house has to end."""
        talk = _Talk(self, "c0", PEOPLE[0])
        await talk.see_through(talk.ask_for("slow", BODIED[0]))

    async def _conversation(self) -> None:
        place = f"c{next(self._conversations)}"
        talk = _Talk(self, place, PEOPLE[len(self.wishes) % len(PEOPLE)])
        await talk.chat()
        plain, asking, careful = [talk.ask_for(kind) for kind in ("plain", "asking", "careful")]
        await talk.chat()
        async with asyncio.TaskGroup() as group:
            group.create_task(talk.follow_up(plain))
            group.create_task(talk.see_through(asking))
            group.create_task(talk.see_through(careful))
        await talk.chat()

    def tag(self) -> str:
        return f"t{next(self._tags)}"

    def happens(self, inbound: Inbound) -> None:
        """It happens once and is delivered up to three times, also across restarts."""
        self.platform.happens(inbound)
        loop = asyncio.get_running_loop()
        for _ in range(self.random.choice((0, 0, 1, 2))):
            within_s = self.random.uniform(0.0, REPEATED_WITHIN_S)
            self._repeats.append(loop.call_later(within_s, self.platform.redeliver, inbound.key))

    def go_home(self) -> None:
        """Nothing is repeated any more."""
        for repeat in self._repeats:
            repeat.cancel()
        self._repeats.clear()


@dataclass
class _Talk:
    crowd: Crowd
    where: str
    person: str

    async def chat(self) -> None:
        tag = self.crowd.tag()
        self._writes("chat", tag, f"By the way, could you tell me how things are going with {tag} today?")
        if self.crowd.random.random() < 0.5:
            await self.crowd.screen.until(self.where, _mentioning(f"heard {tag}"))

    def ask_for(self, kind: str, project: str = "") -> Wish:
        tag, project = self.crowd.tag(), project or self.crowd.random.choice(PROJECTS)
        return self._writes(kind, tag, f"Would you please do the {kind} work {tag} in {project}?", project)

    async def follow_up(self, wish: Wish) -> None:
        """A reply to the result resumes its session."""
        result = await self.see_through(wish)
        tag = self.crowd.tag()
        more = self._writes("more", tag, f"Now do some more work {tag}, please?", wish.project, result)
        await self.see_through(more)

    async def see_through(self, wish: Wish) -> Shown:
        """What came of it: a result, or mere words; what is asked on the way is answered."""
        over = re.compile(rf"\b(finished|heard) {wish.tag}\b")
        about = re.compile(rf"\b{wish.tag}\b")
        answered: set[str] = set()

        def asks(message: Shown) -> bool:
            buttons = {"red", "Allow once"} & message.buttons.keys()
            return bool(buttons and message.id not in answered and about.search(message.text))

        def next_one(messages: list[Shown]) -> Shown | None:
            return next((each for each in messages if over.search(each.text) or asks(each)), None)

        while not over.search((found := await self.crowd.screen.until(self.where, next_one)).text):
            answered.add(found.id)
            await asyncio.sleep(self.crowd.random.uniform(0.0, THINKS_S))
            self._answers(found)
        return found

    def _answers(self, question: Shown) -> None:
        random = self.crowd.random
        if "red" in question.buttons and random.random() < 0.25:
            self._says("blue", question)
            return
        label = random.choice(sorted(question.buttons.keys() & {"red", "blue", "Allow once"}))
        for _ in range(random.choice((1, 1, 2))):
            self._presses(question, label)

    def _writes(
        self, kind: str, tag: str, text: str, project: str = "", reply_to: Shown | None = None
    ) -> Wish:
        wish = Wish(tag, kind, self.where, self._says(text, reply_to), project)
        self.crowd.wishes.append(wish)
        return wish

    def _says(self, text: str, reply_to: Shown | None) -> str:
        identity, where, key = self._event(reply_to)
        id = reply_to.id if reply_to else None
        self.crowd.happens(Wrote(identity, where, key, text, self.person, reply_to=id))
        return key

    def _presses(self, question: Shown, label: str) -> None:
        identity, where, key = self._event(question)
        self.crowd.happens(Pressed(identity, where, key, question.buttons[label], self.person, question.id))

    def _event(self, about: Shown | None) -> tuple[Identity, Address, str]:
        """In the topic of what it is about."""
        name, where = self.crowd.platform.name, about.where if about else self.where
        return Identity(name, self.person), Address(name, where), f"{name}:{uuid4().hex}"


def _mentioning(words: str) -> Callable[[list[Shown]], Shown | None]:
    return lambda messages: next((each for each in messages if words in each.text), None)
