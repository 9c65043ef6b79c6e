"""How a specialist is checked: words its model must know, a run that is watched, a next one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, cast

from bot.model.events import Asked, Event, Fetched, Finished, Noted, Parked, Started
from bot.model.gathered import Fetch, Finding
from bot.model.questions import Question, Reply, Verdict
from bot.ports import Ability, Limits, Run, Specialist, Work

HELLO: Final = "contract: say hello"
RECALL: Final = "contract: what was said first"
COLOUR: Final = "contract: ask which colour"
TOUCH: Final = "contract: touch a file"
SHORT: Final = "contract: work in short steps"
LONG: Final = "contract: work for long"

SOON_S: Final = 30.0
"""What a specialist may take for anything that is not LONG."""

BLUE: Final = Reply(Verdict.ANSWERED, {"Which colour?": "blue"}, by="Ann")
DENIED: Final = Reply(Verdict.DENIED, {}, text="not today", by="Ann")


@dataclass(frozen=True, slots=True)
class Subject:
    """A specialist to be checked, work that it can do, and a way to see what is left of it."""

    specialist: Specialist
    work: Work  # of a first run: its directories exist, its limits are generous
    leftovers: Callable[[], Awaitable[Sequence[str]]]  # processes of it that still run, in words


OpenSubject = Callable[[], Awaitable[Subject]]
Check = Callable[[OpenSubject], Awaitable[None]]


class Checks(list[tuple[frozenset[Ability], Check]]):
    """Checks, each with the abilities that it is about."""

    def about(self, *needed: Ability) -> Callable[[Check], Check]:
        def add(check: Check) -> Check:
            self.append((frozenset(needed), check))
            return check

        return add


@dataclass
class Watched:
    """A run and what it has said so far."""

    run: Run
    events: AsyncGenerator[Event, None]
    seen: list[Event] = field(default_factory=list[Event])

    async def until(self, kind: type[Event]) -> Event:
        """The next event of that kind; fails when the run ends without one."""
        async with asyncio.timeout(SOON_S):
            async for event in self.events:
                self.seen.append(event)
                if isinstance(event, kind):
                    return event
        raise AssertionError(f"ended without {kind.__name__}: {self.seen}")

    async def asked(self) -> Asked:
        return cast("Asked", await self.until(Asked))

    async def rest(self) -> Finished | Parked:
        """The last event; nothing comes after it."""
        async with asyncio.timeout(SOON_S):
            self.seen += [event async for event in self.events]
        ends = [event for event in self.seen if isinstance(event, Finished | Parked)]
        assert len(ends) == 1, f"must end exactly once: {self.seen}"
        assert self.seen[-1] is ends[0], f"said something after its end: {self.seen}"
        return ends[0]

    @property
    def started(self) -> Started:
        first = self.seen[0]
        assert isinstance(first, Started), f"began with {first}"
        return first


async def watch(subject: Subject, prompt: str = "", **changes: object) -> Watched:
    work = replace(subject.work, prompt=prompt, **changes)  # type: ignore[arg-type]  # fields by name
    run = await subject.specialist.start(work)
    return Watched(run, cast("AsyncGenerator[Event, None]", run.events()))


async def again(subject: Subject, before: Watched, prompt: str = "", **changes: object) -> Watched:
    """The next run in the session of an earlier one."""
    last = before.seen[-1]
    paid = last.session_usd if isinstance(last, Finished | Parked) else None
    known = {"session": before.started.session, "token": before.started.token, "session_usd": paid or 0.0}
    next_run = {"run": f"{subject.work.dispatch}/2", "resume": True, **known}
    return await watch(subject, prompt, **(next_run | gathered(subject.work, before.seen) | changes))


def gathered(work: Work, seen: Sequence[Event]) -> dict[str, Any]:
    """Fields of the next run's work: the pages and notes that runs told of, as the house gives them back."""
    known = {"dispatch": work.dispatch, "run": work.run}
    pages = [event for event in seen if isinstance(event, Fetched)]
    notes = [event for event in seen if isinstance(event, Noted)]
    at = datetime.now(UTC)
    return {
        "fetches": tuple(Fetch(id=f"f{n}", **known, **asdict(page)) for n, page in enumerate(pages)),
        "findings": tuple(Finding(id=f"n{n}", **known, at=at, **asdict(it)) for n, it in enumerate(notes)),
    }


async def nothing_left(subject: Subject) -> None:
    left = await subject.leftovers()
    assert not left, f"still running: {', '.join(left)}"


def patience(subject: Subject, grace_s: float) -> Limits:
    return replace(subject.work.limits, grace_s=grace_s)


def question(asked: Asked, work: Work) -> Question:
    return Question(
        id="q1",
        dispatch=work.dispatch,
        run=1,
        conversation="c1",
        kind=asked.kind,
        request=asked.request,
        asks=asked.asks,
        asked_at=datetime.now(UTC),
        approval=asked.approval,
    )


async def when_waiting(run: Run, asked: Asked, reply: Reply) -> bool:
    """Answer as the house does: it may be a moment after the question before somebody waits for it."""
    ends_at = asyncio.get_running_loop().time() + SOON_S
    while not (taken := await run.answer(asked.request, reply)):
        if asyncio.get_running_loop().time() > ends_at:
            break
        await asyncio.sleep(0.01)
    return taken


def granted(asked: Asked) -> Reply:
    """What a press says: this call, and no other."""
    assert asked.approval is not None
    return Reply(Verdict.GRANTED, {}, by="Ann", binds=asked.approval.hash)
