"""Decides about every tool call of one run: pass, ask a person, park, or refuse with a remedy.

::

    PreToolUse hook ──▶ forbidden path, question in a subagent ──▶ deny, and say what would help
         │ ├─ AskUserQuestion ──▶ Asked, wait the grace time ──▶ allow with the answers │ defer: the run parks
         │ └─ an approval was asked for exactly this call ──▶ defer: the run parks
         ▼
    Claude Code's own rules ──▶ pass │ deny
         ▼ a person is needed
    can_use_tool ──▶ granted before: once ──▶ Asked, wait the grace time ──▶ allow │ deny: "call it again"

Claude Code decides which calls need a person, so its rules are not written a second time; but only the hook
can defer, which is why a call that nobody approved in time is made twice. A session that was parked asks its
waiting call again through can_use_tool alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from claude_agent_sdk import PermissionResultAllow, PermissionResultDeny, ToolPermissionContext
from claude_agent_sdk.types import HookContext, HookInput, SyncHookJSONOutput

from adapters.specialists.claude_code import approvals, questions
from adapters.specialists.claude_code.paths import Fence
from adapters.specialists.claude_code.payload import Payload, table, text
from adapters.specialists.claude_code.titles import title
from adapters.specialists.claude_code.transcripts import Deferred
from bot.model.events import Asked, Denied, Event
from bot.model.questions import Approval, QuestionKind, Reply, Verdict
from bot.ports import Work

Emit = Callable[[Event], Awaitable[None]]
Permission = PermissionResultAllow | PermissionResultDeny
_READ_ONLY: Final = 'set permission_mode = "acceptEdits" in [projects.{project}] in frontdesk.toml'


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the run parked with: the id under which a person was asked."""

    kind: QuestionKind
    request: str


