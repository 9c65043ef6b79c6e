"""What a specialist's run tells us, one event at a time; the last is Finished or Parked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.dispatches import Billing, ParkReason, Step
from bot.model.items import ItemEnd
from bot.model.questions import Approval, Ask, QuestionKind


@dataclass(frozen=True, slots=True)
class Started:
    """The specialist is up and its session exists."""

    session: str
    model: str = ""
    version: str = ""
    process: str | None = None  # JSON: pid, start time, boot id
    token: str = ""  # what the adapter needs to resume, besides the session id
    sandbox: str = ""  # the level that was proven for this run
    note: str = ""  # a sentence for the card ("this run can act as you", "the session was lost …")


@dataclass(frozen=True, slots=True)
class Said:
    """Words of the specialist on the way; kept in the log."""

    text: str


@dataclass(frozen=True, slots=True)
class Used:
    """A tool was used; ``title`` is one line for the card."""

    tool: str
    title: str
    ok: bool | None = None  # None: has begun
    call: str = ""  # the same for the same tool and input; empty: not told


@dataclass(frozen=True, slots=True)
class Planned:
    """The checklist as a whole; replaces the earlier one."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """The specialist waits for a person, for the grace time; then it parks."""

    request: str
    kind: QuestionKind
    asks: tuple[Ask, ...]
    approval: Approval | None = None
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Spent:
    """Money and context so far, cumulative over the run."""

    usd: float | None  # None: unknown
    context_used: float | None = None
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Denied:
    """A tool was refused without a person; ``remedy`` is one sentence that can be run as printed."""

    tool: str
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Made:
    """A file handed over: its bytes are read by the adapter, capped."""

    name: str
    data: bytes
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page of the web was asked for, whatever came of it."""

    url: str  # as asked for
    final_url: str  # after redirects
    at: datetime
    status: int = 0  # 0: there was no answer
    sha256: str = ""  # of the bytes, unpacked
    title: str = ""
    text: str = ""  # what a person would read
    links: tuple[str, ...] = ()
    truncated: bool = False  # there was more text
    missing: bool = False  # says "not found" with a status that does not
    problem: str = ""  # one sentence; empty when the page was read

    @property
    def good(self) -> bool:
        """It may be cited."""
        return 200 <= self.status < 300 and not self.missing and not self.problem

    @property
    def dead(self) -> bool:
        """There is no such page any more, whether its status says so or its words."""
        return self.missing or self.status in (404, 410)


@dataclass(frozen=True, slots=True)
class Noted:
    """A statement with the words of a fetched page that prove it."""

    claim: str
    url: str
    quote: str


@dataclass(frozen=True, slots=True)
class Listed:
    """The items of bulk work, before the first is asked about; a later list of the dispatch replaces it."""

    name: str
    task: str
    shape: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Worked:
    """Bulk work went on. An item is asked about only after the event that says ``sent`` was stored."""

    done: int  # so far, as the next two
    failed: int
    total: int
    sent: tuple[int, ...] = ()
    ended: tuple[ItemEnd, ...] = ()
    usd: float | None = None  # this run's cost so far; None: unknown


class NoticeKind(StrEnum):
    RETRY = "retry"
    FALLBACK = "fallback"
    SUBAGENT = "subagent"
    SILENCE = "silence"  # nothing heard for idle_s
    URGENT = "urgent"  # posted at once as a new message
    TRUNCATED = "truncated"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Noticed:
    kind: NoticeKind
    text: str


@dataclass(frozen=True, slots=True)
class Parked:
    """No process is left; the answer, a person or the reset time starts the next run."""

    reason: ParkReason
    request: str | None = None
    resume_at: datetime | None = None
    usd: float | None = None  # this run's own cost
    session_usd: float | None = None  # cumulative for the session
    text: str = ""
    billing: Billing = Billing.ESTIMATED
    consumed: tuple[str, ...] = ()  # ids of steered notes the specialist has read


class End(StrEnum):
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finished:
    end: End
    text: str = ""
    reason: str | None = None  # errors.Reason when failed
    detail: str = ""  # what the specialist or its program said last, for the log and one sentence
    usd: float | None = None  # this run's own cost
    session_usd: float | None = None
    billing: Billing = Billing.ESTIMATED
    consumed: tuple[str, ...] = ()  # ids of steered notes the specialist has read
    partial: bool = False  # done as far as a bound or a failure let it; the text says which


Event = (
    Started
    | Said
    | Used
    | Planned
    | Asked
    | Spent
    | Denied
    | Made
    | Fetched
    | Noted
    | Listed
    | Worked
    | Noticed
    | Parked
    | Finished
)
