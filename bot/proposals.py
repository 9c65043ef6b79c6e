"""The form in which a model may decide right now, and its way back to a Decision.

The form is built for each message: an action that cannot apply is not in it, and an id or project is one of
those that exist, so a model cannot name another. No form has a way to grant an approval. Words that are not
a person's own get a form without any action at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from types import GenericAlias
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, create_model

from bot import planning, schedule_words, when
from bot.brief import Brief
from bot.briefing import attached, one_line
from bot.model.decisions import (
    Action,
    AnswerQuestion,
    Ask,
    CancelDispatch,
    Choice,
    Decision,
    FollowUp,
    Nothing,
    ProposeSchedule,
    RetryDispatch,
    ShowStatus,
    StartDispatch,
    Steer,
    StopDispatch,
)
from bot.model.dispatches import Spec, Status
from bot.model.schedules import What
from bot.offers import BUTTONS, TITLE_CHARS, label
from bot.withheld import still_shown

ACTIONS: Final = 3
"""At most of one decision."""
SURE: Final = 0.5
"""Below this a person confirms first."""

_MARGINS: Final = ConfigDict(extra="forbid", str_strip_whitespace=True)
_Lines = list[Annotated[str, Field(max_length=500)]]


class SpecForm(BaseModel):
    """Self-contained instructions for the specialist, who sees nothing else."""

    model_config = _MARGINS
    goal: str = Field(min_length=1, max_length=4_000, description="The outcome, and what done means.")
    non_goals: _Lines = Field(default=[], max_length=12)
    inputs: _Lines = Field(default=[], max_length=12)
    constraints: _Lines = Field(default=[], max_length=12)
    output: str = Field(default="", max_length=1_000, description="What to hand back, in which form.")
    verification: _Lines = Field(default=[], max_length=12)
    escalate: _Lines = Field(default=[], max_length=12, description="What to ask about, not decide.")
    why: str = Field(default="", max_length=1_000)


class NothingForm(BaseModel):
    """Nobody asks for anything, or `say` is the whole answer."""

    model_config = _MARGINS
    kind: Literal["nothing"]


class AskForm(BaseModel):
    """One question back to the person."""

    model_config = _MARGINS
    kind: Literal["ask"]
    question: str = Field(min_length=1, max_length=300)
    options: list[Annotated[str, Field(min_length=1, max_length=60)]] = Field(default=[], max_length=BUTTONS)


class StatusForm(BaseModel):
    """Show the state of this conversation's work; the table is written by code."""

    model_config = _MARGINS
    kind: Literal["status"]


def form(brief: Brief) -> type[BaseModel]:
    """The decision that can be made about this message now."""
    any_action: Any = reduce(lambda one, other: one | other, _actions(brief))
    fields: dict[str, Any] = {
        "say": (str, Field(max_length=2_000, description="Words for the person; may be empty.")),
        "actions": (GenericAlias(list, (any_action,)), Field(min_length=1, max_length=ACTIONS)),
        "why": (str, Field(max_length=500, description="One sentence for the log.")),
        "confidence": (float, Field(ge=0, le=1)),
    }
    return create_model("Decision", __config__=_MARGINS, __doc__="What happens with the message.", **fields)


def read(proposal: BaseModel, brief: Brief) -> Decision:
    """The Decision that a filled form is; what its model was not sure of becomes a question."""
    filled = proposal.model_dump()
    proposed = [_action(action, brief) for action in filled["actions"]]
    actions = tuple(action for action in proposed if not isinstance(action, Nothing)) or (Nothing(),)
    decision = Decision(filled["say"], actions, filled["why"], filled["confidence"])
    starts = any(isinstance(action, StartDispatch) for action in decision.actions)
    unsure = decision.confidence < SURE or (starts and still_shown(brief))
    return _confirmed(decision, brief) if unsure else decision


def _actions(brief: Brief) -> Sequence[Any]:
    """What can apply now, in the order of the instructions."""
    forms: list[type[BaseModel]] = [NothingForm, AskForm]
    if not brief.trusted or brief.message.own:
        return forms
    failed = [d.id for d in brief.ended if d.status in (Status.FAILED, Status.STOPPED)]
    live, ended = [d.id for d in brief.live], [d.id for d in brief.ended]
    offers: tuple[tuple[str, str, list[str], str], ...] = (
        ("answer", "question", [q.id for q in brief.open_questions], "The message answers this question."),
        (
            "deny",
            "question",
            [q.id for q in brief.open_approvals],
            "The message clearly refuses this approval.",
        ),
        ("steer", "dispatch", live, "The message is for this work, which is going on."),
        ("follow_up", "dispatch", ended, "The message continues this work, which has ended."),
        ("stop", "dispatch", live, "Interrupt this work; it can be continued."),
        ("cancel", "dispatch", live, "End this work for good."),
        ("retry", "dispatch", failed, "Try this failed work again."),
    )
    forms += [_with_id(kind, field, ids, doc) for kind, field, ids, doc in offers if ids]
    if brief.dispatches:
        forms.append(StatusForm)
    forms.append(_schedule_form(brief.project_names))
    if brief.projects:
        forms.append(_dispatch_form(brief.project_names))
    return forms


