"""Kills of one machine after another under load: short ones, and outages until the others have acted."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from adapters.rehearsal.scripted_chat import Platform
from bench.kill.evidence import Evidence, is_quiet
from bench.kill.oracle import posts_out_of_order, unfinished, unsent
from bench.kill.screen import Screen, Shown
from bench.kill.stage import PEOPLE, Stage
from bench.nodes.crowd import Crowd
from bench.nodes.machines import MACHINES, Machine, build
from bot.crash import Point
from bot.model.dispatches import Dispatch, Run, RunState
from bot.model.posts import PostKind
from storage.store import SqlStore

DONE_WITHIN_S: Final = 300.0
OUTAGE_S: Final = 90.0
QUIET_WITHIN_S: Final = 60.0
HELLOS: Final = 12
"""Messages at a time, so that the machine that is to die gets one of the replies to send."""
WAITS: Final = re.compile(r"waits for (runs-\d), which has its session and is not running\. It goes on")


@dataclass
class Sum:
    kills: Counter[str] = field(default_factory=Counter[str])
    messages: int = 0
    lost: list[str] = field(default_factory=list[str])
    doubled: list[str] = field(default_factory=list[str])
    misordered: list[str] = field(default_factory=list[str])
    taken_over_s: list[float] = field(default_factory=list[float])  # unpinned work of a dead node
    told_s: list[float] = field(default_factory=list[float])  # who waits for a dead node's session
    listened_s: list[float] = field(default_factory=list[float])  # a dead listener's successor

    def failures(self) -> Iterator[str]:
        for kind in ("lost", "doubled", "misordered"):
            yield from (f"{kind}: {line}" for line in getattr(self, kind))

    def line(self) -> str:
        kills = " ".join(f"kills_{kind}={n}" for kind, n in sorted(self.kills.items()))
        slowest = {
            name: f"{max(times):.0f}" if times else "none"
            for name, times in (
                ("listened", self.listened_s), ("taken_over", self.taken_over_s), ("told", self.told_s)
            )
        }  # fmt: skip
        return (
            f"{kills} messages={self.messages} lost={len(self.lost)} doubled={len(self.doubled)} "
            f"misordered={len(self.misordered)} "
            + " ".join(f"{name}_max_s={value}" for name, value in slowest.items())
        )


class Campaign:
    def __init__(self, stage: Stage, random: Random, *, at_once: int) -> None:
        self._stage = stage
        self._random = random
        self._at_once = at_once
        self._crowd = Crowd(Platform(stage.journal()), Screen(stage.journal()), random)
        self._machines = {name: Machine(stage, name) for name in MACHINES}
        self._store = SqlStore(stage.postgres)
        self._began = time.monotonic()
        self.sum = Sum()

    async def carry_out(
        self, kinds: list[str], *, outages: int, middle: Callable[[], None] | None = None
    ) -> Sum:
        """Kill one of each kind in turn; in ``outages`` of each it stays away until the others have acted."""
        watching = asyncio.create_task(self._crowd.screen.watch())
        try:
            for machine in self._machines.values():
                await machine.start()
            enough = asyncio.Event()
            busy = asyncio.create_task(self._crowd.keep_busy(self._at_once, enough.is_set))
            for n, kind in enumerate(kinds):
                await self._kill(kind)
                if middle is not None and n == len(kinds) // 2:
                    await asyncio.to_thread(middle)
                self._say_how_far()
            for _ in range(outages):
                await self._outage_of_runs()
                self._say_how_far()
                await self._outage_of_chats()
                self._say_how_far()
            enough.set()
            await asyncio.wait([busy], timeout=DONE_WITHIN_S)
            busy.cancel()
            await asyncio.wait([busy])
            await self._until_quiet()
        finally:
            watching.cancel()
            for machine in self._machines.values():
                await machine.close()
            self._add_up(await Evidence.read(self._stage, self._crowd.wishes))
            await self._store.close()
        return self.sum

    def _say_how_far(self) -> None:
        kills = sum(self.sum.kills.values())
        print(f"{time.monotonic() - self._began:5.0f} s  kills={kills}", flush=True)

    async def _kill(self, kind: str) -> None:
        """A short one: killed in the middle of something, started again after a moment."""
        await asyncio.sleep(self._random.uniform(0.5, 3.0))
        machine = self._machines[self._random.choice([name for name in MACHINES if MACHINES[name] == kind])]
        await machine.kill()
        self.sum.kills[kind] += 1
        if kind == "chats":
            await self._measure_listening()
        await asyncio.sleep(self._random.uniform(0.0, 2.0))
        await machine.start()

    async def _measure_listening(self) -> None:
        """Until the survivor has taken a message, whoever of the two was listening."""
        began = time.monotonic()
        key = self._crowd.platform.writes(PEOPLE[0], "hello", f"probe{len(self.sum.listened_s)}")
        await self._crowd.platform.until(lambda: key in self._crowd.platform.acknowledged(), OUTAGE_S)
        self.sum.listened_s.append(time.monotonic() - began)

    async def _outage_of_runs(self) -> None:
        """Long work begins on a machine, which dies and stays away: whoever waits for it is told."""
        person, where = PEOPLE[0], f"outage{len(self.sum.told_s)}"
        wishes = [self._crowd.ask_for("long", f"{where}-{n}", person) for n in range(8)]
        async with asyncio.timeout(OUTAGE_S):
            machine = self._machines[await self._busiest()]
        await machine.kill()
        self.sum.kills["runs"] += 1
        await self._measure_telling(machine.name)
        await machine.start()
        await asyncio.gather(*(self._crowd.see_through(wish, person) for wish in wishes))

    async def _busiest(self) -> str:
        """The first machine that works on something long."""
        while True:
            async with self._store.reading() as unit:
                for run in await unit.find(Run, state=RunState.RUNNING):
                    dispatch = await unit.get(Dispatch, run.dispatch)
                    if dispatch is not None and "long" in dispatch.title and dispatch.session:
                        return run.node
            await asyncio.sleep(0.2)

    async def _measure_telling(self, node: str) -> None:
        def told() -> bool:
            texts = [each.text for each in self._crowd.screen.messages.values()]
            return any((found := WAITS.search(text)) and found[1] == node for text in texts[known:])

        began, known = time.monotonic(), len(self._crowd.screen.messages)
        await self._crowd.platform.until(told, OUTAGE_S)
        self.sum.told_s.append(time.monotonic() - began)

    async def _outage_of_chats(self) -> None:
        """One dies with a reply in its hands and stays away: the other takes it over."""
        machine = self._machines[
            self._random.choice([name for name in MACHINES if MACHINES[name] == "chats"])
        ]
        await machine.kill()
        await machine.start(crash_at=Point.BEFORE_SEND)
        places = [f"over{len(self.sum.taken_over_s)}-{n}" for n in range(HELLOS)]
        async with asyncio.timeout(OUTAGE_S):
            for where in places:
                self._crowd.platform.writes(PEOPLE[0], "hello", where)
            while not machine.is_dead:  # noqa: ASYNC110  it gives no sign
                await asyncio.sleep(0.05)
        self.sum.kills["chats"] += 2
        began = time.monotonic()
        await asyncio.gather(*(self._crowd.screen.until(where, _first) for where in places))
        self.sum.taken_over_s.append(time.monotonic() - began)
        await machine.start()

    async def _until_quiet(self) -> None:
        ends_at = time.monotonic() + QUIET_WITHIN_S
        while not await is_quiet(self._stage) and time.monotonic() < ends_at:  # noqa: ASYNC110
            await asyncio.sleep(0.2)

    def _add_up(self, evidence: Evidence) -> None:
        known = self.sum
        known.messages = len(evidence.records("event"))
        known.lost += [*unfinished(evidence), *unsent(evidence), *_unseen(evidence)]
        known.doubled += list(_doubled(evidence))
        known.misordered += list(posts_out_of_order(evidence))


def _first(shown: list[Shown]) -> Shown | None:
    return shown[0] if shown else None


def _results(evidence: Evidence) -> Counter[str]:
    """How often each tag's result was shown."""
    keys = {key for key, row in evidence.row_of.items() if row.kind is PostKind.RESULT and row.edits is None}
    tags = [
        tag
        for record in evidence.posted
        if record["key"] in keys
        for tag in re.findall(r"\bfinished (t\d+)\b", evidence.final[record["id"]]["text"])
    ]
    return Counter(tags)


