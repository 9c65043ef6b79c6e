"""Kills and restarts on one stage, under load, until everybody has what they waited for."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from adapters.rehearsal.scripted_chat import Platform
from adapters.specialists.child.process import marked
from bench.kill.evidence import Evidence, acknowledged_and_gone, is_quiet, out_of_balance
from bench.kill.killing import clean_up, left_over, started
from bench.kill.oracle import Verdict, judge
from bench.kill.people import Crowd
from bench.kill.screen import Screen
from bench.kill.stage import Stage, build

REACHED_WITHIN_S: Final = 30.0
"""Under load every point is passed long before."""

SETTLED_WITHIN_S: Final = 90.0
DRAINED_WITHIN_S: Final = 25.0
QUIET_WITHIN_S: Final = 10.0
"""After the last conversation: its last card is drawn, the last repeat delivered."""


@dataclass(frozen=True, slots=True)
class AtPoint:
    """Dies at the n-th passage of a crash point."""

    point: str
    passage: int = 1

    def __str__(self) -> str:
        return f"{self.point}:{self.passage}"


@dataclass(frozen=True, slots=True)
class AtTime:
    """Killed so long after its start, or after it has opened."""

    after_s: float
    opened: bool = True

    def __str__(self) -> str:
        return f"{self.after_s:.2f} s after it {'opened' if self.opened else 'started'}"


@dataclass(frozen=True, slots=True)
class Told:
    """SIGTERM so long after it has opened: it drains, puts back what is unfinished, and ends by itself."""

    after_s: float
    within_s: float = DRAINED_WITHIN_S


Kill = AtPoint | AtTime | Told


class Lane:
    """One stage and everybody on it."""

    def __init__(self, stage: Stage, random: Random, *, at_once: int = 4) -> None:
        self.stage = stage
        self.random = random
        self.at_once = at_once
        self.crowd = Crowd(Platform(stage.journal()), Screen(stage.journal()), random)
        self.kills = 0
        self.kept = False
        self.verdict = Verdict()

    async def suffer(
        self, kills: Sequence[Kill], *, meanwhile: Callable[[Stage], None] | None = None
    ) -> None:
        """The kills one after another, then a house that lives until every conversation has ended.

        ``meanwhile`` happens when the last of the kills is over and no house is there.
        """
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(self.crowd.screen.watch())
            enough = asyncio.Event()
            busy = group.create_task(self._people(enough.is_set))
            for kill in kills:
                await self._kill(kill)
            enough.set()
            self.stage.enough.touch()
            if meanwhile is not None:
                meanwhile(self.stage)
            await self._settle(busy)
            watching.cancel()

    async def _people(self, enough: Callable[[], bool]) -> None:
        if self.at_once:
            await self.crowd.keep_busy(self.at_once, enough)
        else:
            await self.crowd.be_patient()

    async def _kill(self, kill: Kill) -> None:
        crash_at = str(kill) if isinstance(kill, AtPoint) else ""
        async with started(self.stage, seed=self._seed(), crash_at=crash_at) as house:
            match kill:
                case AtPoint():
                    if not await house.died(REACHED_WITHIN_S):
                        raise NotReached(f"{kill} was not reached within {REACHED_WITHIN_S:g} s.")
                case AtTime(after_s=after_s):
                    if kill.opened:
                        await house.opened()
                    await asyncio.sleep(after_s)
                    await house.kill()
                case Told(after_s=after_s):
                    await house.opened()
                    await asyncio.sleep(after_s)
                    await house.close(kill.within_s)
                    self._count_left_over()
        self.kills += 1
        gone = await acknowledged_and_gone(self.stage)
        self.verdict.lost += [f"{key} was acknowledged and is gone" for key in gone]
        self.verdict.unbalanced += await out_of_balance(self.stage)

    async def _settle(self, busy: asyncio.Task[None]) -> None:
        before = set(marked(self.stage.marker))
        async with started(self.stage, seed=self._seed()) as house:
            await house.opened()
            left = before & set(marked(self.stage.marker))
            self.verdict.orphans += [f"process {each.pid} survived the restart" for each in left]
            await asyncio.wait([busy], timeout=SETTLED_WITHIN_S)
            if not busy.done():
                busy.cancel()  # the oracle says what is missing
            await self._quiet()
            await house.close(DRAINED_WITHIN_S)
        self._count_left_over()

    async def _quiet(self) -> None:
        """Returns when nothing is on its way, or when it has had the time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(QUIET_WITHIN_S):
                while not await is_quiet(self.stage):  # noqa: ASYNC110  another process tells nobody
                    await asyncio.sleep(0.1)

    def _count_left_over(self) -> None:
        self.verdict.orphans += [f"process {pid} outlived its house" for pid in left_over(self.stage)]

    def keep(self) -> None:
        """Leave the directory to be looked at, as after a failure."""
        self.kept = True

    async def judged(self) -> Verdict:
        """What came of it."""
        self.verdict.add(judge(await Evidence.read(self.stage, self.crowd.wishes)))
        return self.verdict

    def _seed(self) -> int:
        return self.random.randrange(2**31)


class NotReached(Exception):
    """The load did not pass the point: the test tested nothing."""


@asynccontextmanager
async def lane(
    seed: int,
    *,
    lookup: bool = True,
    at_once: int = 3,
    grace_s: float = 0.5,
    postgres: str = "",
    drain_s: float = 1.0,
    topics: bool = False,
    schedules: bool = False,
) -> AsyncGenerator[Lane]:
    """A fresh stage; gone afterwards, unless something failed on it.

    ``at_once``: conversations beside each other; 0 is one piece of work that outlasts every drain.
    """
    directory = Path(tempfile.mkdtemp(prefix="frontdesk-kill-"))
    stage = build(Stage(directory, lookup, postgres, drain_s, topics, schedules), grace_s=grace_s)
    one = Lane(stage, Random(seed), at_once=at_once)  # noqa: S311  a repeatable run, no secret
    try:
        yield one
    finally:
        one.crowd.go_home()
        await clean_up(stage)
    if not one.kept and not one.verdict.failures(lookup=lookup):
        shutil.rmtree(directory)
