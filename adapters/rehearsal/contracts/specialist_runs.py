"""What runs keep: one end, one session, money that adds up, and no process left behind."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Final
from uuid import uuid4

from adapters.rehearsal.contracts.specialist_checking import (
    BLUE,
    HELLO,
    LONG,
    RECALL,
    SHORT,
    Checks,
    OpenSubject,
    again,
    nothing_left,
    watch,
)
from bot.errors import Reason, SpecialistError
from bot.model.dispatches import ParkReason
from bot.model.events import End, Finished, Parked, Used
from bot.ports import Ability

checks: Final = Checks()


@checks.about()
async def a_run_starts_first_and_ends_exactly_once(open_subject: OpenSubject) -> None:
    subject = await open_subject()
    run = await watch(subject, HELLO)
    last = await run.rest()
    assert isinstance(last, Finished), last
    assert last.end is End.DONE
    assert "hello" in last.text.casefold()
    assert run.started.session == subject.work.session
    await nothing_left(subject)


@checks.about()
async def after_its_end_a_run_takes_nothing_and_stopping_it_is_harmless(open_subject: OpenSubject) -> None:
    subject = await open_subject()
    run = await watch(subject, HELLO)
    await run.rest()
    assert not await run.run.steer("n1", "one more thing")
    assert not await run.run.answer("nothing", BLUE)
    await run.run.cancel("stop", 1.0)
    await nothing_left(subject)


@checks.about()
async def closing_the_events_ends_every_process(open_subject: OpenSubject) -> None:
    subject = await open_subject()
    run = await watch(subject, LONG)
    await run.until(Used)
    await run.events.aclose()
    await nothing_left(subject)


@checks.about()
async def cancelling_whoever_listens_ends_every_process(open_subject: OpenSubject) -> None:
    subject = await open_subject()
    run = await watch(subject, LONG)
    await run.until(Used)
    listening = asyncio.create_task(anext(run.events))  # type: ignore[arg-type]  # a coroutine in fact
    await asyncio.sleep(0)
    listening.cancel()
    await asyncio.wait([listening])
    await run.events.aclose()
    await nothing_left(subject)


@checks.about()
async def a_stopped_run_ends_within_the_grace_and_says_so(open_subject: OpenSubject) -> None:
    subject = await open_subject()
    run = await watch(subject, LONG)
    await run.until(Used)
    await run.run.cancel("stop", 5.0)
    last = await run.rest()
    assert isinstance(last, Finished), last
    assert last.end is End.STOPPED
    await nothing_left(subject)


@checks.about()
async def at_its_time_limit_a_run_parks(open_subject: OpenSubject) -> None:
    subject = await open_subject()
    run = await watch(subject, LONG, limits=replace(subject.work.limits, timeout_s=3.0))
    last = await run.rest()
    assert isinstance(last, Parked), last
    assert last.reason is ParkReason.LIMIT
    await nothing_left(subject)


@checks.about()
async def a_directory_that_is_missing_is_said_before_anything_starts(open_subject: OpenSubject) -> None:
    subject = await open_subject()
    reason = None
    try:
        await watch(subject, HELLO, directory=str(Path(subject.work.directory, "missing")))
    except SpecialistError as error:
        reason = error.reason
    assert reason is Reason.NOT_FOUND


@checks.about()
async def it_says_that_it_is_well(open_subject: OpenSubject) -> None:
    health = await (await open_subject()).specialist.health()
    assert health.ok, health


@checks.about(Ability.RESUME)
async def a_later_run_continues_the_session(open_subject: OpenSubject) -> None:
    subject = await open_subject()
    first = await watch(subject, HELLO)
    await first.rest()
    second = await again(subject, first, RECALL)
    last = await second.rest()
    assert isinstance(last, Finished), last
    assert "say hello" in last.text, last
    assert second.started.session == first.started.session


@checks.about(Ability.RESUME)
async def a_run_that_was_cut_off_goes_on_in_its_session(open_subject: OpenSubject) -> None:
    subject = await open_subject()
    first = await watch(subject, SHORT)
    for _ in range(4):  # begun and ended, twice: by now it is on disk, however lazily that is written
        await first.until(Used)
    await first.events.aclose()
    await nothing_left(subject)
    second = await again(subject, first, SHORT, run=subject.work.run, attempt=2)
    last = await second.rest()
    assert isinstance(last, Finished), last
    assert second.started.session == first.started.session


@checks.about(Ability.RESUME)
async def a_session_that_was_lost_is_replaced_and_that_is_said(open_subject: OpenSubject) -> None:
    subject = await open_subject()
    session = str(uuid4())
    run = await watch(subject, RECALL, session=session, resume=True, summary=f"Before: {HELLO}")
    last = await run.rest()
    assert isinstance(last, Finished), last
    assert run.started.session != session
    assert run.started.note


@checks.about(Ability.COST)
async def money_is_what_this_run_added_to_the_session(open_subject: OpenSubject) -> None:
    subject = await open_subject()
    first = await watch(subject, HELLO)
    before = await first.rest()
    second = await again(subject, first, RECALL)
    after = await second.rest()
    assert before.session_usd is not None
    assert after.session_usd is not None
    assert after.usd is not None
    assert abs(before.session_usd + after.usd - after.session_usd) < 1e-6
