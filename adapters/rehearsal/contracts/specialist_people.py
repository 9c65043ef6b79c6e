"""What people keep in their hands: answers, approvals, and words to a running session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from adapters.rehearsal.contracts.specialist_checking import (
    BLUE,
    COLOUR,
    DENIED,
    SHORT,
    SOON_S,
    TOUCH,
    Checks,
    OpenSubject,
    Subject,
    again,
    granted,
    nothing_left,
    patience,
    question,
    watch,
    when_waiting,
)
from bot.model.dispatches import ParkReason
from bot.model.events import Asked, End, Finished, Parked, Used
from bot.model.questions import QuestionKind, Reply
from bot.ports import Ability

checks: Final = Checks()


@checks.about(Ability.ASK)
async def a_live_question_takes_its_answer(open_subject: OpenSubject) -> None:
    subject = await open_subject()
    run = await watch(subject, COLOUR, limits=patience(subject, SOON_S))
    asked = await run.asked()
    assert asked.kind is QuestionKind.QUESTION
    assert [option.label for option in asked.asks[0].options] == ["red", "blue"]
    taken, last = await asyncio.gather(when_waiting(run.run, asked, BLUE), run.rest())
    assert taken
    assert isinstance(last, Finished), last
    assert "blue" in last.text


@checks.about(Ability.ASK, Ability.PARK, Ability.RESUME)
async def a_question_that_nobody_answers_parks_and_the_next_run_takes_the_answer(
    open_subject: OpenSubject,
) -> None:
    subject = await open_subject()
    first = await watch(subject, COLOUR, limits=patience(subject, 0.2))
    asked = await first.asked()
    parked = await first.rest()
    assert isinstance(parked, Parked)
    assert (parked.reason, parked.request) == (ParkReason.QUESTION, asked.request)
    assert not await first.run.answer(asked.request, BLUE), "took an answer that it no longer waits for"
    await nothing_left(subject)
    second = await again(subject, first, reply=(question(asked, subject.work), BLUE))
    last = await second.rest()
    assert isinstance(last, Finished), last
    assert "blue" in last.text
    assert second.started.session == first.started.session


@checks.about(Ability.APPROVE)
async def a_call_that_is_granted_is_made(open_subject: OpenSubject) -> None:
    subject, last = await _decide_live(open_subject, granted)
    assert last.end is End.DONE
    assert Path(subject.work.directory, "touched").exists()


@checks.about(Ability.APPROVE)
async def a_call_that_is_denied_is_not_made(open_subject: OpenSubject) -> None:
    subject, _ = await _decide_live(open_subject, lambda _: DENIED)
    assert not Path(subject.work.directory, "touched").exists()


async def _decide_live(
    open_subject: OpenSubject, decide: Callable[[Asked], Reply]
) -> tuple[Subject, Finished]:
    subject = await open_subject()
    run = await watch(subject, TOUCH, limits=patience(subject, SOON_S))
    asked = await run.asked()
    assert asked.kind is QuestionKind.APPROVAL
    assert asked.approval is not None
    assert asked.approval.hash
    assert not Path(subject.work.directory, "touched").exists(), "it did not wait"
    taken, last = await asyncio.gather(when_waiting(run.run, asked, decide(asked)), run.rest())
    assert taken
    assert isinstance(last, Finished), last
    return subject, last


@checks.about(Ability.APPROVE)
async def a_grant_for_another_call_lets_nothing_pass(open_subject: OpenSubject) -> None:
    """Whatever came between the press and the call, only what was shown is allowed."""
    subject = await open_subject()
    run = await watch(subject, TOUCH, limits=patience(subject, 1.0))
    asked = await run.asked()
    other = replace(granted(asked), binds="0" * 64)
    deciding = asyncio.create_task(when_waiting(run.run, asked, other))
    await run.rest()
    deciding.cancel()
    await asyncio.wait([deciding])
    assert not Path(subject.work.directory, "touched").exists()


@checks.about(Ability.APPROVE, Ability.PARK, Ability.RESUME)
async def an_approval_that_comes_late_lets_the_parked_call_pass(open_subject: OpenSubject) -> None:
    subject = await open_subject()
    first = await watch(subject, TOUCH, limits=patience(subject, 0.2))
    asked = await first.asked()
    parked = await first.rest()
    assert isinstance(parked, Parked)
    assert parked.reason is ParkReason.APPROVAL
    await nothing_left(subject)
    second = await again(subject, first, reply=(question(asked, subject.work), granted(asked)))
    last = await second.rest()
    assert isinstance(last, Finished), last
    assert Path(subject.work.directory, "touched").exists()


@checks.about(Ability.STEER)
async def what_is_said_to_a_running_session_is_read_once(open_subject: OpenSubject) -> None:
    subject = await open_subject()
    run = await watch(subject, SHORT)
    await run.until(Used)
    assert await run.run.steer("n1", "mind the tabs")
    last = await run.rest()
    assert last.consumed == ("n1",)