def _unseen(evidence: Evidence) -> Iterator[str]:
    shown = _results(evidence)
    yield from (f"nobody saw the result of {wish.tag}" for wish in evidence.wishes if not shown[wish.tag])
    acknowledged = {record["key"] for record in evidence.records("acknowledged")}
    for event in evidence.records("event"):
        if event["key"] not in acknowledged:
            yield f"the event {event['key']} was never acknowledged"


def _doubled(evidence: Evidence) -> Iterator[str]:
    yield from (f"the result of {tag} was shown {n} times" for tag, n in _results(evidence).items() if n > 1)
    for key, n in Counter(record["key"] for record in evidence.posted).items():
        if n > 1:
            yield f"{key} was posted {n} times"
    for message, dispatches in evidence.dispatch_of.items():
        if len(dispatches) > 1:
            yield f"message {message} led to {len(dispatches)} dispatches"
    waits = [
        (record["where"], found[0], row.dispatch)
        for record in evidence.posted
        if (row := evidence.row_of.get(record["key"])) and (found := WAITS.search(row.post.markdown))
    ]
    for said, n in Counter(waits).items():
        if n > 2:
            yield f"{said} was said {n} times"


@asynccontextmanager
async def campaign(postgres: str, seed: int, *, at_once: int = 2) -> AsyncGenerator[Campaign]:
    """A fresh stage; it is kept to be looked at when something failed on it."""
    directory = Path(tempfile.mkdtemp(prefix="frontdesk-nodes-"))
    stage = build(Stage(directory, postgres=postgres))
    one = Campaign(stage, Random(seed), at_once=at_once)  # noqa: S311  a repeatable run, no secret
    yield one
    if not list(one.sum.failures()):
        shutil.rmtree(directory)
