"""How a run ended, as Finished or Parked: from the last result, an exception, or why we stopped it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from claude_agent_sdk import ResultMessage

from adapters.specialists.child.resources import Verdict
from adapters.specialists.claude_code import errors
from adapters.specialists.claude_code.errors import Failure
from adapters.specialists.claude_code.gate import Waiting
from adapters.specialists.claude_code.settings import Auth, ClaudeCodeSettings
from bot.errors import Reason
from bot.model.dispatches import Billing, ParkReason
from bot.model.events import End, Finished, Parked
from bot.model.questions import QuestionKind
from bot.ports import Work

Outcome = Finished | Parked
_TRY_AGAIN_AFTER: Final = timedelta(minutes=5)
"""When a rate limit does not say when it ends."""


class Stop(StrEnum):
    """Why we interrupted the run ourselves."""

    PERSON = "person"
    TIMEOUT = "timeout"
    OUTPUT = "output"


@dataclass(slots=True)
class Ledger:
    """What is known about the end of a run while it goes on."""

    work: Work
    settings: ClaudeCodeSettings
    paid_usd: float  # what the session had cost before this run
    result: ResultMessage | None = None
    said_error: str | None = None  # of the last assistant message
    resets_at: datetime | None = None  # of a rejected rate limit
    stopped: Stop | None = None
    stop_words: str = ""
    bite: Verdict | None = None  # a limit of the machine that its supervisor ended it for
    waiting: Waiting | None = None
    last_words: str = ""
    consumed: list[str] = field(default_factory=list[str])

    @property
    def session_usd(self) -> float | None:
        return self.result.total_cost_usd if self.result else None

    @property
    def usd(self) -> float | None:
        return None if self.session_usd is None else max(0.0, self.session_usd - self.paid_usd)

    @property
    def billing(self) -> Billing:
        return Billing.ESTIMATED if self.settings.auth is Auth.API_KEY else Billing.SUBSCRIPTION

    def outcome(self, error: BaseException | None, stderr: str) -> Outcome:
        if self.stopped is not None:
            return self._interrupted(self.stopped)
        if self.bite is not None:
            return self._parked(ParkReason.LIMIT, self.bite.sentence(self.work.project))
        if self.waiting is not None:
            reasons = {QuestionKind.QUESTION: ParkReason.QUESTION, QuestionKind.APPROVAL: ParkReason.APPROVAL}
            return replace(self._parked(reasons[self.waiting.kind], ""), request=self.waiting.request)
        if error is not None:
            return self._failed(errors.of_exception(error, stderr, self.work.project))
        if self.result is None:
            return self._failed(
                Failure(Reason.PROTOCOL, f"Claude Code ended without a result. {stderr}".strip())
            )
        return self._by_result(self.result)

    def _by_result(self, result: ResultMessage) -> Outcome:
        match result.terminal_reason:
            case "max_turns":
                return self._parked(ParkReason.LIMIT, f"It used all of its {self.work.limits.turns} turns.")
            case "budget_exhausted":
                return self._parked(
                    ParkReason.BUDGET, f"It used up its budget of ${self.work.limits.usd:.2f}."
                )
            case "aborted_streaming" | "aborted_tools":
                return self._finished(End.STOPPED)
            case _ if result.is_error:
                return self._failed(errors.of_result(result, self.said_error))
            case _:
                return self._finished(End.DONE)

    def _interrupted(self, stop: Stop) -> Outcome:
        match stop:
            case Stop.PERSON:
                return replace(self._finished(End.STOPPED), detail=self.stop_words)
            case Stop.TIMEOUT:
                words = f"It reached its time limit of {self.work.limits.timeout_s:g} s."
            case Stop.OUTPUT:
                words = f"It wrote more than its limit of {self.work.limits.output_bytes:,} bytes."
        return self._parked(ParkReason.LIMIT, words)

    def _finished(self, end: End) -> Finished:
        text = (
            self.result.result if self.result and self.result.result and end is End.DONE else self.last_words
        )
        return Finished(
            end,
            text,
            usd=self.usd,
            session_usd=self.session_usd,
            billing=self.billing,
            consumed=tuple(self.consumed),
        )

    def _parked(self, reason: ParkReason, words: str) -> Parked:
        partial = f"{words} So far it said:\n\n{self.last_words}" if words and self.last_words else words
        return Parked(
            reason,
            usd=self.usd,
            session_usd=self.session_usd,
            text=partial,
            billing=self.billing,
            consumed=tuple(self.consumed),
        )

    def _failed(self, failure: Failure) -> Outcome:
        detail = self.settings.redacted(failure.detail)
        if failure.reason is Reason.RATE_LIMIT:
            resume_at = self.resets_at or self.settings.now() + _TRY_AGAIN_AFTER
            return replace(self._parked(ParkReason.RATE_LIMIT, detail), resume_at=resume_at)
        return replace(self._finished(End.FAILED), reason=failure.reason.value, detail=detail)


def moment(unix_s: int | None) -> datetime | None:
    return None if unix_s is None else datetime.fromtimestamp(unix_s, UTC)
