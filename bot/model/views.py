"""What the house looks like from outside: for `status` and `show`, put together from rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model.dispatches import Dispatch, Run, Session
from bot.model.gathered import Fetch, Finding
from bot.model.grants import SessionGrant
from bot.model.health import Health
from bot.model.leases import Holder
from bot.model.people import Role
from bot.model.questions import Question


@dataclass(frozen=True, slots=True)
class Status:
    """The house as a whole."""

    running: bool  # some process holds the house
    since: datetime | None  # when that process took it
    holder: Holder | None  # that process
    problems: tuple[str, ...]  # sentences that say what to do
    counts: dict[str, int]  # dispatches by state, those that are live
    turns_waiting: int  # messages accepted whose turn has not ended
    parts_unsent: int  # posts on their way
    spent_today_usd: float  # reservations included
    sent_again: int  # messages that may have arrived twice, ever
    live: tuple[Dispatch, ...]
    questions: tuple[Question, ...]  # open ones
    restart: tuple[str, ...] = ()  # changed settings that the running house takes at its next start
    health: Health | None = None  # what the running process last said of itself; None before it has


@dataclass(frozen=True, slots=True)
class Detail:
    """One dispatch with everything that belongs to it."""

    dispatch: Dispatch
    runs: tuple[Run, ...]
    questions: tuple[Question, ...]
    session: Session | None
    resume_command: str = ""  # for the person's own terminal; empty without a session
    session_grants: tuple[SessionGrant, ...] = ()  # calls that pass without asking, until it is cancelled
    fetches: tuple[Fetch, ...] = ()  # pages that a researcher asked for
    findings: tuple[Finding, ...] = ()  # what it noted


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """Somebody the house knows, and from where."""

    id: str
    name: str
    role: Role
    source: str  # file | default | added
    accounts: tuple[str, ...]  # chat:account
    added_by: str | None = None
    added_at: datetime | None = None
    overrules_a_row: bool = False  # somebody was added under the id that the file has, without effect
