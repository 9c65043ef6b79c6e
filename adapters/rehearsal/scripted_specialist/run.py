"""One run of a scripted session: opening, scene, and exactly one end, after which no process is left."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

from adapters.rehearsal.scripted_specialist.body import Body
from adapters.rehearsal.scripted_specialist.opening import Opening, words_of
from adapters.rehearsal.scripted_specialist.play import Play
from adapters.rehearsal.scripted_specialist.scene import Scene
from adapters.rehearsal.scripted_specialist.waiting import Ended, Time, Waiting
from bot.crash import Point, crash_point
from bot.model.dispatches import Billing
from bot.model.events import End, Event, Finished, Parked, Started
from bot.model.questions import QuestionKind, Reply, Verdict
from bot.ports import Work


class ScriptedRun:
    def __init__(self, work: Work, play: Play, opening: Opening, time: Time, home: Path) -> None:
        self._work = work
        self._play = play
        self._opening = opening
        self._state = opening.transcript.state
        self._home = home
        self._body: Body | None = None
        self._live = False
        self._waiting = Waiting(work.limits, time)
        self._scene = Scene(work, play, opening.transcript, self._waiting, time, self._die)

    async def events(self) -> AsyncGenerator[Event, None]:
        try:
            if self._play.process:
                self._body = await Body.start(self._work, self._home)
                self._body.watch(self._waiting.died)
            crash_point(Point.AFTER_SPAWN)
            yield self._started()
            self._live = True
            last: Finished | Parked = Finished(End.DONE)
            try:
                async for event in self._scene.perform():
                    yield event
            except Ended as ended:
                last = ended.last
            self._live = False
            await self._end_body(0.5)
            yield self._settled(last)
        finally:
            self._live = False
            await self._end_body(0)

    async def answer(self, request: str, reply: Reply) -> bool:
        if not self._live or self._state.waiting != request or self._state.parked:
            return False
        if reply.verdict is Verdict.GRANTED and not reply.allows(self._state.binds):
            return False  # given for another call
        kind = QuestionKind.APPROVAL if self._state.binds else QuestionKind.QUESTION
        self._opening.transcript.append("answered", request=request, text=words_of(kind, reply))
        self._waiting.ring()
        return True

    async def steer(self, note_id: str, text: str) -> bool:
        if not self._live or self._state.parked:
            return False
        self._scene.steer(note_id, text)
        return True

    async def cancel(self, reason: str, grace_s: float) -> None:
        self._waiting.stop(reason, grace_s)

    def _started(self) -> Started:
        process = self._body.identity.to_json() if self._body and self._body.identity else None
        return Started(
            self._opening.session,
            model="scripted",
            version="1",
            process=process,
            sandbox="none",
            note=self._opening.note,
        )

    def _settled(self, last: Finished | Parked) -> Finished | Parked:
        """With money, notes and the last words."""
        text = last.text or (self._state.words if isinstance(last, Finished) else "")
        return replace(
            last,
            text=text,
            usd=self._scene.usd,
            session_usd=self._state.usd,
            billing=Billing.ESTIMATED,
            consumed=tuple(self._scene.consumed),
        )

    async def _die(self) -> None:
        if self._body is not None:
            await self._body.kill()

    async def _end_body(self, grace_s: float) -> None:
        body, self._body = self._body, None
        if body is not None:
            await body.end(grace_s)
