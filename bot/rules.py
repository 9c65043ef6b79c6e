"""Rules mode: decides without any model, by what a message plainly is and then by a score it can show.

It goes through the questions that a person at a desk would ask, in order; it asks with buttons when unsure
and never starts work on a guess. It is also what goes on when every model has failed.
"""

from __future__ import annotations

import re
from typing import Final

from bot import signals
from bot.brief import Brief
from bot.briefing import one_line
from bot.model.decisions import AnswerQuestion, Choice, Decision, Nothing, ShowStatus
from bot.model.dispatches import Dispatch
from bot.offers import (
    BUTTONS,
    ask,
    choose_project,
    explain,
    go_on,
    go_on_action,
    label,
    project_for,
    say,
    start,
    start_action,
)
from bot.prompts import text as prompt
from bot.shortcuts import shortcut
from bot.signals import WORK, Kind

__all__ = ["decide", "explain", "shortcut"]

_FRESH: Final = re.compile(
    r"(?:new|new work|separately|something else|another thing)\s*[:,]\s*", re.IGNORECASE
)
_UNKNOWN_COMMAND: Final = re.compile(r"(?P<name>/[a-z_]+)(?:@\w+)?(?:\s.*)?", re.DOTALL)


def decide(brief: Brief) -> Decision:
    """Always a decision, for any text."""
    if decision := shortcut(brief):
        return decision
    for step in (_silent, _foreign, _unknown_command, _open_question, _small_talk, _goes_on, _starts):
        if decision := step(brief):
            return decision
    return _unsure(brief)


def _silent(brief: Brief) -> Decision | None:
    if brief.for_us and brief.text:
        return None
    return Decision("", (Nothing(),), why="people talk to each other" if brief.text else "no words")


def _foreign(brief: Brief) -> Decision | None:
    if brief.trusted:
        return None
    words = "I have read that, but I act only on words that you write yourself. What shall I do with it?"
    return say(words, "the words are not the person's own")


def _unknown_command(brief: Brief) -> Decision | None:
    if command := _UNKNOWN_COMMAND.fullmatch(brief.text):
        return say(f"I do not know `{command['name']}`; `help` lists what I know.", "an unknown command")
    return None


def _open_question(brief: Brief) -> Decision | None:
    """Words that may answer a question or may be something new: the person says which."""
    if not brief.open_questions or _kind(brief) in (Kind.STATE, Kind.HELP, Kind.THANKS):
        return None
    answers = [
        Choice(f"It answers {q.id}", AnswerQuestion(q.id)) for q in brief.open_questions[: BUTTONS - 2]
    ]
    fresh = _new_work(brief)
    ids = " or ".join(q.id for q in brief.open_questions[: BUTTONS - 2])
    return ask(
        f"Does that answer {ids}, or is it something else?",
        (*answers, *fresh, Choice("Neither")),
        explain(brief),
    )


def _small_talk(brief: Brief) -> Decision | None:
    match _kind(brief):
        case Kind.STATE:
            return Decision("", (ShowStatus(),), why=explain(brief))
        case Kind.HELP:
            return say(prompt("help"), explain(brief))
        case Kind.THANKS:
            return say("You are welcome." if "than" in brief.text.casefold() else "", explain(brief))
        case Kind.GREETING:
            return say("Hello! Tell me what you want done, or write `help`.", explain(brief))
        case _:
            return None


def _goes_on(brief: Brief) -> Decision | None:
    """The conversation's only work goes on; of several the person picks one."""
    going = list(brief.going)
    if not going or _FRESH.match(brief.text) or _elsewhere(brief, going):
        return None
    if len(going) > 1:
        choices = [Choice(label(d), go_on_action(d)) for d in going[: BUTTONS - 2]]
        return ask("Which work is that for?", (*choices, *_new_work(brief), Choice("None")), explain(brief))
    why = "picked before" if brief.goes_on_with else "the only work in this conversation"
    decision = go_on(brief, going[0], why)
    return Decision(
        f"Passed on to {label(going[0])}. For separate work write `/new` before it.",
        decision.actions,
        why=decision.why,
        confidence=0.8,
    )


def _elsewhere(brief: Brief, going: list[Dispatch]) -> bool:
    """The words name a project in which nothing here is at work."""
    named = signals.named_project(brief.text, brief.project_names)
    return named is not None and named not in {d.project for d in going}


def _starts(brief: Brief) -> Decision | None:
    score = signals.score(_words(brief), brief.project_names)
    if not score.sure or score.best not in WORK:
        return None
    if name := project_for(brief, _words(brief), score.best):
        return start(brief, name, _words(brief), str(score))
    return choose_project(brief, _words(brief), "In which project shall I start that?", str(score))


def _unsure(brief: Brief) -> Decision:
    question = f"I am not sure what to do with “{one_line(brief.text, 80)}”. Shall I start work on it?"
    return choose_project(brief, _words(brief), question, explain(brief))


def _new_work(brief: Brief) -> tuple[Choice, ...]:
    """A button for starting anew, when it is clear where."""
    name = project_for(brief, _words(brief))
    return (Choice(f"New work in {name}", start_action(brief, name, _words(brief))),) if name else ()


def _words(brief: Brief) -> str:
    """The message without the “new:” that sets it apart."""
    return _FRESH.sub("", brief.text, count=1) if _FRESH.match(brief.text) else brief.text


def _kind(brief: Brief) -> Kind | None:
    score = signals.score(brief.text, brief.project_names)
    return score.best if score.sure else None
