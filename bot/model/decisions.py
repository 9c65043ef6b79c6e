"""What the secretary proposes: a value that the desk checks before anything happens.

Every action carries its ``kind``, so that a stored decision is read back as what it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.model.dispatches import Spec
from bot.model.log import Tokens
from bot.model.schedules import Plan


@dataclass(frozen=True, slots=True)
class Nothing:
    """People talk to each other, or the words alone are the answer."""

    kind: Literal["nothing"] = "nothing"


@dataclass(frozen=True, slots=True)
class Ask:
    """One question back, with buttons; each option may carry the action that its press applies."""

    question: str
    options: tuple[Choice, ...] = ()
    kind: Literal["ask"] = "ask"


@dataclass(frozen=True, slots=True)
class StartDispatch:
    project: str
    title: str
    spec: Spec
    why: str = ""  # of this place, in a few words for the card
    by_model: bool = False  # the secretary could have answered itself
    again: bool = False  # although the same was answered a moment ago
    kind: Literal["dispatch"] = "dispatch"


@dataclass(frozen=True, slots=True)
class AnswerQuestion:
    """The person's message answers this question, verbatim; an approval is only ever refused by words."""

    question: str
    kind: Literal["answer"] = "answer"


@dataclass(frozen=True, slots=True)
class Steer:
    """The person's message is told to this dispatch while it is live."""

    dispatch: str
    kind: Literal["steer"] = "steer"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The person's message continues this dispatch's session."""

    dispatch: str
    kind: Literal["follow_up"] = "follow_up"


@dataclass(frozen=True, slots=True)
class StopDispatch:
    dispatch: str
    kind: Literal["stop"] = "stop"


@dataclass(frozen=True, slots=True)
class CancelDispatch:
    dispatch: str
    kind: Literal["cancel"] = "cancel"


@dataclass(frozen=True, slots=True)
class RetryDispatch:
    dispatch: str
    kind: Literal["retry"] = "retry"


@dataclass(frozen=True, slots=True)
class ShowStatus:
    """The state of this conversation's dispatches, written by code."""

    kind: Literal["status"] = "status"


@dataclass(frozen=True, slots=True)
class ShowCosts:
    """What the person's own work has cost this month, written by code."""

    kind: Literal["costs"] = "costs"


@dataclass(frozen=True, slots=True)
class ShowUsage:
    """How full each session here is, and what it has cost; of one dispatch, or of all here."""

    dispatches: tuple[str, ...] = ()
    kind: Literal["usage"] = "usage"


@dataclass(frozen=True, slots=True)
class ShowSessions:
    """What can be continued here, with a button for each."""

    kind: Literal["sessions"] = "sessions"


@dataclass(frozen=True, slots=True)
class ShowWelcome:
    """To somebody who has asked for nothing yet: where their words would go, and three examples."""

    kind: Literal["welcome"] = "welcome"


@dataclass(frozen=True, slots=True)
class UseProject:
    """The default project of the conversation from now on."""

    project: str
    kind: Literal["use"] = "use"


@dataclass(frozen=True, slots=True)
class StartAnew:
    """The next request here is new work, whatever went before."""

    kind: Literal["anew"] = "anew"


@dataclass(frozen=True, slots=True)
class PickSession:
    """Plain words here go on with this dispatch until somebody says otherwise."""

    dispatch: str
    kind: Literal["pick"] = "pick"


@dataclass(frozen=True, slots=True)
class Compact:
    """Have the dispatch's specialist make its session shorter."""

    dispatch: str
    kind: Literal["compact"] = "compact"


@dataclass(frozen=True, slots=True)
class MoveDispatch:
    """From now on the dispatch speaks in another conversation; ``dispatch`` empty: the only one elsewhere."""

    dispatch: str
    to: str = ""  # a chat's name: the person's private conversation there; empty: here
    kind: Literal["move"] = "move"


@dataclass(frozen=True, slots=True)
class Reroute:
    """Cancel the dispatch and begin it anew in another project; ``to`` empty: ask which one."""

    dispatch: str
    to: str = ""
    kind: Literal["reroute"] = "reroute"


@dataclass(frozen=True, slots=True)
class AnswerYourself:
    """Cancel the dispatch; the secretary answers the message that led to it, without any specialist."""

    dispatch: str
    kind: Literal["answer_yourself"] = "answer_yourself"


@dataclass(frozen=True, slots=True)
class TakeUp:
    """The person still wants what they wrote while nobody was here; the message has its turn again."""

    kind: Literal["take_up"] = "take_up"


@dataclass(frozen=True, slots=True)
class ProposeSchedule:
    """Show back what would start by itself; nothing is saved before a press."""

    plan: Plan
    kind: Literal["schedule"] = "schedule"


@dataclass(frozen=True, slots=True)
class CreateSchedule:
    """What the press of [Save it] applies; no form of a model has it."""

    plan: Plan
    kind: Literal["create_schedule"] = "create_schedule"


@dataclass(frozen=True, slots=True)
class PreviewSchedule:
    """Run it once, for the person who asks alone."""

    plan: Plan
    kind: Literal["preview_schedule"] = "preview_schedule"


@dataclass(frozen=True, slots=True)
class ShowSchedules:
    kind: Literal["schedules"] = "schedules"


@dataclass(frozen=True, slots=True)
class ChangeSchedule:
    """What a person's own command says about one schedule."""

    schedule: str
    change: str  # a commands.Change
    text: str = ""
    kind: Literal["change_schedule"] = "change_schedule"


@dataclass(frozen=True, slots=True)
class ShowModels:
    kind: Literal["models"] = "models"


@dataclass(frozen=True, slots=True)
class ConfigureModels:
    """Change the configuration file: which model does such work, or what a name means."""

    what: Literal["work", "project", "alias"]
    name: str  # the kind of work, the project, the alias
    model: str  # a name of [models], or its provider:model
    role: str = ""  # of an alias
    seen: str = ""  # which change was shown; empty: it is to be shown first
    kind: Literal["configure_models"] = "configure_models"


Action = (
    Nothing
    | Ask
    | StartDispatch
    | AnswerQuestion
    | Steer
    | FollowUp
    | StopDispatch
    | CancelDispatch
    | RetryDispatch
    | ShowStatus
    | TakeUp
    | ShowCosts
    | ShowUsage
    | ShowSessions
    | ShowWelcome
    | UseProject
    | StartAnew
    | PickSession
    | Compact
    | MoveDispatch
    | Reroute
    | AnswerYourself
    | ProposeSchedule
    | CreateSchedule
    | PreviewSchedule
    | ShowSchedules
    | ChangeSchedule
    | ShowModels
    | ConfigureModels
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A button of an Ask; pressing it applies ``action``, or just says the label when there is none."""

    label: str
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    say: str
    actions: tuple[Action, ...] = ()
    why: str = ""
    confidence: float = 1.0
    by: str = "rules"  # the model that decided, or "rules"
    cost_usd: float | None = 0.0
    tokens: Tokens | None = None  # of all requests together; None: no model was asked
    note: str = ""  # for the person: a fallback was used, the model failed …


@dataclass(frozen=True, slots=True)
class Written:
    """Prose from a model, or from code when none answered."""

    text: str
    by: str
    cost_usd: float | None
    note: str = ""
    tokens: Tokens | None = None
