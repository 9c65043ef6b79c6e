"""What a proposed action needs: a right, trust in the text that led to it, and a project that allows it.

The model proposes, this file disposes: a refusal is a sentence for the person, never a silent drop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.conversations import Message, Origin
from bot.model.decisions import (
    Action,
    AnswerQuestion,
    Ask,
    CancelDispatch,
    FollowUp,
    Nothing,
    RetryDispatch,
    ShowStatus,
    Steer,
    StopDispatch,
)
from bot.model.dispatches import Dispatch
from bot.model.people import Person, Right

if TYPE_CHECKING:
    from bot.settings import Settings


Touching = FollowUp | Steer | StopDispatch | CancelDispatch | RetryDispatch
"""What is done to a dispatch that exists."""


def refusal(settings: Settings, person: Person, message: Message, action: Action) -> str | None:
    """Why the action may not be taken for this message; None when it may."""
    if isinstance(action, Nothing | Ask | ShowStatus):
        return None
    if message.origin is not Origin.PERSON:
        return "That was forwarded, so I do not act on it. Say in your own words what should be done."
    if isinstance(action, AnswerQuestion | Touching):
        return None  # the question or the dispatch knows who may
    return may_dispatch(settings, person, action.project)


def may_dispatch(settings: Settings, person: Person, project: str) -> str | None:
    if project not in settings.projects:
        known = ", ".join(sorted(settings.projects)) or "none"
        return f"There is no project {project}; I know {known}."
    here = settings.person_named(person.id, project=project) or person
    return None if here.may(Right.DISPATCH) else _lacks(here, f"start work in {project}")


def may_touch(settings: Settings, person: Person, dispatch: Dispatch) -> str | None:
    """Stop, steer, follow up, retry: one's own, or anybody's for an approver."""
    here = settings.person_named(person.id, project=dispatch.project) or person
    if dispatch.person == person.id and here.may(Right.DISPATCH):
        return None
    if here.may(Right.APPROVE_OTHERS):
        return None
    return f"{dispatch.id} belongs to {dispatch.person}; only they or an approver can do that."


def target(action: Action) -> str | None:
    """The dispatch that an action is about."""
    return action.dispatch if isinstance(action, Touching) else None


def _lacks(person: Person, what: str) -> str:
    return f"Your role ({person.role}) may not {what}; ask an admin."
