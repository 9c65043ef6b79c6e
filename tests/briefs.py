"""Thread states by name, for the tests of what is decided in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.brief import Brief, ProjectLine
from bot.model.conversations import Message
from bot.model.decisions import (
    Action,
    AnswerQuestion,
    Ask,
    CancelDispatch,
    Compact,
    FollowUp,
    MoveDispatch,
    Nothing,
    PickSession,
    RetryDispatch,
    ShowCosts,
    ShowStatus,
    StartDispatch,
    Steer,
    StopDispatch,
)
from bot.model.dispatches import Dispatch, ParkReason, Spec, Status
from bot.model.people import Person, Role
from bot.model.questions import Approval, Option, Question, QuestionKind
from bot.model.questions import Ask as Asked

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ANN = Person("ann", "Ann", Role.ADMIN)
API = ProjectLine("api", "The HTTP service", "acceptEdits")
WEB = ProjectLine("web", "The site", "acceptEdits")
RESEARCH = ProjectLine("library", "Looks things up", "plan", "web-research")


def message(text: str) -> Message:
    return Message("m9", "c1", 9, "terminal:9", "ann", "Ann", text, NOW)


def dispatch(id: str, status: Status, project: str = "api", title: str = "Greet politely") -> Dispatch:
    return Dispatch(
        id,
        "c1",
        project,
        "claude-code",
        title,
        Spec("greet"),
        "ann",
        "m1",
        NOW - timedelta(minutes=9),
        status,
    )


def question(id: str, of: str, text: str, *options: str, multiple: bool = False) -> Question:
    asked = Asked(text, text, tuple(Option(label) for label in options), multiple)
    return Question(id, of, 1, "c1", QuestionKind.QUESTION, "toolu_1", (asked,), NOW - timedelta(minutes=2))


def approval(id: str, of: str) -> Question:
    asked = (Asked("allow", "Run `rm -r build`?", (Option("Allow"), Option("Deny"))),)
    shown = Approval("Bash", '{"command":"rm -r build"}', "/src/api")
    return Question(id, of, 1, "c1", QuestionKind.APPROVAL, "toolu_2", asked, NOW, shown)


EMPTY = Brief(message(""), ANN, NOW, projects=(API,), default_project="api")
TWO_PROJECTS = replace(EMPTY, projects=(API, WEB), default_project=None)
NO_PROJECT = replace(EMPTY, projects=(), default_project=None)
WITH_RESEARCH = replace(EMPTY, projects=(API, RESEARCH))
RUNNING = replace(EMPTY, dispatches=(dispatch("d1", Status.RUNNING),))
WAITING = replace(EMPTY, dispatches=(dispatch("d1", Status.WAITING),))
DONE = replace(EMPTY, dispatches=(dispatch("d1", Status.DONE),))
FAILED = replace(EMPTY, dispatches=(dispatch("d1", Status.FAILED),))
CANCELLED = replace(EMPTY, dispatches=(dispatch("d1", Status.CANCELLED),))
SEVERAL = replace(
    TWO_PROJECTS,
    dispatches=(dispatch("d2", Status.RUNNING, "web", "Paint it blue"), dispatch("d1", Status.DONE)),
)
TWO_LIVE = replace(EMPTY, dispatches=(dispatch("d2", Status.RUNNING), dispatch("d1", Status.WAITING)))
_PARKED = replace(dispatch("d1", Status.PARKED), park_reason=ParkReason.QUESTION)
COLOUR = replace(
    EMPTY,
    dispatches=(_PARKED,),
    questions=(question("q1", "d1", "Which colour?", "Red", "Dark blue", "Green (recommended)"),),
)
YES_NO = replace(
    COLOUR, questions=(question("q1", "d1", "Keep the old file?", "Yes, keep it", "No, delete it"),)
)
OPEN_END = replace(COLOUR, questions=(question("q1", "d1", "What should the page say?"),))
TOPPINGS = replace(
    COLOUR, questions=(question("q1", "d1", "Which parts?", "Menu", "Footer", "Logo", multiple=True),)
)
TWO_QUESTIONS = replace(COLOUR, questions=(*COLOUR.questions, question("q2", "d1", "Which size?", "S", "L")))
APPROVAL = replace(
    EMPTY,
    dispatches=(replace(_PARKED, park_reason=ParkReason.APPROVAL),),
    questions=(approval("q3", "d1"),),
)
GROUP = replace(EMPTY, direct=False, others_present=True, message=replace(message(""), addressed=False))


def says(brief: Brief, text: str, replied_to: str | None = None) -> Brief:
    """The same state, and this message."""
    return replace(brief, message=replace(brief.message, text=text), replied_to=replied_to)


def short(action: Action) -> str:
    """An action in two words, as the tables of cases write it."""
    match action:
        case StartDispatch(project):
            return f"start {project}"
        case AnswerQuestion(id):
            return f"answer {id}"
        case Steer(id):
            return f"steer {id}"
        case FollowUp(id):
            return f"follow {id}"
        case StopDispatch(id):
            return f"stop {id}"
        case CancelDispatch(id):
            return f"cancel {id}"
        case RetryDispatch(id):
            return f"retry {id}"
        case ShowStatus():
            return "status"
        case ShowCosts():
            return "costs"
        case Ask(_, options):
            return "ask: " + ", ".join(short(o.action) if o.action else o.label for o in options)
        case Nothing():
            return "nothing"
        case MoveDispatch(id, to):
            return " ".join(filter(None, ("move", id, to and f"to {to}")))
        case Compact(id) | PickSession(id):
            return f"{action.kind} {id}"
        case _:
            return action.kind
