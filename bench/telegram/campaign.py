"""The kills, the repeats and the broken connections, and a house at the end that lives to finish it all."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from adapters.rehearsal.bot_api import BotApi, Fault, Rules
from bench.kill.evidence import is_quiet
from bench.kill.killing import Process, clean_up, started
from bench.kill.stage import Stage, build
from bench.telegram import house
from bench.telegram.crowd import FIRST_ID, Crowd
from bench.telegram.verdict import Verdict, judge, unknown_outcomes

SETTLED_WITHIN_S: Final = 120.0
CLOSED_WITHIN_S: Final = 25.0

PERSON: Final = """
[people.u{id}]
role = "admin"
telegram = {id}
"""


@dataclass(frozen=True, slots=True)
class Plan:
    updates: int = 500
    kills: int = 10
    drops: int = 10  # connections that break after or before a message arrived
    people: int = 10


@dataclass
class Outcome:
    plan: Plan
    verdict: Verdict
    repeats: int
    ambiguous: int  # sends whose outcome nobody could know
    directory: Path

    @property
    def failures(self) -> list[str]:
        return self.verdict.failures(self.ambiguous)

    def __str__(self) -> str:
        plan, verdict = self.plan, self.verdict
        return (
            f"updates={plan.updates} repeated={self.repeats} kills={plan.kills} drops={plan.drops} "
            f"lost={len(verdict.lost)} doubled={len(verdict.doubled)} misordered={len(verdict.misordered)} "
            f"ambiguous={self.ambiguous} sent_again={verdict.sent_again} shown_twice={verdict.shown_twice}"
        )


async def carry_out(plan: Plan, seed: int) -> Outcome:
    """On a stage that is gone afterwards, unless something failed on it."""
    random = Random(seed)  # noqa: S311  a repeatable run, no secret
    async with BotApi(Rules(conflict_hold_s=0.0, pace=None)) as api, _stage(plan) as stage:
        people = [api.person(f"Person {n}", FIRST_ID + n) for n in range(plan.people)]
        campaign = _Campaign(plan, stage, api, Crowd(api, random, people), random)
        await campaign.run()
        verdict = await judge(stage, api, campaign.crowd)
    outcome = Outcome(plan, verdict, campaign.crowd.repeats, campaign.ambiguous, stage.directory)
    if not outcome.failures:
        shutil.rmtree(stage.directory)
    return outcome


@asynccontextmanager
async def _stage(plan: Plan) -> AsyncGenerator[Stage]:
    stage = build(Stage(Path(tempfile.mkdtemp(prefix="frontdesk-telegram-")), lookup=False))
    with stage.configuration.open("a") as file:
        file.writelines(PERSON.format(id=FIRST_ID + n) for n in range(plan.people))
    try:
        yield stage
    finally:
        await clean_up(stage)


@dataclass
class _Campaign:
    plan: Plan
    stage: Stage
    api: BotApi
    crowd: Crowd
    random: Random
    ambiguous: int = 0
    _opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            writing = group.create_task(self._write())
            pressing = group.create_task(self.crowd.press())
            for n in range(self.plan.kills):
                await self._kill(n)
            await self._finish(writing)
            pressing.cancel()

    async def _write(self) -> None:
        """From the first opening on, so that the kills come in the middle of it."""
        await self._opened.wait()
        await self.crowd.write(self.plan.updates, self._break_a_connection)

    def _break_a_connection(self, n: int) -> None:
        """Evenly over all that is written: of a message, of which nobody knows then, and of a poll."""
        every = max(self.plan.updates // (self.plan.drops + 1), 1)
        if n % every == every - 1 and n // every < self.plan.drops:
            self.api.faults.next_calls(Fault.APPLY_THEN_DROP if n // every % 2 else Fault.LOSE)
            self.api.faults.next_calls(Fault.APPLY_THEN_DROP, method="getUpdates")
            self.ambiguous += 1

    async def _kill(self, n: int) -> None:
        """Once so much has been confirmed, in the middle of what comes next."""
        share = (n + 1) * self.plan.updates // (self.plan.kills + 1)
        async with self._house() as process:
            await process.opened()
            self._opened.set()
            await self.api.record.until(lambda: len(self.api.record.confirmed()) >= share, SETTLED_WITHIN_S)
            await asyncio.sleep(self.random.uniform(0.0, 0.2))
            await process.kill()
        self.ambiguous += await unknown_outcomes(self.stage)

    async def _finish(self, writing: asyncio.Task[None]) -> None:
        async with self._house() as process:
            await process.opened()
            await writing
            with suppress(TimeoutError):
                async with asyncio.timeout(SETTLED_WITHIN_S):
                    while not await self._is_over():  # noqa: ASYNC110  another process tells nobody
                        await asyncio.sleep(0.2)
            await process.close(CLOSED_WITHIN_S)

    async def _is_over(self) -> bool:
        """Every message confirmed and answered, every piece of work done."""
        works = sum(one.work for one in self.crowd.said)
        pressed = len(self.crowd.pressed) >= works
        return pressed and not self.api.updates.waiting_or_repeated and await is_quiet(self.stage)

    def _house(self) -> AbstractAsyncContextManager[Process]:
        return started(self.stage, program=partial(house.run, self.api.url))
