"""Performs a scene: every step is marked when it begins and when it is done, so that none is done twice.

A step's events are handed out before it is marked as done: what a crash cuts off is done once more, and first
looks at what is there already, as an agent does that was told it had been interrupted.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final, assert_never

from adapters.rehearsal.scripted_specialist import play as p
from adapters.rehearsal.scripted_specialist.opening import GRANTED
from adapters.rehearsal.scripted_specialist.transcript import Transcript
from adapters.rehearsal.scripted_specialist.waiting import Ended, Time, Waiting, at_limit
from bot.crash import Point, crash_point
from bot.errors import Reason
from bot.model.dispatches import ParkReason, Step, StepState
from bot.model.events import (
    Asked,
    Denied,
    End,
    Event,
    Finished,
    Made,
    Noticed,
    NoticeKind,
    Parked,
    Planned,
    Said,
    Spent,
    Used,
)
from bot.model.questions import Ask, Option, QuestionKind, approval_of
from bot.ports import Work

MOST_NOTES: Final = 3
_CHUNK: Final = 16 * 1024

Events = AsyncGenerator[Event, None]


class Scene:
    """The scene that the transcript is in, for one run."""

    def __init__(
        self,
        work: Work,
        play: p.Play,
        transcript: Transcript,
        waiting: Waiting,
        time: Time,
        die: Callable[[], Awaitable[None]],
    ) -> None:
        self._work = work
        self._play = play
        self._transcript = transcript
        self._state = transcript.state
        self._waiting = waiting
        self._time = time
        self._die = die
        self._steered: dict[str, str] = {}
        self._urgent = 0
        self.consumed: list[str] = []

    def steer(self, note_id: str, text: str) -> None:
        """Read when the step at work is done."""
        if note_id not in self._state.notes:
            self._steered[note_id] = text

    async def perform(self) -> Events:
        """To the end of the scene; raises Ended where the run ends before that."""
        steps = self._play.steps(self._state.rule)
        while self._state.position < len(steps):
            self._waiting.check()
            self._read_notes()
            step = steps[self._state.position]
            if self._applies(step):
                self._transcript.append("begun", step=self._state.step, what=type(step).__name__)
                async for event in self._do(step):
                    self._waiting.wrote(len(event.text) if isinstance(event, Said) else 0)
                    yield event
                    if not isinstance(event, Noticed):
                        self._waiting.heard()
            self._transcript.append("done", step=self._state.step)
        self._transcript.append("ended")

    def _read_notes(self) -> None:
        for id, text in self._steered.items():
            self._transcript.append("note", id=id, text=text)
            self.consumed.append(id)
        self._steered.clear()

    def _applies(self, step: p.Step) -> bool:
        return not step.only_if or re.search(step.only_if, self._state.answer, re.IGNORECASE) is not None

    async def _do(self, step: p.Step) -> Events:
        match step:
            case p.Say(say=text):
                yield self._say(self._filled(text))
            case p.Use():
                async for event in self._use(step):
                    yield event
            case p.Plan(plan=lines):
                yield self._planned([Step(str(n), text) for n, text in enumerate(lines, 1)])
            case p.Tick(tick=line):
                done = [replace(s, state=StepState.DONE) if s.text == line else s for s in self._state.plan]
                yield self._planned(done)
            case p.Write():
                async for event in self._write(step):
                    yield event
            case p.Ask():
                async for event in self._ask(self._question(step), ParkReason.QUESTION):
                    yield event
            case p.Approve(approve=tool, input=given):
                async for event in self._approve(tool, dict(given)):
                    yield event
            case p.Tell(note=text):
                self._urgent += 1
                if self._urgent <= MOST_NOTES:
                    yield Noticed(NoticeKind.URGENT, self._filled(text))
            case p.Make(make=name, text=text):
                yield Made(name, self._filled(text).encode(), "text/plain")
            case p.Spend():
                yield self._spend(step)
                self._check_money()
            case p.Deny(deny=tool, what=what, remedy=remedy):
                yield Denied(tool, what, remedy)
            case p.Fail() | p.Crash() | p.AtLimit() | p.RateLimit():
                await self._trouble(step)
            case p.Hang():
                async for event in self._waiting.pause(None, deaf=True):
                    yield event
            case p.Silence(silence=seconds):
                async for event in self._waiting.pause(seconds):
                    yield event
            case p.Flood(flood=size):
                for sent in range(0, size, _CHUNK):
                    yield Said("x" * min(_CHUNK, size - sent))
            case _:
                assert_never(step)

    # ── words and tools ──────────────────────────────────────────────────────────────────────────────────

    def _say(self, text: str) -> Said:
        self._waiting.turn()
        self._transcript.append("said", text=text)
        return Said(text)

    async def _use(self, step: p.Use) -> Events:
        self._waiting.turn()
        title = self._filled(step.use)
        yield Used(step.tool, title, call=title)
        async for event in self._waiting.pause(step.seconds):
            yield event
        yield Used(step.tool, title, ok=step.ok)

    def _planned(self, steps: list[Step]) -> Planned:
        """The first open line is the one at work."""
        at_work = next((s for s in steps if s.state in (StepState.OPEN, StepState.ACTIVE)), None)
        shown = tuple(replace(s, state=StepState.ACTIVE) if s is at_work else s for s in steps)
        self._transcript.append("planned", steps=[[s.id, s.text, s.state.value] for s in shown])
        return Planned(shown)

    async def _write(self, step: p.Write) -> Events:
        self._waiting.turn()
        path, text = self._filled(step.write), self._filled(step.text)
        if self._work.permission_mode == "plan":
            yield Denied("Write", path, _ALLOW_EDITS.format(project=self._work.project))
            return
        if self._work.permission_mode == "default":
            async for event in self._approve("Write", {"file_path": path, "content": text}):
                yield event
            if self._state.answers.get(self._state.request) != GRANTED:
                return
        title = f"Write {path}"
        yield Used("Write", title)
        ok = _put(Path(self._work.directory), path, text, append=step.append)
        yield Used("Write", title, ok=ok)

    def _spend(self, step: p.Spend) -> Spent:
        self._transcript.append("spent", usd=step.spend)
        return Spent(self.usd, step.context)

    @property
    def usd(self) -> float:
        """Of this run, and of attempts of it that died."""
        return max(0.0, self._state.usd - self._work.session_usd)

    def _check_money(self) -> None:
        limit = self._work.limits.usd
        if limit is not None and self.usd >= limit:
            self._transcript.append("done", step=self._state.step)  # it is paid
            words = f"It used up its budget of ${limit:.2f}."
            raise Ended(Parked(ParkReason.BUDGET, text=words))

    async def _trouble(self, step: p.Fail | p.Crash | p.AtLimit | p.RateLimit) -> None:
        """As often as the play says, over all runs of the session; then the step is passed."""
        times = step.crash if isinstance(step, p.Crash) else step.times
        if self._state.trouble[self._state.step] >= times:
            return
        self._transcript.append("trouble")
        match step:
            case p.Fail(fail=reason, detail=detail):
                raise Ended(Finished(End.FAILED, reason=reason, detail=detail))
            case p.Crash():
                await self._die()
                raise Ended(Finished(End.FAILED, reason=Reason.CRASHED, detail="It ended without a result."))
            case p.AtLimit(limit=words):
                raise at_limit(words)
            case p.RateLimit(rate_limit=seconds):
                resume_at = self._time.now() + timedelta(seconds=seconds)
                raise Ended(
                    Parked(ParkReason.RATE_LIMIT, resume_at=resume_at, text="Its provider said: wait.")
                )

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────

    async def _approve(self, tool: str, given: dict[str, object]) -> Events:
        filled = {k: self._filled(v) if isinstance(v, str) else v for k, v in given.items()}
        canonical = json.dumps(filled, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        shown = approval_of(tool, canonical, self._work.directory)
        asks = (Ask(shown.hash, f"May I use {tool}?"),)
        asked = Asked(self._state.request, QuestionKind.APPROVAL, asks, shown)
        async for event in self._ask(asked, ParkReason.APPROVAL):
            yield event

    def _question(self, step: p.Ask) -> Asked:
        text = self._filled(step.ask)
        options = tuple(Option(label) for label in step.options)
        asks = (Ask(text, text, options, step.multiple),)
        return Asked(self._state.request, QuestionKind.QUESTION, asks, default=step.default)

    async def _ask(self, asked: Asked, reason: ParkReason) -> Events:
        """Until it is answered; raises Ended when nobody answers a live run in time."""
        if asked.request in self._state.answers:
            return
        parked_before = self._state.parked and self._state.waiting == asked.request
        if self._state.waiting != asked.request:
            binds = asked.approval.hash if asked.approval else ""
            self._transcript.append("asks", request=asked.request, binds=binds)
        yield asked
        answered = not parked_before and await self._waiting.person(
            lambda: asked.request in self._state.answers
        )
        if not answered:
            self._transcript.append("parked")
            crash_point(Point.AFTER_DEFER)
            raise Ended(Parked(reason, request=asked.request))

    # ── texts ────────────────────────────────────────────────────────────────────────────────────────────

    def _filled(self, text: str) -> str:
        state = self._state
        values = {
            **self._play.values,
            **self._play.groups(state.rule, state.prompt),
            "prompt": state.prompt,
            "first": state.first,
            "answer": state.answer,
            "turn": str(len(state.told)),
            "notes": "; ".join(state.notes.values()),
            "run": self._work.run,
        }
        return re.sub(r"\{\{(\w+)\}\}", lambda match: values.get(match[1], match[0]), text)


_ALLOW_EDITS: Final = 'Set permission_mode = "acceptEdits" in [projects.{project}] to allow it.'


def _put(directory: Path, name: str, text: str, *, append: bool) -> bool:
    """Write below the directory only; False when it would be elsewhere. Looks first whether it is done."""
    path = (directory / name).resolve()
    if not path.is_relative_to(directory.resolve()):
        return False
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if append and not before.endswith(text):
        text = before + text
    elif append:
        return True
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True
