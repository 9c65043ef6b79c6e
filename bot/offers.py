"""The decisions that short-cuts and rules mode have in common: say it, go on with work, start it, or ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from pydantic import TypeAdapter

from bot import planning
from bot.brief import Brief, ProjectLine
from bot.briefing import attached, one_line
from bot.model.decisions import (
    Action,
    Ask,
    Choice,
    Decision,
    FollowUp,
    Nothing,
    ProposeSchedule,
    StartDispatch,
    Steer,
    TakeUp,
)
from bot.model.dispatches import LIVE, Dispatch, Spec, Status
from bot.model.schedules import What
from bot.signals import WORK, Kind, Score, addressed_project, named_project, score

TITLE_CHARS: Final = 60
BUTTONS: Final = 4
"""Choices at most; more are not read."""

_TEXT_SPECIALISTS: Final = {"web-research": Kind.RESEARCH, "completion": Kind.WRITING}
"""Every other specialist works on files."""


_ACTION: Final[TypeAdapter[Action]] = TypeAdapter(Action)


def dump(action: Action) -> str:
    """As a button keeps it."""
    return _ACTION.dump_json(action).decode()


def load(text: str) -> Action:
    return _ACTION.validate_json(text)


def say(words: str, why: str) -> Decision:
    return Decision(words, (Nothing(),), why=why)


def ask(question: str, choices: Sequence[Choice], why: str, confidence: float = 0.5) -> Decision:
    return Decision("", (Ask(question, tuple(choices[:BUTTONS])),), why=why, confidence=confidence)


def which(question: str, dispatches: Sequence[Dispatch], action: Callable[[str], Action]) -> Decision:
    """Ask which of several pieces of work is meant."""
    choices = [Choice(label(dispatch), action(dispatch.id)) for dispatch in dispatches]
    return ask(question, choices, "several could be meant")


def label(dispatch: Dispatch) -> str:
    return f"{dispatch.id}: {one_line(dispatch.title, 40)}"


def still_wanted(brief: Brief) -> Decision:
    """Nobody was here when it was written; what people wanted then is not what they want now."""
    if not brief.for_us:
        return Decision("", (Nothing(),), why="people talked to each other, a while ago")
    if brief.message.voice and brief.message.voice.heard:
        heard = "\n".join(f"> {line}" for line in brief.text.splitlines())
        question = f"I heard:\n\n{heard}\n\nShall I go on with that?"
        return ask(question, (Choice("Yes, go on", TakeUp()), Choice("No")), "it was spoken, not written")
    question = f"I was away when you wrote “{one_line(brief.text, 80)}”. Do you still want this?"
    return ask(question, (Choice("Yes, go on", TakeUp()), Choice("No")), "it was written a while ago")


def go_on(brief: Brief, dispatch: Dispatch, why: str, words: str = "") -> Decision:
    """Pass the message to a dispatch in the way its state allows; ``words`` are it without a command."""
    if dispatch.status is Status.CANCELLED:
        again = Choice("Start it anew", start_action(brief, dispatch.project, words or brief.text))
        question = f"{dispatch.id} was cancelled and cannot go on. Shall I start new work with your words?"
        return ask(question, (again, Choice("No")), why)
    return Decision("", (go_on_action(dispatch),), why=why)


def go_on_action(dispatch: Dispatch) -> Action:
    return Steer(dispatch.id) if dispatch.status in LIVE else FollowUp(dispatch.id)


def start(brief: Brief, project: str, text: str, why: str) -> Decision:
    return Decision("", (start_action(brief, project, text),), why=why)


def start_action(brief: Brief, project: str, text: str) -> StartDispatch:
    specialist = next((p.specialist for p in brief.projects if p.name == project), "")
    title, told = one_line(text, TITLE_CHARS), spec(brief, text, kind_of(specialist))
    return StartDispatch(project, title, told, _in_words(brief, project, text))


def _in_words(brief: Brief, project: str, text: str) -> str:
    """Why there, for the card."""
    if project in (addressed_project(text, brief.project_names), named_project(text, brief.project_names)):
        return "which you named"
    strongest = max(score(text, brief.project_names).signals, key=lambda signal: signal.weight, default=None)
    if strongest is not None and strongest.kind in WORK and strongest.weight > 0:
        return (
            f"it {strongest.name}: “{strongest.found}”"
            if strongest.name.startswith(_VERBAL)
            else (f"“{strongest.found}” is {strongest.name}")
        )
    return "the default here" if project == brief.usual_project else ""


_VERBAL: Final = ("asks", "names", "says", "forbids", "tells")


_CONTRACTS: Final[dict[Kind, tuple[str, str, str]]] = {
    Kind.CODING: (
        "Keep to the conventions of the project.",
        "What was done and what was found, in a few sentences; which files changed.",
        "Check the work in the way the project itself does, and say what the check said.",
    ),
    Kind.RESEARCH: (
        "Only what a page says that was read for this; nothing from memory.",
        "The answer first, then its sources; what could not be verified, and what stayed open.",
        "Each source was read, and each claim stands on its page.",
    ),
    Kind.WRITING: (
        "Only what the given text and the request say; nothing is made up.",
        "The text alone, in the form and language that were asked for.",
        "Compare it with the request once more: nothing left out, nothing added.",
    ),
}
"""By sort of work: what to keep to, what to hand back, how to check it."""


def spec(brief: Brief, text: str, kind: Kind = Kind.CODING) -> Spec:
    """The template of rules mode: the person's own words are the goal, nothing is read into them."""
    constraint, output, check = _CONTRACTS[kind]
    return Spec(
        goal=text,
        non_goals=("Anything that the goal does not ask for.",),
        inputs=tuple(f"attached file: {one_line(file.name, 80)}" for file in attached(brief.message)),
        constraints=(constraint,),
        output=output,
        verification=(check,),
        escalate=(
            "Deleting data, publishing, spending money, or sending anything to others.",
            "Matters of taste that the person should settle.",
        ),
        asked_by=brief.person.name,
        why="They asked for it in the conversation; rules mode passed their words on unchanged.",
    )


