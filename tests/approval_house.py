"""A house with one call that needs a person, and the oracle of what an attack on it has done."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from bot import approvals, questions
from bot.lifecycle import reread
from bot.model.conversations import Address, Inbound, Pressed, Receipt, Submitted
from bot.model.dispatches import Dispatch, Run, Status
from bot.model.events import Asked
from bot.model.grants import SessionGrant
from bot.model.log import AuditRow
from bot.model.people import Identity
from bot.model.posts import Button, ButtonAction
from bot.model.questions import Approval, Question, approval_of
from bot.ports import Unit
from tests.houses import CHAT, Household, open_household, tables

PEOPLE: Final[dict[str, Any]] = {
    who: {"role": role, "accounts": {CHAT: who}}
    for who, role in {"ann": "user", "bob": "user", "carol": "approver", "vera": "viewer"}.items()
}
PUSH: Final = {"approve": "Bash", "input": {"command": "git push"}}
PLAY: Final[dict[str, Any]] = {
    "rules": [
        {
            "when": "push",
            "steps": [
                PUSH,
                {"write": "pushed.txt", "text": "x", "append": True, "only_if": "granted"},
                {"say": "It is {{answer}}."},
            ],
        }
    ],
}


@dataclass(frozen=True, slots=True)
class Scene:
    """d1 waits for q1 in the conversation ``main``, without a process."""

    house: Household
    directory: Path

    async def press(
        self, token: str, who: str = "ann", where: str = "main", *, key: str = "", words: str = ""
    ) -> Receipt:
        at = (Identity(CHAT, who), Address(CHAT, where), key or uuid4().hex, token)
        inbound: Inbound = Submitted(*at, {"text": words}, who) if words else Pressed(*at, who)
        return await self.house.running.desk.receive(inbound)

    async def token(self, action: ButtonAction = ButtonAction.GRANT, question: str = "q1") -> str:
        """Of the newest such button."""
        rows = await self.house.rows(Button, object=question, action=action)
        return rows[-1].id

    async def question(self, id: str = "q1") -> Question:
        (item,) = await self.house.rows(Question, id=id)
        return item

    async def ask(self, *, request: str, **changes: str) -> Question:
        """What a specialist says to the house: ``changes`` are fields of the approval that q1 shows."""
        shown = (await self.question()).approval
        assert shown is not None
        return await self.ask_exactly(request, replace(shown, **changes))

    async def ask_exactly(self, request: str, shown: Approval) -> Question:
        item = await self.question()
        asked = approvals.bound(Asked(request, item.kind, item.asks, shown))  # as the run's driver does
        assert isinstance(asked, Asked)
        async with self.house.store.transaction() as unit:
            dispatch = await reread(unit, "d1")
            run = await unit.get(Run, f"d1/{dispatch.runs}")
            assert run is not None
            return await questions.ask(unit, self.house.running.desk.house, dispatch, run, asked)

    async def change(self, item: Question, **fields: object) -> None:
        async with self.house.store.transaction() as unit:
            await unit.change(item, **fields)

    async def effects(self) -> tuple[int, int, int, bool]:
        """Grants in the audit, runs after the first, calls allowed for the session, the pushed file."""
        granted = [row for row in await self.house.rows(AuditRow) if row.action.startswith("question.grant")]
        runs = await self.house.rows(Run)
        session = await self.house.rows(SessionGrant)
        return len(granted), len(runs) - 1, len(session), (self.directory / "api/pushed.txt").exists()


NOTHING: Final = (0, 0, 0, False)


def rehashed(shown: Approval, **changes: str) -> Approval:
    """An honest approval of another call."""
    other = replace(shown, **changes)
    return approval_of(other.tool, other.input, other.directory, other.commit)


@asynccontextmanager
async def open_scene(
    directory: Path, *, database: str | None = None, play: Mapping[str, Any] = PLAY, **more: Any
) -> AsyncGenerator[Scene]:
    """``more``: tables of the configuration."""
    chosen = {"people": PEOPLE, "questions": {"grace_s": 0.05}, **more}
    configuration = tables(directory, database=database, **chosen)
    async with open_household(directory, configuration, play=play) as house:
        house.platform.writes("ann", "/run push it")
        await house.until_said("asks for approval")
        scene = Scene(house, directory)
        await house.until_rows(_parked)
        yield scene


async def _parked(unit: Unit) -> bool:
    dispatch = await unit.get(Dispatch, "d1")
    return dispatch is not None and dispatch.status is Status.PARKED
