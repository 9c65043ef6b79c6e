"""Whatever the order of presses, words, new requests, expiry and restarts: only what was granted happens."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.rehearsal.scripted_chat import Platform
from bot.model.conversations import Message, MessageState
from bot.model.dispatches import Dispatch, Run, RunState, Status
from bot.model.log import AuditRow
from bot.model.posts import Button, ButtonAction
from bot.model.questions import Question, QuestionState, Verdict
from bot.ports import Unit
from tests.approval_house import PEOPLE, PLAY, Scene
from tests.houses import CHAT, open_household, tables, wrote

MAY: Final = {"ann", "carol"}
"""The one who asked for the work and an approver; bob is another user, vera a viewer, mallory nobody."""

DECIDING: Final = ("question.granted", "question.granted_for_session", "question.denied")

Step = tuple[str, ...]
_who = st.sampled_from([*PEOPLE, "mallory"])
_button = st.sampled_from(["grant", "grant_session", "deny", "ask_again", "close"])
_which = st.sampled_from(["newest", "oldest"])
_words = st.sampled_from(["/approve q1", "/deny q1 no", "yes, do it", "stop", "/approve q2"])
STEPS: Final = st.lists(
    st.one_of(
        st.tuples(st.just("press"), _button, _who, _which),
        st.tuples(st.just("say"), _words, _who),
        st.tuples(st.just("ask"), st.sampled_from(["git push", "git push --force"])),
        st.tuples(st.just("expire")),
        st.tuples(st.just("restart")),
    ),
    min_size=1,
    max_size=8,
)


class Life:
    """A house over one directory, which may end and begin again at any step."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._platform = Platform(name=CHAT)
        self._stack = AsyncExitStack()
        self._asked = 0

    async def open(self) -> None:
        chosen = tables(self.directory, people=PEOPLE, questions={"grace_s": 0.05})
        opened = open_household(self.directory, chosen, play=PLAY, platform=self._platform)
        self.scene = Scene(await self._stack.enter_async_context(opened), self.directory)

    async def close(self) -> None:
        await self._stack.aclose()

    async def take(self, step: Step) -> None:
        house = self.scene.house
        match step:
            case ("press", action, who, which):
                rows = await house.rows(Button, action=ButtonAction(action))
                if rows:
                    await self.scene.press(rows[-1 if which == "newest" else 0].id, who)
            case ("say", words, who):
                await house.running.desk.receive(wrote(words, by=who))
            case ("ask", command):
                await self._ask(command)
            case ("expire",):
                await self._expire()
            case _:
                await self.close()
                await self.open()
        await self.scene.house.until_rows(_settled)

    async def _ask(self, command: str) -> None:
        """As a specialist that asks for it once more, while its run is not over for good."""
        (dispatch,) = await self.scene.house.rows(Dispatch)
        if dispatch.status is Status.PARKED:
            self._asked += 1
            await self.scene.ask(request=f"r{self._asked}", input=f'{{"command":"{command}"}}')

    async def _expire(self) -> None:
        past = self.scene.house.running.desk.house.now() - timedelta(seconds=1)
        for item in await self.scene.house.rows(Question, state=QuestionState.OPEN):
            await self.scene.change(item, expire_at=past)
        self.scene.house.running.clock.ring()
        await self.scene.house.until_rows(_nothing_is_overdue)


async def _settled(unit: Unit) -> bool:
    waiting = await unit.find(Message, state=MessageState.WAITING, limit=1)
    working = await unit.find(Run, state=(RunState.QUEUED, RunState.RUNNING), limit=1)
    return not waiting and not working


async def _nothing_is_overdue(unit: Unit) -> bool:
    return not await unit.find(Question, state=QuestionState.OPEN, limit=1)


async def _waits(unit: Unit) -> bool:
    dispatch = await unit.get(Dispatch, "d1")
    return dispatch is not None and dispatch.status is Status.PARKED


async def _live(directory: Path, steps: Sequence[Step]) -> None:
    life = Life(directory)
    await life.open()
    try:
        await life.scene.house.running.desk.receive(wrote("/run push it"))
        await life.scene.house.until_rows(_waits)
        for step in steps:
            await life.take(step)
        await _check(life.scene)
    finally:
        await life.close()


async def _check(scene: Scene) -> None:
    """The audit says who granted what, and neither the rows nor the directory knows of anything more."""
    decided = [row for row in await scene.house.rows(AuditRow) if row.action in DECIDING]
    granted = [row for row in decided if row.action != "question.denied"]
    assert {row.person for row in decided} <= MAY
    assert max(Counter(row.object for row in decided).values(), default=0) <= 1
    questions = await scene.house.rows(Question)
    replied = {item.id for item in questions if item.reply and item.reply.verdict is Verdict.GRANTED}
    assert replied == {row.object.partition("/")[2] for row in granted}
    pushed = scene.directory / "api/pushed.txt"
    assert len(pushed.read_text() if pushed.exists() else "") <= len(granted)


@pytest.mark.parametrize(
    "examples", [4, pytest.param(150, marks=[pytest.mark.full, pytest.mark.timeout(900)])]
)
def test_only_what_the_right_person_granted_happens_and_once(examples: int) -> None:
    """OpenClaw #65714, HermesAgent #80281: whoever wrote or pressed last, an approval was taken for given."""

    @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(STEPS)
    def check(steps: list[Step]) -> None:
        with tempfile.TemporaryDirectory() as directory:
            asyncio.run(_live(Path(directory), steps))

    check()
