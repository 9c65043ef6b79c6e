"""Which kills are made, on how many stages beside each other, and the sum of what came of them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final, cast

from bench.kill.killing import HouseFailed
from bench.kill.lanes import AtPoint, AtTime, Kill, NotReached, lane
from bench.kill.oracle import Verdict
from bot.crash import Point

GROUP: Final = 5
"""Kills in a row; one more and the house would call a run that lived through all of them poisonous."""

_FREQUENT: Final = {Point.AFTER_EVENT: 20, Point.BEFORE_SEND: 8, Point.AFTER_SEND: 8, Point.AFTER_MARK: 8}
_WITH_PEOPLE: Final = {Point.AFTER_ANSWER: 5.0, Point.AFTER_DEFER: 0.2, Point.BEFORE_PARK_COMMIT: 0.2}
"""Points that people must be quick or slow for: with the seconds that a run waits for them."""


_BY_THE_CLOCK: Final = (Point.AFTER_FIRING, Point.AFTER_FIRED)


@dataclass(frozen=True, slots=True)
class Plan:
    """Kills on one stage."""

    name: str
    kills: tuple[Kill, ...]
    lookup: bool = True
    at_once: int = 3  # conversations beside each other
    grace_s: float = 0.5  # how long a run waits for a person
    topics: bool = False  # whether its platform has them
    schedules: bool = False  # whether something fires all the time


@dataclass
class Total:
    kills: int = 0
    verdict: Verdict = field(default_factory=Verdict)
    broken: list[str] = field(default_factory=list[str])  # what kept the test itself from its work


def at_point(point: Point, times: int, random: Random) -> Iterator[Plan]:
    """A migration is met once in a database's life, so each of its kills has a stage of its own."""
    if point is Point.MID_MIGRATION:
        yield from (Plan(point, (AtPoint(point),), at_once=1) for _ in range(times))
        return
    most = _FREQUENT.get(point, 1 if point in _WITH_PEOPLE else 3)
    kills = tuple(AtPoint(point, random.randint(1, most)) for _ in range(times))
    yield Plan(
        point,
        kills,
        grace_s=_WITH_PEOPLE.get(point, 0.5),
        topics=point is Point.AFTER_TOPIC,
        schedules=point in _BY_THE_CLOCK,
    )


def at_random(times: int, stages: int, random: Random, *, lookup: bool = True) -> Iterator[Plan]:
    """Most while it works, some while it starts."""
    for stage in range(stages):
        share = times // stages + (stage < times % stages)
        kills = tuple(AtTime(random.uniform(0.05, 1.5), random.random() < 0.75) for _ in range(share))
        yield Plan("at random", kills, lookup=lookup)


def everything(random: Random) -> list[Plan]:
    plans = [plan for point in Point for plan in at_point(point, 20, random)]
    return [*plans, *at_random(200, 8, random), *without_look_up(random)]


def without_look_up(random: Random) -> Iterator[Plan]:
    """The same house on a platform that cannot say whether a message has arrived."""
    for point in (Point.BEFORE_SEND, Point.AFTER_SEND, Point.AFTER_MARK):
        for plan in at_point(point, 10, random):
            yield Plan(plan.name, plan.kills, lookup=False)
    yield from at_random(20, 2, random, lookup=False)


async def carry_out(
    plans: Sequence[Plan],
    seed: int,
    report: Callable[[Plan, Total], None],
    *,
    beside: int = os.cpu_count() or 2,
) -> tuple[Total, Total]:
    """The sums with look-up and without; ``report`` hears of every plan that is over."""
    sums = {True: Total(), False: Total()}
    room = asyncio.Semaphore(beside)

    async def one(number: int, plan: Plan) -> None:
        async with room:
            total = await _carry_out(plan, seed + number)
        _add(sums[plan.lookup], total)
        report(plan, total)

    async with asyncio.TaskGroup() as group:
        for number, plan in enumerate(plans):
            group.create_task(one(number, plan))
    return sums[True], sums[False]


async def _carry_out(plan: Plan, seed: int) -> Total:
    total = Total()
    async with lane(
        seed,
        lookup=plan.lookup,
        at_once=plan.at_once,
        grace_s=plan.grace_s,
        topics=plan.topics,
        schedules=plan.schedules,
    ) as one:
        try:
            for start in range(0, len(plan.kills), GROUP):
                await one.suffer(plan.kills[start : start + GROUP])
        except* (HouseFailed, NotReached, TimeoutError) as broken:
            total.broken = [f"{plan.name}: {error!r} on {one.stage.directory}" for error in _flat(broken)]
        total.kills = one.kills
        if total.broken:
            one.keep()
        else:
            total.verdict = await one.judged()
    return total


def _flat(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for one in cast("BaseExceptionGroup[BaseException]", error).exceptions:
            yield from _flat(one)
    else:
        yield error


def _add(total: Total, other: Total) -> None:
    total.kills += other.kills
    total.verdict.add(other.verdict)
    total.broken += other.broken
