"""What goes out: semantic posts that adapters render, split and degrade; stored before they are sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.model.dispatches import Step


class PostKind(StrEnum):
    REPLY = "reply"
    RESULT = "result"  # always posted, however old
    QUESTION = "question"  # always posted while it is open
    NOTICE = "notice"  # goes stale
    CARD = "card"  # the one status message of a dispatch, edited in place; goes stale


AWAITED: Final = (PostKind.RESULT, PostKind.REPLY, PostKind.QUESTION)
"""Somebody waits for these; cards and notices go stale by themselves."""


class Style(StrEnum):
    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class ButtonView:
    """What a chat shows of a button; the token is all that travels."""

    token: str
    label: str
    style: Style = Style.PLAIN
    form: bool = False  # opens a form; a chat that has none leaves the button out


@dataclass(frozen=True, slots=True)
class FileView:
    """A file of a post; its bytes are a row, found by sha256."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Post:
    markdown: str
    steps: tuple[Step, ...] = ()
    buttons: tuple[ButtonView, ...] = ()
    files: tuple[FileView, ...] = ()
    footer: str = ""  # one small line: time, cost, model
    silent: bool = False  # no notification
    mention: str | None = (
        None  # whom to notify: a person's id in a row, their account where a chat renders it
    )


@dataclass(frozen=True, slots=True)
class Part:
    """One platform message of a post, as the adapter rendered it (JSON of its own)."""

    body: str


class OutboxState(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    DROPPED = "dropped"  # stale, or what it would change is gone
    RETURNED = "returned"  # its platform refused it for good; what stands in for it says so


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A post on its way: sent in order of ``seq`` within its conversation."""

    id: str
    conversation: str
    seq: int
    kind: PostKind
    post: Post
    created_at: datetime
    dispatch: str | None = None
    question: str | None = None
    state: OutboxState = OutboxState.PENDING
    edits: str | None = None  # the outbox row whose message this one replaces (a closed question, a card)
    instead_of: str | None = None  # the outbox row that was returned


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part on its way; ``key`` lets a platform find it after an ambiguous send."""

    outbox: str
    n: int
    key: str
    part: Part
    tries: int = 0
    message_id: str | None = None
    sent_at: datetime | None = None

    @property
    def id(self) -> str:
        return self.key


SENT_AGAIN: Final = "posts_sent_again"
"""Counts messages whose earlier try may have arrived, where the platform cannot say whether it did."""

RETURNED: Final = "posts_returned"
"""Counts posts that their platform refused for good."""


class ButtonAction(StrEnum):
    ANSWER = "answer"  # argument: JSON {ask key: label}
    WRITE = "write"  # opens a form; the text answers the question
    GRANT = "grant"  # argument of the four: the Approval.hash that was shown
    GRANT_SESSION = "grant_session"  # and whenever the same call comes again in this dispatch
    DENY = "deny"
    DENY_WHY = "deny_why"  # opens a form; the text says why
    CONTINUE = "continue"
    CONTINUE_MORE = "continue_more"  # on buttons of version 0.1.0 only
    ADD_MONEY = "add_money"  # argument: JSON of what is added to which budgets
    FINISH = "finish"  # one last small run that writes up what is there
    RETRY = "retry"
    DO_REST = "do_rest"
    USE_MODEL = "use_model"  # argument: a name of [models]; tried again with it
    KEEP_MODEL = "keep_model"  # likewise, and so is all such work from then on: the file is changed
    SHOW_LOG = "show_log"
    STOP = "stop"
    CANCEL = "cancel"
    WAIT = "wait"
    TRY_NOW = "try_now"
    ASK_AGAIN = "ask_again"
    CLOSE = "close"
    PAIR = "pair"  # object: the code, argument: the role
    TURN_AWAY = "turn_away"
    APPLY = "apply"  # argument: JSON of a decisions.Action
    COMPOSE = "compose"  # a form in which work is described; argument: JSON of where, and of what is quoted
    SNOOZE = "snooze"  # object of the six: the schedule; its next run is left out
    CHANGE_TIME = "change_time"  # opens a form; the text is a time in words
    PAUSE_SCHEDULE = "pause_schedule"
    RUN_SCHEDULE = "run_schedule"
    EDIT_SCHEDULE = "edit_schedule"  # opens a form; the text is what a new one would be asked with
    DELETE_SCHEDULE = "delete_schedule"


SCHEDULE_FORMS: Final = frozenset({ButtonAction.CHANGE_TIME, ButtonAction.EDIT_SCHEDULE})
SCHEDULE_ACTIONS: Final = SCHEDULE_FORMS | {
    ButtonAction.SNOOZE,
    ButtonAction.PAUSE_SCHEDULE,
    ButtonAction.RUN_SCHEDULE,
    ButtonAction.DELETE_SCHEDULE,
}
FORMS: Final = frozenset({ButtonAction.WRITE, ButtonAction.DENY_WHY, ButtonAction.COMPOSE}) | SCHEDULE_FORMS
"""Pressed without values, these open a form."""


@dataclass(frozen=True, slots=True)
class Button:
    """The row behind a button: random single-use id, bound to conversation, object and expiry."""

    id: str  # the token
    conversation: str
    action: ButtonAction
    object: str  # question, dispatch or schedule id, or the message an APPLY belongs to
    label: str
    created_at: datetime
    argument: str = ""
    outbox: str | None = None
    person: str | None = None  # only this person, when set
    expires_at: datetime | None = None
    used_at: datetime | None = None
    used_by: str | None = None
