"""What the app is to hear of, each until it is acknowledged, and again when it is not.

An event that nobody acknowledges comes again at once, after a minute and after five; a press, a form and a
slash command come once, and the person sees a warning. https://docs.slack.dev/apis/events-api/#retries
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.rehearsal.slack_api.refusals import Json
from adapters.rehearsal.slack_api.workspace import Workspace

EVENT: Final = "events_api"
INTERACTIVE: Final = "interactive"
SLASH: Final = "slash_commands"

Send = Callable[["Envelope"], Awaitable[None]]


@dataclass(slots=True)
class Envelope:
    id: str
    kind: str
    payload: Json
    tries: int = 0  # so often it was sent
    failures: int = 0  # so many of these are known to have failed
    answer: Json | None = None  # what the acknowledgement carried
    acknowledged: bool = False

    def wire(self) -> Json:
        retry: Json = {"retry_attempt": self.tries - 1, "retry_reason": "timeout" if self.tries > 1 else ""}
        return {
            "type": self.kind,
            "envelope_id": self.id,
            "payload": self.payload,
            "accepts_response_payload": self.kind != EVENT,
            **(retry if self.kind == EVENT else {}),
        }


@dataclass
class Delivery:
    """In the order in which things happened; a try that fails is repeated behind what came later."""

    slack: Workspace
    envelopes: dict[str, Envelope] = field(default_factory=dict[str, Envelope])
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    _queue: asyncio.Queue[Envelope] = field(default_factory=asyncio.Queue[Envelope])
    _waiting: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def add(self, kind: str, payload: Json) -> Envelope:
        envelope = Envelope(self.slack.next_id("env-"), kind, payload)
        self.envelopes[envelope.id] = envelope
        self._queue.put_nowait(envelope)
        self.slack.record.add("envelope", id=envelope.id, of=kind, payload=payload)
        return envelope

    def repeat(self, envelope: Envelope) -> None:
        """Once more, although it was acknowledged."""
        self._queue.put_nowait(envelope)

    def drop(self) -> None:
        """The app has seen all that."""
        while not self._queue.empty():
            envelope = self._queue.get_nowait()
            envelope.acknowledged = True

    async def run(self, send: Send) -> None:
        """Hand each to ``send`` while somebody is connected, until cancelled."""
        try:
            while True:
                envelope = await self._queue.get()
                await self.connected.wait()
                envelope.tries += 1
                self.slack.record.add("sent", id=envelope.id)
                await send(envelope)
        finally:
            for task in self._waiting:
                task.cancel()
            await asyncio.gather(*self._waiting, return_exceptions=True)

    def acknowledge(self, id: str, answer: Json | None = None) -> None:
        envelope = self.envelopes.get(id)
        if envelope is not None and not envelope.acknowledged:
            envelope.acknowledged, envelope.answer = True, answer
            self.slack.record.add("acknowledged", id=id, answer=answer)

    def failed(self, envelope: Envelope) -> None:
        """It comes again by the schedule, if it is an event."""
        schedule = self.slack.rules.retry_after_s
        if envelope.acknowledged or envelope.kind != EVENT or envelope.failures == envelope.tries:
            return
        envelope.failures = envelope.tries
        if envelope.tries <= len(schedule):
            self._spawn(self._again(schedule[envelope.tries - 1], envelope))

    def watch(self, envelope: Envelope) -> None:
        """By the time it should be acknowledged, see whether it was."""
        self._spawn(self._fail_later(envelope))

    async def _fail_later(self, envelope: Envelope) -> None:
        await asyncio.sleep(self.slack.rules.answer_within_s)
        self.failed(envelope)

    async def _again(self, after_s: float, envelope: Envelope) -> None:
        await asyncio.sleep(after_s)
        self._queue.put_nowait(envelope)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)
