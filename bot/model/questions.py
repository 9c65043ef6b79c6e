"""Questions to people: asked by a specialist, kept as a row, closed once, delivered once.

Closing records the answer; delivery is a second compare-and-set (``delivered_run``: none → n), so it does
not matter whether the run that asked is still there.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class QuestionKind(StrEnum):
    QUESTION = "question"
    APPROVAL = "approval"  # granted by a press, /approve or the command line only


class QuestionState(StrEnum):
    HELD = "held"  # an approval that nobody has seen: enough others of its dispatch are open
    OPEN = "open"
    ANSWERED = "answered"
    EXPIRED = "expired"  # its dispatch stays parked at no cost
    WITHDRAWN = "withdrawn"  # the dispatch was stopped or the specialist no longer waits


@dataclass(frozen=True, slots=True)
class Option:
    label: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing asked; a specialist may put several into one question."""

    key: str  # what the specialist calls it (Claude Code: the question's own text)
    text: str
    options: tuple[Option, ...] = ()
    multiple: bool = False  # several options may be chosen


@dataclass(frozen=True, slots=True)
class Approval:
    """Exactly what is shown and what the hash binds: one byte changed is another approval."""

    tool: str
    input: str  # canonical JSON of the tool's input
    directory: str
    commit: str = ""
    hash: str = ""  # sha256 of the four above


def approval_of(tool: str, given: str, directory: str, commit: str = "") -> Approval:
    """The approval of a call, with the hash that binds it; ``given`` is canonical JSON."""
    shown = json.dumps([tool, given, directory, commit], ensure_ascii=False)
    digest = hashlib.sha256(shown.encode("utf-8", "backslashreplace")).hexdigest()
    return Approval(tool, given, directory, commit, digest)


class Verdict(StrEnum):
    ANSWERED = "answered"
    GRANTED = "granted"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a person said. ``answers`` maps Ask.key to the chosen labels or the person's words."""

    verdict: Verdict
    answers: dict[str, str]
    text: str = ""  # a comment with a denial, or free words that fit no single ask
    by: str = ""  # the person's name, for the specialist and the transcript
    binds: str = ""  # the Approval.hash that was decided about; a grant is good for no other call
    session: bool = False  # granted for every call with this hash in the same dispatch

    def allows(self, hash: str) -> bool:
        """Granted, and exactly that call."""
        return self.verdict is Verdict.GRANTED and self.binds == hash


@dataclass(frozen=True, slots=True)
class Question:
    id: str  # what people read: q3
    dispatch: str
    run: int
    conversation: str
    kind: QuestionKind
    request: str  # the specialist's own id of the request (Claude Code: the tool_use id)
    asks: tuple[Ask, ...]
    asked_at: datetime
    approval: Approval | None = None
    default: str | None = None  # a reversible default the specialist stated; taken at expiry
    state: QuestionState = QuestionState.OPEN
    reply: Reply | None = None
    closed_by: str | None = None  # person id
    closed_at: datetime | None = None
    delivered_run: int | None = None
    used: bool = False  # a grant is used up before the tool is allowed
    remind_at: datetime | None = None
    expire_at: datetime | None = None
    also_in: str | None = None  # the private conversation where its person was reminded of it

    @property
    def text(self) -> str:
        return "\n".join(ask.text for ask in self.asks)
