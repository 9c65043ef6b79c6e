"""The kill test in its short form: every crash point, drains and a lost engine, under load."""

from __future__ import annotations

from random import Random

import pytest

from bench.kill.campaign import Plan, Total, at_point, carry_out
from bench.kill.lanes import AtPoint, AtTime, Lane, Told, lane
from bench.kill.stage import Stage
from bot.app import DRAIN_S
from bot.crash import Point
from storage.engine import sync_engine
from storage.tables import metadata
from tests.engines import drop_engine_tables

TIMES = 1
SEED = 20

WITH_PEOPLE = (Point.AFTER_ANSWER, Point.AFTER_DEFER, Point.BEFORE_PARK_COMMIT)
GROUPS = [
    (Point.AFTER_INSERT, Point.AFTER_ACK, Point.AFTER_MODEL, Point.AFTER_APPLY, Point.AFTER_SPAWN),
    (Point.AFTER_EVENT, Point.AFTER_RESULT, Point.BEFORE_SEND, Point.AFTER_SEND, Point.AFTER_MARK),
    WITH_PEOPLE[:1],
    WITH_PEOPLE[1:],
    (Point.AFTER_RESERVE, Point.BEFORE_SETTLE, Point.AFTER_SETTLE),
    (Point.AFTER_TOPIC,),
    (Point.AFTER_FIRING, Point.AFTER_FIRED),
    (Point.MID_MIGRATION,),
]


def assert_nothing_came_of_it(one: Lane) -> None:
    assert one.verdict.failures(lookup=one.stage.lookup) == []


def plan_of(points: tuple[Point, ...], random: Random) -> list[Plan]:
    """One stage for all the points, which are met in turn."""
    plans = [plan for point in points for plan in at_point(point, TIMES, random)]
    if points == (Point.MID_MIGRATION,):
        return plans
    kills = tuple(kill for pair in zip(*(plan.kills for plan in plans), strict=True) for kill in pair)
    plan = plans[0]
    return [
        Plan(
            " ".join(points),
            kills,
            at_once=2,
            grace_s=plan.grace_s,
            topics=plan.topics,
            schedules=plan.schedules,
        )
    ]


@pytest.mark.parametrize("points", GROUPS, ids=" ".join)
async def test_a_kill_at_any_point_loses_and_doubles_nothing(points: tuple[Point, ...]) -> None:
    """Killed there under load, the house finishes everything once, in order, and leaves no process."""
    failures: list[str] = []

    def report(plan: Plan, total: Total) -> None:
        failures.extend([*total.broken, *total.verdict.failures(lookup=plan.lookup)])

    total, _ = await carry_out(plan_of(points, Random(SEED)), SEED, report)
    assert failures == []
    assert total.kills == TIMES * len(points)


def test_every_point_has_its_kills() -> None:
    """A new crash point is killed at as soon as it has a name."""
    assert sorted(point for group in GROUPS for point in group) == sorted(Point)


def drop_the_engine(stage: Stage) -> None:
    sql = sync_engine(stage.database)
    try:
        drop_engine_tables(sql, {*metadata.tables, "alembic_version"})
    finally:
        sql.dispose()


@pytest.mark.full
@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.full])]
)
async def test_without_the_engine_s_tables_nothing_is_lost(
    database: str, request: pytest.FixtureRequest
) -> None:
    """Killed in the middle of the work, and every table of the engine gone: our rows bring all of it back."""
    url = request.getfixturevalue("postgres_server").create() if database == "postgres" else ""
    async with lane(SEED, at_once=2, postgres=url) as one:
        await one.suffer([AtPoint("after_event", 5), AtTime(1.0)], meanwhile=drop_the_engine)
        await one.judged()
        assert_nothing_came_of_it(one)


@pytest.mark.full
async def test_restarts_by_sigterm_under_load_lose_nothing() -> None:
    """Told to end again and again, it ends in time with exit code 0, leaves no process, and goes on later."""
    async with lane(SEED, at_once=2, grace_s=5.0) as one:
        await one.suffer([Told(0.3), Told(0.8), Told(1.3), Told(0.1)])
        await one.judged()
        assert_nothing_came_of_it(one)


@pytest.mark.full
async def test_work_that_takes_longer_than_the_drain_is_put_back_in_time() -> None:
    """With its real drain time the house ends within 25 s; the interrupted work is finished afterwards."""
    async with lane(SEED, at_once=0, drain_s=DRAIN_S) as one:
        await one.suffer([Told(2.0, within_s=25.0)])
        await one.judged()
        assert_nothing_came_of_it(one)