def project_for(brief: Brief, text: str, kind: Kind | None = None) -> str | None:
    """The project that ``text`` names, else the usual one, else the only one for that kind of work."""
    fitting = [p.name for p in brief.projects if kind is None or kind_of(p.specialist) is kind]
    for named in (addressed_project(text, brief.project_names), named_project(text, brief.project_names)):
        if named in fitting:
            return named
    if brief.usual_project in fitting:
        return brief.usual_project
    return fitting[0] if len(fitting) == 1 else None


def kind_of(specialist: str) -> Kind:
    """The sort of work that a specialist does."""
    return _TEXT_SPECIALISTS.get(specialist, Kind.CODING)


def choose_project(brief: Brief, text: str, question: str, why: str) -> Decision:
    """Offer to start ``text`` in one of the projects; without any, say how one comes to be."""
    if not brief.projects:
        return say(list_projects(brief), why)
    usual = sorted(brief.projects, key=lambda p: p.name != brief.usual_project)
    choices = [Choice(f"Start in {p.name}", start_action(brief, p.name, text)) for p in usual[: BUTTONS - 1]]
    return ask(question, (*choices, Choice("No")), why)


def propose_schedule(brief: Brief, text: str, why: str) -> Decision | None:
    """What the words would have start by itself, for the person to confirm; None without a time in them."""
    plan = planning.read(text, brief.now, brief.timezone, brief.project_names)
    if plan is not None and plan.project is None:
        kind = score(plan.prompt).best
        usual = project_for(brief, plan.prompt, kind if kind in WORK else None) or brief.usual_project
        plan = replace(plan, project=usual) if plan.what is not What.DIGEST else plan
    if plan is None:
        return None
    if plan.what is What.DIGEST or plan.project is not None:
        return Decision("", (ProposeSchedule(plan),), why=why, confidence=0.8)
    if not brief.projects:
        return say(list_projects(brief), why)
    choices = [
        Choice(f"In {p.name}", ProposeSchedule(replace(plan, project=p.name)))
        for p in brief.projects[: BUTTONS - 1]
    ]
    return ask("In which project shall that run?", (*choices, Choice("No")), why)


def list_projects(brief: Brief) -> str:
    if not brief.projects:
        return "There is no project you may work in. An admin adds one with `frontdesk projects add`."
    return "Your projects: " + ", ".join(_project(p) for p in brief.projects) + "."


def _project(project: ProjectLine) -> str:
    return f"{project.name} ({one_line(project.description, 60)})" if project.description else project.name


def score_of(brief: Brief, text: str | None = None) -> Score:
    """Of the message, or of a part of it."""
    files = tuple(file.name for file in attached(brief.message))
    return score(brief.text if text is None else text, brief.project_names, files)


def explain(brief: Brief) -> str:
    """The score of the message, in one line."""
    return str(score_of(brief))
