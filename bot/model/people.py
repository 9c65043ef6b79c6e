"""Who may do what: the one table of rights."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """admin > approver > user > viewer."""

    ADMIN = "admin"
    APPROVER = "approver"
    USER = "user"
    VIEWER = "viewer"


class Right(StrEnum):
    TALK = "talk"  # be answered at all, ask for status, stop one's own
    DISPATCH = "dispatch"  # start, follow up, steer one's own
    ANSWER = "answer"  # answer a specialist's question
    APPROVE_OWN = "approve_own"  # grant what one's own dispatch asks for
    APPROVE_OTHERS = "approve_others"  # grant what anybody's dispatch asks for
    INTERVENE = "intervene"  # answer, steer, continue, stop anybody's dispatch
    SEE_OTHERS = "see_others"  # goal, events and result of anybody's dispatch
    MERGE = "merge"
    SCHEDULE = "schedule"
    MONEY = "money"  # add to budgets, go beyond a project's limit, see what others spend
    CONFIGURE = "configure"


_VIEWER: Final = frozenset({Right.TALK})
_USER: Final = _VIEWER | {Right.DISPATCH, Right.ANSWER, Right.APPROVE_OWN, Right.SCHEDULE}
_APPROVER: Final = _USER | {
    Right.APPROVE_OTHERS,
    Right.INTERVENE,
    Right.SEE_OTHERS,
    Right.MERGE,
}
_ADMIN: Final = frozenset(Right)

RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.VIEWER: _VIEWER,
    Role.USER: _USER,
    Role.APPROVER: _APPROVER,
    Role.ADMIN: _ADMIN,
}
"""Default deny: what is not in the set of a role is refused."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One account on one platform, as the adapter saw it; never a display name."""

    chat: str  # the adapter's name: terminal, slack, telegram
    account: str  # "ann" in a terminal, "T01/U024" in Slack, "4711" in Telegram


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody who was added while the house runs; the same id in the configuration wins over the row."""

    id: str
    name: str
    role: Role
    added_by: str  # person id
    added_at: datetime
    notify: str | None = None  # the chat where reminders reach this person
    quiet_hours: str | None = None  # "22:00-07:00" in ``timezone``
    timezone: str | None = None  # IANA; None: the house's
    removed_at: datetime | None = None  # a stranger since then


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account of a person, added while the house runs; one account is one person."""

    id: str  # chat:account
    person: str
    chat: str
    account: str
    added_by: str
    added_at: datetime
    removed_at: datetime | None = None  # nobody's since then


@dataclass(frozen=True, slots=True)
class Pairing:
    """An account that may become somebody's: a stranger who asks, or an invitation for who has its code."""

    id: str  # the code
    chat: str
    made_at: datetime
    expires_at: datetime
    account: str | None = None  # who asks; None: an invitation, good for whoever brings the code
    conversation: str | None = None  # where they asked
    person: str | None = None  # whose account an invitation makes it
    made_by: str | None = None  # who invites
    closed_at: datetime | None = None
    closed_by: str | None = None  # the admin who decided, or chat:account of who used the invitation


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the house knows."""

    id: str  # the key in [people.<id>]
    name: str
    role: Role
    notify: str | None = None  # the chat where reminders reach this person

    def may(self, right: Right) -> bool:
        return right in RIGHTS[self.role]
