"""May this person do that? One function, over one table, for every door.

The model proposes, this file disposes: a refusal is a sentence for the person, never a silent drop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot import limits, low_risk
from bot.limits import Wish
from bot.model import decisions
from bot.model.acts import ENDING, NEEDS, Act
from bot.model.conversations import Address, Message, Origin
from bot.model.dispatches import Dispatch
from bot.model.people import RIGHTS, Person, Right
from bot.model.questions import Approval, Question

if TYPE_CHECKING:
    from bot.settings import Settings

_APPROVING: Final = frozenset({Right.APPROVE_OWN, Right.APPROVE_OTHERS})

Touching = (
    decisions.FollowUp
    | decisions.Steer
    | decisions.StopDispatch
    | decisions.CancelDispatch
    | decisions.RetryDispatch
    | decisions.PickSession
    | decisions.Compact
    | decisions.MoveDispatch
    | decisions.Reroute
    | decisions.AnswerYourself
)
"""What is done to a dispatch that exists."""


Scheduling = (
    decisions.ProposeSchedule
    | decisions.CreateSchedule
    | decisions.PreviewSchedule
    | decisions.ShowSchedules
    | decisions.ChangeSchedule
)
"""What is judged where the schedule is read, or its plan is checked."""


Looking = (
    decisions.ShowStatus
    | decisions.ShowCosts
    | decisions.ShowUsage
    | decisions.ShowSessions
    | decisions.ShowWelcome
    | decisions.ShowModels
)
"""What only shows something."""


@dataclass(frozen=True, slots=True)
class Object:
    """What is acted on, as far as rights depend on it."""

    id: str = ""  # what people call it: d7, q3
    project: str | None = None
    owner: str | None = None  # who asked for the work; None: nobody's
    askers: frozenset[str] = frozenset()  # everybody whose words led to it
    approval: Approval | None = None
    place: Address | None = None  # the conversation in which it is done; None: the command line


NOTHING: Final = Object()


def in_project(project: str, place: Address | None = None) -> Object:
    return Object(project=project, place=place)


def of_dispatch(dispatch: Dispatch, place: Address | None = None) -> Object:
    return Object(dispatch.id, dispatch.project, dispatch.person, place=place)


def of_question(
    item: Question, dispatch: Dispatch, place: Address | None = None, askers: frozenset[str] = frozenset()
) -> Object:
    return Object(item.id, dispatch.project, dispatch.person, askers, item.approval, place)


def authorize(settings: Settings, person: Person, act: Act, object: Object = NOTHING) -> str | None:
    """None when the person may; else the sentence for them."""
    if act not in ENDING and (why := _not_here(settings, person, act, object)):
        return why
    need = NEEDS[act]
    own = object.owner in (None, person.id)
    if not rights_in(settings, person, object.project, ending=act in ENDING) & (
        need.own if own else need.others
    ):
        return _lacks(settings, person, act, object)
    return _four_eyes(settings, person, object) if act is Act.GRANT else None


def rights_in(
    settings: Settings, person: Person, project: str | None, *, ending: bool = False
) -> frozenset[Right]:
    """What the person may in the project: by role there, by its ``people``, by its ``approvers``."""
    entry = settings.projects.get(project or "")
    if entry is None:
        return RIGHTS[person.role]
    rights = RIGHTS[entry.roles.get(person.id, person.role)]
    if entry.people is not None and person.id not in entry.people and not ending:
        rights &= {Right.TALK}
    if entry.approvers is not None:
        rights -= _APPROVING
        if person.id in entry.approvers:
            rights |= _APPROVING
    return rights


def may_be_named(settings: Settings, project: str, place: Address | None) -> bool:
    """Whether the project may be used and named in that conversation; None is the command line."""
    entry = settings.projects.get(project)
    if place is None or entry is None or entry.conversations is None:
        return True
    keys = {place.key, f"{place.account}/{place.key}" if place.account else place.key}
    return any(_lies_in(place.chat, key, allowed) for key in keys for allowed in entry.conversations)


def _lies_in(chat: str, key: str, allowed: str) -> bool:
    """slack:C0123 holds its threads slack:C0123/…, but not slack:C01234."""
    allowed_chat, _, beginning = allowed.partition(":")
    return chat == allowed_chat and (not beginning or key == beginning or key.startswith(f"{beginning}/"))


def usable(settings: Settings, person: Person, place: Address | None) -> tuple[str, ...]:
    """The projects in which the person may start work there."""
    return tuple(
        name
        for name in settings.projects
        if may_be_named(settings, name, place) and rights_in(settings, person, name) & NEEDS[Act.START].own
    )


def sees_all(settings: Settings, person: Person, project: str) -> bool:
    """Whether nobody's work in the project is hidden from the person."""
    return bool(rights_in(settings, person, project) & NEEDS[Act.SHOW].others)


def _not_here(settings: Settings, person: Person, act: Act, object: Object) -> str | None:
    """What may not be named here is as if it did not exist."""
    project = object.project
    if project is None:
        return None
    starts = act in (Act.START, Act.ADOPT)
    if may_be_named(settings, project, object.place) and (project in settings.projects or not starts):
        return None
    if object.id:
        return f"There is no {object.id} in this conversation."
    known = ", ".join(sorted(usable(settings, person, object.place))) or "none"
    return f"There is no project {project} here; you can use {known}."


