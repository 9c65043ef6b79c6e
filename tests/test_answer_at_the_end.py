"""An answer that arrives at the very moment in which a run parks belongs to the next run, and is not lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

from adapters.rehearsal.scripted_chat import Platform, ScriptedChat
from bot.app import open_house
from bot.model import events as ev
from bot.model.dispatches import ParkReason
from bot.model.questions import Ask, Option, QuestionKind, Reply
from bot.ports import Ability, Health, Run, Work
from bot.settings import settings_of


class ParksWhenAnswered:
    """Its first run parks while it is being answered, and then says that it no longer waits."""

    name = "scripted"
    abilities = frozenset({Ability.ASK, Ability.PARK, Ability.RESUME})

    async def start(self, work: Work) -> Run:
        return _Run(work)

    async def health(self) -> Health:
        return Health(True, "It plays one scene.")

    async def close(self) -> None: ...


class _Run:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._answering = asyncio.Event()

    async def events(self) -> AsyncGenerator[ev.Event, None]:
        yield ev.Started(self._work.session)
        if self._work.reply is not None:
            answer = ", ".join(self._work.reply[1].answers.values())
            yield ev.Finished(ev.End.DONE, text=f"It became {answer}.")
            return
        colours = (Option("red"), Option("blue"))
        yield ev.Asked("r1", QuestionKind.QUESTION, (Ask("colour", "Which colour?", colours),))
        await self._answering.wait()
        yield ev.Parked(ParkReason.QUESTION, request="r1")

    async def answer(self, request: str, reply: Reply) -> bool:  # noqa: ARG002
        self._answering.set()
        await asyncio.sleep(0.3)  # as slow as a process that is about to end: long enough to be overtaken
        return False

    async def steer(self, note_id: str, text: str) -> bool:  # noqa: ARG002
        return False

    async def cancel(self, reason: str, grace_s: float) -> None:  # noqa: ARG002
        self._answering.set()


async def test_an_answer_that_meets_the_parking_reaches_the_next_run(tmp_path: Path) -> None:
    """The run was handed the answer, parked and did not take it: the next run delivers it."""
    (tmp_path / "p").mkdir()
    settings = settings_of(
        {
            "frontdesk": {"home": str(tmp_path / "home")},
            "secretary": {"model": "rules"},
            "people": {"ann": {"role": "admin", "accounts": {"scripted": "ann"}}},
            "projects": {"p": {"directory": str(tmp_path / "p"), "specialist": "scripted"}},
            "specialists": {"scripted": {"kind": "scripted"}},
            "chats": {"scripted": {}},
        }
    )
    platform = Platform()

    def shown(words: str) -> bool:
        return any(words in message.text for message in platform.messages())

    async with open_house(
        settings, chats={"scripted": ScriptedChat(platform)}, specialists={"scripted": ParksWhenAnswered()}
    ):
        platform.writes("ann", "@p paint it")
        await platform.until(lambda: shown("Which colour?"), 20)
        platform.presses("ann", "blue")
        await platform.until(lambda: shown("It became blue."), 20)
