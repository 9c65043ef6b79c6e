"""How a run begins: a fresh session, a resumed one, or what is left of either after a crash.

What stands on disk decides, not what was planned: a house that died between two writes may know less than the
transcript does.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from adapters.specialists.claude_code import approvals, questions, transcripts
from adapters.specialists.claude_code.transcripts import Deferred
from bot.model.questions import Question, QuestionKind, Reply
from bot.ports import Work

INTERRUPTED: Final = "You were interrupted; check what is already done before repeating anything."
GO_ON: Final = "Go on where you left off."
LOST: Final = "The earlier session was lost; this one starts from a summary."


@dataclass(frozen=True, slots=True)
class Opening:
    """The first thing that is done in a run."""

    session: str
    resume: bool
    prompt: str  # empty: the session takes up the call it waits with
    note: str = ""
    paid_usd: float = 0.0  # what the session had cost before
    words: str = ""  # the person's words instead of an answer to the waiting call
    parked: Deferred | None = None  # nothing to do: a run before this one had parked already

    def interrupted(self) -> Opening:
        """The same session, which turned out to exist already."""
        return replace(self, resume=True, prompt=f"{INTERRUPTED}\n\n{self.prompt or GO_ON}")


def opening(work: Work) -> Opening:
    transcript = transcripts.find(work.config_dir, work.session)
    if transcript is None:
        return _without_transcript(work)
    plain = Opening(work.session, resume=True, prompt=_told(work) or GO_ON, paid_usd=work.session_usd)
    waiting = transcripts.deferred(transcript)
    if waiting is not None:
        return _to_waiting(work, plain, waiting, transcript)
    if work.attempt > 1 or not work.resume:
        return plain.interrupted()
    return plain


def _without_transcript(work: Work) -> Opening:
    """Never begun, killed in its very first run before anything was written down, or lost."""
    fresh = Opening(work.session, resume=False, prompt=_told(work) or GO_ON)
    if not work.resume:
        return fresh
    if work.attempt > 1 and work.run.endswith("/1"):
        return replace(fresh, prompt=f"{INTERRUPTED}\n\n{fresh.prompt}")
    return lost(work)


def lost(work: Work) -> Opening:
    """A new session that knows what happened from the summary."""
    parts = [f"What happened before, in short:\n{work.summary}" if work.summary else "", _told(work) or GO_ON]
    return Opening(str(uuid.uuid4()), resume=False, prompt="\n\n".join(filter(None, parts)), note=LOST)


def _to_waiting(work: Work, plain: Opening, waiting: Deferred, transcript: Path) -> Opening:
    """A session that waits with a call takes nothing else before that call has its answer."""
    if work.reply is not None:
        if _answers(work.reply[0], waiting):
            return replace(plain, prompt=work.prompt)
        return replace(plain, prompt="", words=_told(work))
    if work.attempt > 1 and (not work.prompt or transcripts.mentions(transcript, work.prompt)):
        return replace(plain, prompt="", parked=waiting)
    instead = f"Nobody answered this. The person wrote instead: {work.prompt}" if work.prompt else GO_ON
    return replace(plain, prompt="", words=instead)


def _answers(question: Question, waiting: Deferred) -> bool:
    if question.kind is QuestionKind.QUESTION:
        return question.request == waiting.id
    if (shown := question.approval) is None:
        return False
    # A repeated call has another id, and what is shown may be masked: the hash says whether it is this call.
    waits_for = approvals.approval(waiting.tool, waiting.input, shown.directory, shown.commit)
    return waits_for.hash == shown.hash


def _told(work: Work) -> str:
    """The prompt, and before it an answer in words."""
    reply = _reply_in_words(*work.reply) if work.reply else ""
    return "\n\n".join(filter(None, [reply, work.prompt]))


def _reply_in_words(question: Question, reply: Reply) -> str:
    if question.approval is not None:
        return approvals.as_prompt(question.approval, reply)
    return questions.as_prompt(question, reply)