def _lacks(settings: Settings, person: Person, act: Act, object: Object) -> str:
    if object.id.startswith("q"):
        verb = _VERBS.get(act, "close")
        return f"{object.id} is not yours to decide: {_deciders(settings, object)} can {verb} it."
    if object.id and object.owner != person.id:
        return f"{object.id} belongs to {object.owner}; only they or an approver can do that."
    entry = settings.projects.get(object.project or "")
    if entry and entry.people is not None and person.id not in entry.people:
        return f"You are not among the people of {object.project}; ask an admin."
    role = entry.roles.get(person.id, person.role) if entry else person.role
    where = f" in {object.project}" if object.project else ""
    return f"Your role ({role}) may not {NEEDS[act].what}{where}; ask an admin."


_VERBS: Final = {Act.GRANT: "allow", Act.DENY: "refuse", Act.ANSWER: "answer"}


def _deciders(settings: Settings, object: Object) -> str:
    entry = settings.projects.get(object.project or "")
    if entry is None or object.approval is None or entry.approvers is None:
        return f"{object.owner} or an approver"
    return " or ".join(entry.approvers) or "nobody (projects.…approvers is empty)"


def _four_eyes(settings: Settings, person: Person, object: Object) -> str | None:
    """Who asked for it, in the first words or in later ones, may not always be the one who allows it."""
    entry = settings.projects.get(object.project or "")
    if entry is None or person.id not in object.askers | {object.owner}:
        return None
    if entry.self_approve == "all":
        return None
    if entry.self_approve == "none":
        return f"{object.id} comes from your own request; in {object.project} somebody else has to allow it."
    why = low_risk.objection(object.approval) if object.approval else "does not show what it does"
    return (
        f"{object.id} comes from your own request and {why}; somebody else has to allow it." if why else None
    )


# ── what a decision proposes ─────────────────────────────────────────────────────────────────────────────

ACTS: Final[dict[type[decisions.Action], Act]] = {
    decisions.Nothing: Act.TALK,
    decisions.Ask: Act.TALK,
    decisions.TakeUp: Act.TALK,  # and then whatever its turn comes to
    decisions.ShowStatus: Act.LOOK,
    decisions.ShowCosts: Act.LOOK,
    decisions.StartDispatch: Act.START,
    decisions.AnswerQuestion: Act.ANSWER,
    decisions.FollowUp: Act.FOLLOW_UP,
    decisions.Steer: Act.STEER,
    decisions.StopDispatch: Act.STOP,
    decisions.CancelDispatch: Act.CANCEL,
    decisions.RetryDispatch: Act.RETRY,
    decisions.ShowUsage: Act.LOOK,
    decisions.ShowSessions: Act.LOOK,
    decisions.ShowWelcome: Act.LOOK,
    decisions.UseProject: Act.USE,
    decisions.StartAnew: Act.TALK,
    decisions.PickSession: Act.FOLLOW_UP,
    decisions.Compact: Act.COMPACT,
    decisions.MoveDispatch: Act.MOVE,
    decisions.Reroute: Act.REROUTE,
    decisions.AnswerYourself: Act.REROUTE,
    decisions.ProposeSchedule: Act.SCHEDULE,
    decisions.CreateSchedule: Act.SCHEDULE,
    decisions.PreviewSchedule: Act.SCHEDULE,
    decisions.ShowSchedules: Act.LOOK,
    decisions.ChangeSchedule: Act.SEE_SCHEDULE,  # and then what it changes
    decisions.ShowModels: Act.LOOK,
    decisions.ConfigureModels: Act.CONFIGURE,
}
"""What an action of a decision is; one about a dispatch or question is judged where that is read."""


def refusal(
    settings: Settings, person: Person, message: Message, action: decisions.Action, place: Address
) -> str | None:
    """Why the action may not be taken for this message; None when it may, as far as one can see here."""
    if isinstance(action, decisions.Nothing | decisions.Ask | decisions.TakeUp | Looking):
        return authorize(settings, person, ACTS[type(action)])
    if message.origin is not Origin.PERSON:
        return "That was forwarded, so I do not act on it. Say in your own words what should be done."
    if isinstance(action, decisions.AnswerQuestion | Touching | Scheduling | decisions.UseProject):
        return None  # the question, the dispatch, the schedule or the conversation knows who may
    if isinstance(action, decisions.ConfigureModels):
        return authorize(settings, person, Act.CONFIGURE)
    if isinstance(action, decisions.StartAnew):
        return authorize(settings, person, Act.TALK)
    return authorize(settings, person, Act.START, in_project(action.project, place))


def limits_in(settings: Settings, person: Person, project: str, words: str) -> tuple[Wish, str]:
    """The limits that a person's own words set for work in the project, and what was not granted of them."""
    entry = settings.projects.get(project)
    if entry is None:  # it left the configuration: nothing will run, which is said where that is found
        return limits.NO_WISH, ""
    allowed = Wish(entry.max_usd_per_dispatch, entry.timeout_s)
    may_exceed = authorize(settings, person, Act.ADD_MONEY) is None
    return limits.within(limits.parse(words), allowed, may_exceed=may_exceed)


def target(action: decisions.Action) -> str | None:
    """The dispatch that an action is about."""
    return (action.dispatch or None) if isinstance(action, Touching) else None