def _schedule_form(projects: Sequence[str]) -> type[BaseModel]:
    when_words = "As in: every weekday at 9, every 2 hours, tomorrow at 14:30, or a cron line 0 9 * * 1-5."
    fields: dict[str, Any] = {
        "kind": (Literal["schedule"], ...),
        "when": (str, Field(min_length=1, max_length=120, description=when_words)),
        "words": (str, Field(min_length=1, max_length=4_000, description="What is to be done, then.")),
        "only_news": (bool, Field(default=False, description="Post only what is new.")),
        "project": (_one_of(["", *projects]), Field(default="")),
    }
    doc = "Work, or a digest of the work, is to start by itself; it is shown back and saved by a press only."
    return create_model("ScheduleForm", __config__=_MARGINS, __doc__=doc, **fields)


def _proposed(filled: dict[str, Any], brief: Brief) -> Action:
    """The time is read by code, as in every other mode."""
    found = when.read(filled["when"], brief.now, brief.timezone)
    if found is None or found.rest:
        return Ask(schedule_words.no_time(filled["when"]))
    project = filled["project"] or brief.usual_project
    plan = planning.plan(found.recurrence, filled["words"], brief.timezone, brief.project_names, project)
    if filled["only_news"] and plan.what is What.DISPATCH:
        plan = replace(plan, what=What.WATCH)
    return ProposeSchedule(plan)


def _with_id(kind: str, field: str, ids: Sequence[str], doc: str) -> type[BaseModel]:
    fields: dict[str, Any] = {"kind": (_one_of([kind]), ...), field: (_one_of(ids), ...)}
    return create_model(f"{kind.title()}Form", __config__=_MARGINS, __doc__=doc, **fields)


def _dispatch_form(projects: Sequence[str]) -> type[BaseModel]:
    return create_model(
        "DispatchForm",
        __config__=_MARGINS,
        __doc__="Hand new work to the specialist of a project.",
        kind=(Literal["dispatch"], ...),
        project=(_one_of(projects), ...),
        title=(str, Field(min_length=1, max_length=200)),
        choice=(str, Field(max_length=200, default="", description="Why this project: a few words.")),
        spec=(SpecForm, ...),
    )


def _one_of(values: Sequence[str]) -> Any:
    """A type of exactly these strings; Literal cannot be written for values known only at run time."""

    def known(value: str) -> str:
        if value not in values:
            raise ValueError(f"must be one of {', '.join(values)}")
        return value

    return Annotated[str, AfterValidator(known), WithJsonSchema({"type": "string", "enum": list(values)})]


def _action(filled: dict[str, Any], brief: Brief) -> Action:
    match filled:
        case {"kind": "ask", "question": question, "options": options}:
            return Ask(question, tuple(Choice(option) for option in options))
        case {"kind": "answer" | "deny", "question": id}:
            return AnswerQuestion(id)
        case {"kind": "steer", "dispatch": id}:
            return Steer(id)
        case {"kind": "follow_up", "dispatch": id}:
            return FollowUp(id)
        case {"kind": "stop", "dispatch": id}:
            return StopDispatch(id)
        case {"kind": "cancel", "dispatch": id}:
            return CancelDispatch(id)
        case {"kind": "retry", "dispatch": id}:
            return RetryDispatch(id)
        case {"kind": "schedule"}:
            return _proposed(filled, brief)
        case {"kind": "status"}:
            return ShowStatus()
        case {"kind": "dispatch", "project": project, "title": title, "spec": spec}:
            why = one_line(filled.get("choice", ""), 120)
            return StartDispatch(
                project, one_line(title, TITLE_CHARS), _spec(spec, brief), why, by_model=True
            )
        case _:
            return Nothing()


def _spec(filled: dict[str, Any], brief: Brief) -> Spec:
    """The model's spec with the person's words in it, so that nothing they said can get lost."""
    files = [f"attached file: {one_line(file.name, 80)}" for file in attached(brief.message)]
    return Spec(
        goal=filled["goal"],
        non_goals=tuple(filled["non_goals"]),
        inputs=(f"{brief.person.name} wrote: {brief.text}", *files, *filled["inputs"]),
        constraints=tuple(filled["constraints"]),
        output=filled["output"],
        verification=tuple(filled["verification"]),
        escalate=tuple(filled["escalate"]),
        asked_by=brief.person.name,
        why=filled["why"],
    )


def _confirmed(decision: Decision, brief: Brief) -> Decision:
    """The same decision as buttons: pressing one is what makes it happen."""
    offered = [(action, _in_words(action, brief)) for action in decision.actions]
    choices = [Choice(words, action) for action, words in offered if words]
    if not choices:
        return decision
    question = decision.say or "I am not sure what you mean. Shall I do this?"
    options = (*choices[: BUTTONS - 1], Choice("No"))
    return replace(decision, say="", actions=(Ask(question, options),))


def _in_words(action: Action, brief: Brief) -> str:
    """What a button says that applies ``action``; empty for what needs no confirmation."""
    match action:
        case StartDispatch(project, title):
            return f"Start in {project}: {one_line(title, 40)}"
        case AnswerQuestion(id):
            return f"It answers {id}"
        case Steer(id) | FollowUp(id):
            dispatch = brief.dispatch(id)
            return f"It is for {label(dispatch)}" if dispatch else f"It is for {id}"
        case StopDispatch(id):
            return f"Stop {id}"
        case CancelDispatch(id):
            return f"Cancel {id}"
        case RetryDispatch(id):
            return f"Retry {id}"
        case _:  # it changes nothing, or no form has it
            return ""
