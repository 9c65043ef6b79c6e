"""Thread states as rows of a real store, so that each case is looked at as a turn looks at a message."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from bench.routing.cases import Case, states
from bot.app import open_desk
from bot.brief import Brief
from bot.briefs import brief_of
from bot.house import House
from bot.model.conversations import Conversation, FileRef, Message, Origin
from bot.model.dispatches import Dispatch, ParkReason, Spec, Status
from bot.model.posts import OutboxRow, OutboxState, Part, PartRow, Post, PostKind
from bot.model.questions import Ask, Option, Question, QuestionKind, approval_of
from bot.ports import Unit
from bot.settings import settings_of

BEGAN: Final = timedelta(minutes=20)
ENDED: Final = timedelta(minutes=4)


class Threads:
    """Every case has a conversation of its own in one house."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._states = states()[1]
        self._numbers = iter(range(1, 1_000_000))

    async def brief(self, case: Case) -> tuple[Brief, Mapping[str, str]]:
        """As a turn would see it, and the names in the case of the ids in the rows."""
        conversation, state = f"c{next(self._numbers)}", self._states[case.state]
        number = int(conversation[1:]) * 100
        names = {
            entry["id"]: f"{entry['id'][0]}{number + n}"
            for n, entry in enumerate((*state.get("dispatches", ()), *state.get("questions", ())))
        }
        async with self._house.store.transaction() as unit:
            await self._add(unit, conversation, state, names, direct=case.where == "direct")
            message = self._message(case, conversation, names)
            await unit.add(message)
        async with self._house.store.reading() as unit:
            brief = await brief_of(unit, self._house, message)
        if brief is None:
            raise LookupError(f"{case.number}: its person is not known in the house of the cases")
        return brief, {id: name for name, id in names.items()}

    async def _add(
        self,
        unit: Unit,
        conversation: str,
        state: Mapping[str, Any],
        names: Mapping[str, str],
        *,
        direct: bool,
    ) -> None:
        now = self._house.now()
        await unit.add(
            Conversation(conversation, "terminal", conversation, "", now, direct, state.get("default"))
        )
        await unit.add(
            Message(f"{conversation}-0", conversation, 0, f"{conversation}-0", "ann", "Ann", "", now - BEGAN)
        )
        seq = 0
        for entry in state.get("dispatches", ()):
            dispatch = self._dispatch(entry, conversation, names[entry["id"]])
            await unit.add(dispatch)
            seq += 1
            await self._post(unit, conversation, seq, dispatch.result or dispatch.title, dispatch=dispatch.id)
        for entry in state.get("questions", ()):
            question = self._question(entry, conversation, names)
            await unit.add(question)
            seq += 1
            await self._post(
                unit, conversation, seq, question.text, dispatch=question.dispatch, question=question.id
            )

    async def _post(
        self,
        unit: Unit,
        conversation: str,
        seq: int,
        text: str,
        *,
        dispatch: str,
        question: str | None = None,
    ) -> None:
        kind = PostKind.QUESTION if question else PostKind.RESULT
        id, at = f"{conversation}-p{seq}", self._house.now() - ENDED
        row = OutboxRow(id, conversation, seq, kind, Post(text), at, dispatch, question, OutboxState.SENT)
        part = PartRow(id, 0, f"{id}/0", Part(text), 1, _message_id(conversation, question or dispatch), at)
        await unit.add(row, part)

    def _dispatch(self, entry: Mapping[str, Any], conversation: str, id: str) -> Dispatch:
        project = self._house.settings.projects[entry["project"]]
        return Dispatch(
            id=id,
            conversation=conversation,
            project=entry["project"],
            specialist=project.specialist,
            title=entry["title"],
            spec=Spec(entry["goal"]),
            person="ann",
            cause=f"{conversation}-0",
            created_at=self._house.now() - BEGAN,
            status=Status(entry["status"]),
            park_reason=ParkReason(entry["park_reason"]) if "park_reason" in entry else None,
            result=entry.get("result", ""),
        )

    def _question(self, entry: Mapping[str, Any], conversation: str, names: Mapping[str, str]) -> Question:
        labels = ["Allow", "Deny"] if "approves" in entry else entry.get("options", [])
        asked = Ask("asked", entry["asks"], tuple(Option(label) for label in labels))
        return Question(
            id=names[entry["id"]],
            dispatch=names[entry["dispatch"]],
            run=1,
            conversation=conversation,
            kind=QuestionKind.APPROVAL if "approves" in entry else QuestionKind.QUESTION,
            request="toolu_1",
            asks=(asked,),
            asked_at=self._house.now() - ENDED,
            approval=approval_of(entry["approves"], '{"command":"git push"}', "/src")
            if "approves" in entry
            else None,
        )

    def _message(self, case: Case, conversation: str, names: Mapping[str, str]) -> Message:
        text = case.says
        for name, id in names.items():  # people write the number that they see
            text = re.sub(rf"\b{name}\b", id, text)
        return Message(
            id=f"{conversation}-1",
            conversation=conversation,
            seq=1,
            platform_key=f"{conversation}-1",
            person="ann",
            sender="Ann",
            text=text,
            received_at=self._house.now(),
            reply_to=_message_id(conversation, names[case.replies_to]) if case.replies_to else None,
            origin=Origin.UNTRUSTED if case.forwarded else Origin.PERSON,
            addressed=case.where != "group",
            files=(FileRef("f1", case.file, 2_000),) if case.file else (),
        )


def _message_id(conversation: str, of: str) -> str:
    return f"{conversation}-{of}"


@asynccontextmanager
async def open_threads(directory: Path) -> AsyncGenerator[Threads]:
    """A house with the projects of the cases and no engine: nothing that is decided is done."""
    world = states()[0]
    for name in world:
        (directory / name).mkdir()
    settings = settings_of(
        {
            "frontdesk": {"home": str(directory / "home")},
            "secretary": {"model": "rules"},
            "people": {"ann": {"role": "admin", "accounts": {"terminal": "ann"}}},
            "projects": {name: {"directory": name, **entry} for name, entry in world.items()},
            "specialists": {"web-research": {}, "completion": {"kind": "scripted"}},
        },
        directory=directory,
    )
    async with open_desk(settings) as desk:
        yield Threads(desk.house)