class Gate:
    """One run's decisions. ``words`` answer a waiting call that the person chose not to answer."""

    def __init__(self, work: Work, emit: Emit, ready: asyncio.Event, *, words: str = "") -> None:
        self._work = work
        self._emit = emit
        self._ready = ready  # no call passes before the house has kept that the run began
        self._words = words
        self._fence = Fence.of(work)
        self._dialog = asyncio.Lock()
        self._live: tuple[str, asyncio.Future[Reply]] | None = None
        self._unanswered: dict[str, str] = {}  # hash → request: asked, and nobody came in time
        self._decided: dict[str, Reply] = {}  # hash → what a person said, used up by one call
        self._shown: dict[str, Approval] = {}
        self._settled: set[str] = set()  # tool_use ids a person or we have dealt with
        self.parked: Waiting | None = None
        self._take_reply()

    def _take_reply(self) -> None:
        question, reply = self._work.reply or (None, None)
        if question and reply and question.approval and _is_about(reply, question.approval.hash):
            self._decided[question.approval.hash] = reply

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────

    @property
    def waits(self) -> bool:
        """A person is being asked right now."""
        return self._live is not None

    def answer(self, request: str, reply: Reply) -> bool:
        """Hand over a reply; False when nobody here waits for it any more."""
        if self._live and self._live[0] == request and not self._live[1].done():
            self._live[1].set_result(reply)
            return True
        for digest, asked in list(self._unanswered.items()):
            if asked == request and self.parked is None and _is_about(reply, digest):
                del self._unanswered[digest]
                self._decided[digest] = reply
                return True
        return False

    def unused_grant(self) -> tuple[Approval, Reply] | None:
        """A call that was approved while the model had gone on without it; given out once."""
        for digest, reply in self._decided.items():
            if reply.verdict is Verdict.GRANTED and digest in self._shown:
                return self._shown.pop(digest), reply
        return None

    async def park_again(self, waiting: Deferred) -> None:
        """Ask once more what an earlier attempt asked, under the same id, and wait without a program."""
        if waiting.tool == questions.TOOL:
            await self._emit(Asked(waiting.id, QuestionKind.QUESTION, questions.asks(waiting.input)))
            self.parked = Waiting(QuestionKind.QUESTION, waiting.id)
            return
        shown = await self._approval(waiting.tool, waiting.input)
        ask = approvals.as_ask(shown)
        await self._emit(Asked(waiting.first_id, QuestionKind.APPROVAL, (ask,), approval=shown))
        self.parked = Waiting(QuestionKind.APPROVAL, waiting.first_id)

    async def _wait(self, asked: Asked) -> Reply | None:
        """The reply of a person; None when the grace time is over."""
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._live = (asked.request, reply)
        try:
            await self._emit(asked)
            async with asyncio.timeout(self._work.limits.grace_s):
                return await reply
        except TimeoutError:
            return None
        finally:
            self._live = None

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[bool]:
        """One dialog at a time; False for those that stood behind one nobody answered."""
        stood_behind = self._dialog.locked()
        async with self._dialog:
            yield self.parked is None and not (stood_behind and self._unanswered)

    # ── the hook ─────────────────────────────────────────────────────────────────────────────────────────

    async def before_tool(
        self, seen: HookInput, _id: str | None, _context: HookContext
    ) -> SyncHookJSONOutput:
        await self._ready.wait()
        call = table(seen)
        tool, given, id = (
            text(call.get("tool_name")),
            table(call.get("tool_input")),
            text(call.get("tool_use_id")),
        )
        inside_subagent = bool(call.get("agent_id"))
        if path := self._fence.forbidden(tool, given):
            return await self._refuse(
                tool, given, id, f"{path} belongs to the house and is off limits to every run."
            )
        if words := self._take_words():
            self._settled.add(id)
            return _deny(words)
        if tool == questions.TOOL:
            return await self._hook_question(given, id, inside_subagent)
        return await self._hook_approval(tool, given, id, inside_subagent)

    async def _refuse(self, tool: str, given: Payload, id: str, why: str) -> SyncHookJSONOutput:
        self._settled.add(id)
        await self._emit(Denied(tool, title(tool, given, self._work.directory), _NO_REMEDY))
        return _deny(why)

    async def _hook_question(self, given: Payload, id: str, inside_subagent: bool) -> SyncHookJSONOutput:
        self._settled.add(id)
        if inside_subagent:
            await self._emit(Denied(questions.TOOL, "a question from a subagent", _ASK_IN_MAIN))
            return _deny(questions.NOT_IN_A_SUBAGENT)
        if reply := self._reply_to(id):
            return _allow(questions.answered(given, reply))
        async with self._turn() as free:
            if not free:
                return _deny(questions.ONE_AT_A_TIME)
            if reply := await self._wait(Asked(id, QuestionKind.QUESTION, questions.asks(given))):
                return _allow(questions.answered(given, reply))
            self.parked = Waiting(QuestionKind.QUESTION, id)
            return _DEFER

    async def _hook_approval(
        self, tool: str, given: Payload, id: str, inside_subagent: bool
    ) -> SyncHookJSONOutput:
        if not self._unanswered or inside_subagent:
            return {}
        shown = await self._approval(tool, given)
        request = self._unanswered.get(shown.hash)
        if request is None:
            return {}
        self._settled.add(id)
        if self.parked is not None:
            return _deny(approvals.ONE_AT_A_TIME)
        self.parked = Waiting(QuestionKind.APPROVAL, request)
        return _DEFER

    # ── the callback ─────────────────────────────────────────────────────────────────────────────────────

    async def can_use_tool(
        self, tool: str, given: dict[str, Any], context: ToolPermissionContext
    ) -> Permission:
        await self._ready.wait()
        id = context.tool_use_id or ""
        self._settled.add(id)
        if words := self._take_words():
            return PermissionResultDeny(message=words)
        if tool == questions.TOOL:
            return await self._resumed_question(given, id)
        shown = await self._approval(tool, given)
        if reply := self._decided.pop(shown.hash, None):  # used up before it is allowed
            return _verdict(reply, shown)
        if self._work.permission_mode == "plan":
            return await self._read_only(tool, given)
        return await self._ask_approval(shown, id, bool(context.agent_id))

    async def _resumed_question(self, given: dict[str, Any], id: str) -> Permission:
        if reply := self._reply_to(id) or await self._wait(
            Asked(id, QuestionKind.QUESTION, questions.asks(given))
        ):
            return PermissionResultAllow(updated_input=questions.answered(given, reply))
        return PermissionResultDeny(message="Nobody has answered yet. Ask exactly this again; it will wait.")

    def _reply_to(self, id: str) -> Reply | None:
        """The answer that this run was started with, if it is for this call."""
        question, reply = self._work.reply or (None, None)
        return reply if question and question.request == id else None

    def _take_words(self) -> str:
        """What a person said instead of answering: for the call the session waited with, the first."""
        words, self._words = self._words, ""
        return words

    async def _read_only(self, tool: str, given: Payload) -> Permission:
        remedy = _READ_ONLY.format(project=self._work.project)
        await self._emit(Denied(tool, title(tool, given, self._work.directory), remedy))
        return PermissionResultDeny(
            message=f"This project is read-only for you. Say what you would change; a person can {remedy}."
        )

    async def _ask_approval(self, shown: Approval, id: str, inside_subagent: bool) -> Permission:
        async with self._turn() as free:
            if not free:
                return PermissionResultDeny(message=approvals.ONE_AT_A_TIME)
            asked = Asked(id, QuestionKind.APPROVAL, (approvals.as_ask(shown),), approval=shown)
            if reply := await self._wait(asked):
                return _verdict(reply, shown)
            self._unanswered[shown.hash] = id
            self._shown[shown.hash] = shown
        message = approvals.NOT_IN_A_SUBAGENT if inside_subagent else approvals.CALL_AGAIN
        return PermissionResultDeny(message=message)

    async def _approval(self, tool: str, given: Payload) -> Approval:
        directory = self._work.directory
        return approvals.approval(tool, given, directory, await approvals.commit_of(directory))

    # ── afterwards ───────────────────────────────────────────────────────────────────────────────────────

    def denied(self, tool: str, given: Payload, id: str) -> Denied | None:
        """What Claude Code's own rules refused, with the line that would allow it."""
        if id in self._settled:
            return None
        remedy = approvals.remedy(tool, given, self._work.project, self._work.tools_denied)
        if self._work.permission_mode == "plan":
            remedy = _READ_ONLY.format(project=self._work.project)
        return Denied(tool, title(tool, given, self._work.directory), remedy)


_NO_REMEDY: Final = "none: the house's home, configuration and secret files are closed to every run"
_ASK_IN_MAIN: Final = "nothing to do: the main session asks instead"
_DEFER: Final[SyncHookJSONOutput] = {
    "hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "defer"}
}


def _deny(why: str) -> SyncHookJSONOutput:
    return {
        "hookSpecificOutput": {
            "hookEventName": "PreToolUse",
            "permissionDecision": "deny",
            "permissionDecisionReason": why,
        }
    }


def _allow(given: dict[str, Any]) -> SyncHookJSONOutput:
    return {
        "hookSpecificOutput": {
            "hookEventName": "PreToolUse",
            "permissionDecision": "allow",
            "updatedInput": given,
        }
    }


def _is_about(reply: Reply, digest: str) -> bool:
    """A grant is good for the call it was given for; a refusal and words are told in any case."""
    return reply.verdict is not Verdict.GRANTED or reply.allows(digest)


def _verdict(reply: Reply, shown: Approval) -> Permission:
    if reply.allows(shown.hash):
        return PermissionResultAllow()
    if reply.verdict is Verdict.GRANTED:
        return PermissionResultDeny(message=approvals.CALL_AGAIN)
    return PermissionResultDeny(message=approvals.refusal(reply))
