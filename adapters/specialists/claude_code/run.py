"""One process run of Claude Code: connected, told what to do, listened to, and never left alive.

::

    events() ── yields ◀── queue ◀── driver: connect ▶ Started ▶ prompt ▶ messages ▶ disconnect ▶ outcome
                                └─── gate and house tools: Asked, Denied, Noticed, Made

Nothing is told to the model before the house has kept ``Started``: a session with a transcript is known.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Final

from claude_agent_sdk import (
    AssistantMessage,
    ClaudeAgentOptions,
    ClaudeSDKError,
    Message,
    RateLimitEvent,
    ResultMessage,
    SystemMessage,
)

from adapters.specialists.child.resources import Verdict
from adapters.specialists.claude_code import approvals, errors
from adapters.specialists.claude_code.connection import Connection
from adapters.specialists.claude_code.gate import Gate
from adapters.specialists.claude_code.house_tools import HouseTools
from adapters.specialists.claude_code.opening import Opening, lost
from adapters.specialists.claude_code.options import Ends
from adapters.specialists.claude_code.outcome import Ledger, Stop, moment
from adapters.specialists.claude_code.payload import table, text
from adapters.specialists.claude_code.settings import ClaudeCodeSettings
from adapters.specialists.claude_code.translate import Translator, size
from bot.crash import Point, crash_point
from bot.model.events import Event, Finished, Noticed, NoticeKind, Parked, Started
from bot.model.questions import Reply
from bot.ports import Work

_STOP_GRACE_S: Final = 8.0
_STRAY_NOTE_S: Final = 2.0
"""How long a steered note may still begin a turn after the last one has ended."""

MakeOptions = Callable[[Opening, Ends], ClaudeAgentOptions]


@dataclass(frozen=True, slots=True)
class Place:
    """Where and how the program runs, as the house is told."""

    sandbox: str
    note: str
    options: MakeOptions
    windows: dict[str, float]  # tokens by model, as far as earlier runs have learned them
    leave: Callable[[], None]  # removes what was written for this run
    bite: Callable[[], Verdict | None]  # the limit of the machine that ended it, if one did


class ClaudeRun:
    def __init__(
        self, work: Work, settings: ClaudeCodeSettings, opening: Opening, place: Place, connection: Connection
    ) -> None:
        self._work = work
        self._settings = settings
        self._opening = opening
        self._place = place
        self._connection = connection
        self._queue: asyncio.Queue[Event] = asyncio.Queue(maxsize=64)
        self._kept = asyncio.Event()  # the house has kept Started
        self._gate = Gate(work, self._queue.put, self._kept, words=opening.words)
        self._tools = HouseTools(work, self._queue.put)
        self._translator = Translator(work.directory, place.windows)
        self._ledger = Ledger(work, settings, opening.paid_usd)
        self._notes: dict[str, str] = {}  # uuid of our message → id of the note that is still unread
        self._killer: asyncio.Task[None] | None = None
        self._listening = False
        self._state: str | None = None  # as the program says: running, requires_action, idle
        self._bytes = 0
        self._deadline = 0.0
        self._heard_at = 0.0
        self._silent = False

    # ── the house's side ─────────────────────────────────────────────────────────────────────────────────

    async def events(self) -> AsyncGenerator[Event, None]:
        self._heard_at = asyncio.get_running_loop().time()
        self._deadline = self._heard_at + self._work.limits.timeout_s
        driver = asyncio.create_task(self._drive(), name=f"claude {self._work.run}")
        try:
            while True:
                event = await self._next()
                yield event
                if isinstance(event, Started):
                    self._kept.set()
                if isinstance(event, Finished | Parked):
                    return
        finally:
            tasks = [driver, *([self._killer] if self._killer else [])]
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def answer(self, request: str, reply: Reply) -> bool:
        return self._gate.answer(request, reply)

    async def steer(self, note_id: str, text: str) -> bool:
        if not self._listening or self._gate.parked or self._ledger.stopped:
            return False
        message_id = str(uuid.uuid5(uuid.UUID(self._opening.session), note_id))  # the same note is read once
        self._notes[message_id] = note_id
        try:
            await self._connection.tell(text, message_id)
        except (ClaudeSDKError, ConnectionError):
            self._notes.pop(message_id, None)
            return False
        return True

    async def cancel(self, reason: str, grace_s: float) -> None:
        self._ledger.stop_words = reason
        await self._stop(Stop.PERSON, grace_s)

    # ── the clock ────────────────────────────────────────────────────────────────────────────────────────

    async def _next(self) -> Event:
        """The next event, or what the clock has to say before it comes."""
        while True:
            try:
                async with asyncio.timeout_at(self._wake_at()):
                    return await self._queue.get()
            except TimeoutError:
                now = asyncio.get_running_loop().time()
            if now >= self._deadline and self._ledger.stopped is None:
                await self._stop(Stop.TIMEOUT, _STOP_GRACE_S)
            elif now >= self._heard_at + self._work.limits.idle_s and self._may_be_silent:
                self._silent = True
                return Noticed(NoticeKind.SILENCE, f"Nothing heard for {self._work.limits.idle_s:g} s.")

    @property
    def _may_be_silent(self) -> bool:
        return not self._silent and not self._gate.waits

    def _wake_at(self) -> float | None:
        times = [self._deadline] if self._ledger.stopped is None else []
        times += [self._heard_at + self._work.limits.idle_s] if self._may_be_silent else []
        return min(times, default=None)

    async def _stop(self, why: Stop, grace_s: float) -> None:
        """Interrupt, so that the turn ends in order; what is left after ``grace_s`` is killed."""
        if self._ledger.stopped is not None:
            return
        self._ledger.stopped = why
        self._killer = asyncio.create_task(self._kill_after(grace_s if self._listening else 0))
        if self._listening:
            await self._connection.interrupt()

    async def _kill_after(self, grace_s: float) -> None:
        await asyncio.sleep(grace_s)
        await self._connection.kill()
        self._kept.set()

    # ── the driver ───────────────────────────────────────────────────────────────────────────────────────

    async def _drive(self) -> None:
        error: Exception | None = None
        at_once = True
        try:
            await self._converse()
            at_once = False
        except Exception as problem:  # noqa: BLE001 (a run's end: whatever it was becomes its outcome)
            error = problem
        finally:
            self._listening = False
            await self._connection.close(at_once=at_once)
            self._ledger.bite = self._place.bite()
            self._place.leave()
        self._ledger.waiting = self._gate.parked
        self._ledger.last_words = self._translator.last_words
        await self._queue.put(self._ledger.outcome(error, self._connection.stderr))

    async def _converse(self) -> None:
        if self._ledger.stopped is not None:
            return
        if self._opening.parked is not None:
            await self._park_again()
            return
        await self._connect()
        if self._opening.resume:
            self._translator.resume(self._work.steps)
        await self._queue.put(self._started())
        await self._kept.wait()
        if self._ledger.stopped is not None:
            return
        self._listening = True
        if self._opening.prompt:
            await self._connection.tell(self._opening.prompt, str(uuid.uuid4()))
        await self._listen()

    async def _park_again(self) -> None:
        """An attempt before this one was cut off after it had parked: no program is needed to say so."""
        await self._queue.put(Started(self._opening.session, sandbox=self._place.sandbox))
        parked = self._opening.parked
        if parked is not None:
            await self._gate.park_again(parked)

    async def _connect(self) -> None:
        try:
            await self._open()
        except ClaudeSDKError as error:
            said = f"{error}\n{self._connection.stderr}"
            if errors.LOST in said and self._opening.resume:
                self._opening = lost(self._work)
                self._ledger.paid_usd = 0.0
            elif errors.IN_USE in said and not self._opening.resume:
                self._opening = self._opening.interrupted()
            else:
                raise
            await self._connection.close(at_once=True)
            await self._open()

    async def _open(self) -> None:
        ends = Ends(self._gate, self._tools.server(), self._connection.note_stderr)
        await self._connection.open(self._place.options(self._opening, ends))

    def _started(self) -> Started:
        identity = self._connection.identity
        return Started(
            self._opening.session,
            model=self._connection.model,
            version=self._connection.version,
            process=identity.to_json() if identity else None,
            sandbox=self._place.sandbox,
            note=" ".join(filter(None, (self._opening.note, self._place.note))),
        )

    async def _listen(self) -> None:
        messages = self._connection.messages()
        patience_s: float | None = None
        while True:
            try:
                async with asyncio.timeout(patience_s):
                    message = await anext(messages)
            except (TimeoutError, StopAsyncIteration):
                return
            await self._hear(message)
            patience_s = None
            if self._is_over and not await self._go_on():
                if not self._notes:
                    return
                patience_s = _STRAY_NOTE_S

    @property
    def _is_over(self) -> bool:
        """A result ends a turn; the run is over when the program says that no turn is owed any more."""
        return self._ledger.result is not None and self._state in ("idle", None)

    async def _go_on(self) -> bool:
        """A call that was approved too late for the model to make it again: tell it so, in words."""
        grant = None if self._ledger.stopped or self._gate.parked else self._gate.unused_grant()
        if grant is None:
            return False
        self._ledger.result = None
        await self._connection.tell(approvals.as_prompt(*grant), str(uuid.uuid4()))
        return True

    async def _hear(self, message: Message) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        self._silent = False
        match message:
            case SystemMessage(subtype="session_state_changed"):
                self._state = text(table(message.data).get("state"))
            case RateLimitEvent() if message.rate_limit_info.status == "rejected":
                self._ledger.resets_at = moment(message.rate_limit_info.resets_at)
            case AssistantMessage():
                self._ledger.said_error = message.error
            case ResultMessage():
                await self._settle(message)
            case _:
                pass
        for event in self._translator.events(message):
            await self._queue.put(event)
        self._bytes += size(message)
        if self._bytes > self._work.limits.output_bytes:
            await self._stop(Stop.OUTPUT, _STOP_GRACE_S)

    async def _settle(self, result: ResultMessage) -> None:
        if result.terminal_reason == "tool_deferred":
            crash_point(Point.AFTER_DEFER)
        self._ledger.result = result
        self._read_notes(result.user_message_uuids or [])
        await self._queue.put(self._translator.settled(result, self._ledger.usd))
        for denial in map(table, result.permission_denials or ()):
            tool, id = text(denial.get("tool_name")), text(denial.get("tool_use_id"))
            if denied := self._gate.denied(tool, table(denial.get("tool_input")), id):
                await self._queue.put(denied)

    def _read_notes(self, message_ids: list[str]) -> None:
        read = [self._notes.pop(id) for id in message_ids if id in self._notes]
        self._ledger.consumed.extend(read)
