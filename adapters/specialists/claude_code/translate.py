"""Claude Code's messages as our events: each kind of message becomes nouns here and nowhere else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from claude_agent_sdk import (
    AssistantMessage,
    ContentBlock,
    Message,
    ResultMessage,
    SystemMessage,
    TaskStartedMessage,
    TextBlock,
    ToolResultBlock,
    ToolUseBlock,
    UserMessage,
)

from adapters.specialists.claude_code import checklist, house_tools, questions
from adapters.specialists.claude_code.checklist import Checklist
from adapters.specialists.claude_code.payload import Payload, number, table, text
from adapters.specialists.claude_code.titles import title
from bot.model.dispatches import Step
from bot.model.events import Event, Noticed, NoticeKind, Planned, Said, Spent, Used

_SUBAGENT: Final = "local_agent"
_UNSHOWN: Final = checklist.TOOLS | {questions.TOOL, "ToolSearch"}


@dataclass(frozen=True, slots=True)
class _Call:
    tool: str
    given: Payload
    title: str


class Translator:
    """Folds one run's messages: what a tool was called with, the checklist, the tokens so far."""

    def __init__(self, directory: str, windows: dict[str, float]) -> None:
        self.last_words = ""  # the partial result, should the run be cut short
        self._directory = directory
        self._windows = windows
        self._newest = ("", 0)  # model and input tokens of the newest request
        self._calls: dict[str, _Call] = {}
        self._checklist = Checklist()
        self._counted = ""  # id of the newest model message whose tokens were counted
        self._input_tokens = 0
        self._output_tokens = 0

    def resume(self, steps: tuple[Step, ...]) -> None:
        """Go on with the checklist that earlier runs of the session wrote."""
        self._checklist = Checklist(steps)

    def events(self, message: Message) -> Iterator[Event]:
        match message:
            case AssistantMessage():
                yield from self._assistant(message)
            case UserMessage():
                yield from self._results(message)
            case TaskStartedMessage() if message.task_type == _SUBAGENT:
                yield Noticed(NoticeKind.SUBAGENT, f"A subagent began: {message.description}")
            case SystemMessage():
                yield from self._system(message)
            case _:
                return

    def _assistant(self, message: AssistantMessage) -> Iterator[Event]:
        for block in message.content:
            match block:
                case TextBlock() if message.parent_tool_use_id is None and block.text.strip():
                    self.last_words = block.text
                    yield Said(block.text)
                case ToolUseBlock():
                    yield from self._begun(block)
                case _:
                    continue
        if message.message_id and message.message_id != self._counted and message.parent_tool_use_id is None:
            self._counted = message.message_id
            yield self._spent(message.model, table(message.usage))

    def _begun(self, block: ToolUseBlock) -> Iterator[Event]:
        call = _Call(block.name, block.input, title(block.name, block.input, self._directory))
        self._calls[block.id] = call
        if not _is_unshown(call.tool):
            yield Used(call.tool, call.title, call=_fingerprint(block.input))

    def _results(self, message: UserMessage) -> Iterator[Event]:
        for block in message.content:
            if not isinstance(block, ToolResultBlock):
                continue
            call = self._calls.pop(block.tool_use_id, None)
            if call is None:
                continue
            steps = self._checklist.record(call.tool, call.given, table(message.tool_use_result))
            if steps is not None:
                yield Planned(steps)
            if not _is_unshown(call.tool):
                yield Used(call.tool, call.title, ok=not block.is_error)

    def _system(self, message: SystemMessage) -> Iterator[Event]:
        match message.subtype:
            case "api_retry":
                yield Noticed(NoticeKind.RETRY, _retry(message.data))
            case "model_fallback":
                yield Noticed(NoticeKind.FALLBACK, "The model is busy; another one goes on for now.")
            case "compact_boundary":
                yield Noticed(NoticeKind.OTHER, "The conversation was summarised to make room.")
            case _:
                return

    def _spent(self, model: str, usage: Payload) -> Spent:
        """Tokens of one request; its price is only known at the end of the turn."""
        self._newest = (model, _input_tokens(usage))
        self._input_tokens += _input_tokens(usage)
        self._output_tokens += int(number(usage.get("output_tokens")))
        return Spent(None, self._context_used(), self._input_tokens, self._output_tokens)

    def settled(self, result: ResultMessage, usd: float | None) -> Spent:
        """The figures of a whole turn, from its result, which also tells the size of the models' windows."""
        for model, used in (result.model_usage or {}).items():
            self._windows[model] = float(used["contextWindow"])
        total = table(result.usage)
        return Spent(usd, self._context_used(), _input_tokens(total), int(number(total.get("output_tokens"))))

    def _context_used(self) -> float | None:
        model, tokens = self._newest
        window = self._windows.get(model)
        return min(1.0, tokens / window) if window and tokens else None


def _input_tokens(usage: Payload) -> int:
    kinds = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    return int(sum(number(usage.get(kind)) for kind in kinds))


def size(message: Message) -> int:
    """Bytes of what was written, near enough to stop a flood."""
    if not isinstance(message, AssistantMessage | UserMessage):
        return 0
    if isinstance(message.content, str):
        return len(message.content)
    return sum(_block_size(block) for block in message.content)


def _block_size(block: ContentBlock) -> int:
    match block:
        case TextBlock():
            return len(block.text)
        case ToolUseBlock():
            return sum(len(str(value)) for value in block.input.values())
        case ToolResultBlock():
            return len(str(block.content))
        case _:
            return 0


def _fingerprint(given: Payload) -> str:
    """Tells equal inputs from different ones."""
    return hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()[:16]


def _is_unshown(tool: str) -> bool:
    return tool in _UNSHOWN or tool.startswith(house_tools.RULE)


def _retry(data: Payload) -> str:
    why = text(data.get("error")) or "no answer"
    status = f" ({int(number(data['error_status']))})" if data.get("error_status") else ""
    attempt, most = int(number(data.get("attempt"))), int(number(data.get("max_retries")))
    delay_s = number(data.get("retry_delay_ms")) / 1000
    return f"The model platform says {why}{status}; try {attempt} of {most} follows in {delay_s:.0f} s."
