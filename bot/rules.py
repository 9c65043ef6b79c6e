"""Rules mode: decides without any model, by what a message plainly is and then by a score it can show.

It goes through the questions that a person at a desk would ask, in order; it asks with buttons when unsure
and never starts work on a guess. It is also what goes on when every model has failed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from bot import intents, planning, signals, when
from bot.brief import Brief
from bot.briefing import one_line
from bot.model.decisions import (
    Action,
    AnswerQuestion,
    CancelDispatch,
    Choice,
    Decision,
    Nothing,
    RetryDispatch,
    ShowCosts,
    ShowStatus,
    StopDispatch,
)
from bot.model.dispatches import Dispatch, Status
from bot.offers import (
    BUTTONS,
    ask,
    choose_project,
    explain,
    go_on,
    go_on_action,
    kind_of,
    label,
    project_for,
    propose_schedule,
    say,
    score_of,
    start,
    start_action,
    which,
)
from bot.prompts import text as prompt
from bot.shortcuts import shortcut
from bot.signals import WORK, Kind

__all__ = ["decide", "explain", "shortcut"]

_UNKNOWN_COMMAND: Final = re.compile(r"(?P<name>/[a-z_]+)(?:@\w+)?(?:\s.*)?", re.DOTALL)
_NOTHING_TO_DO: Final = "I see nothing to do in that. Tell me what you want done, or write `help`."
_SET_APART: Final = 1.0
"""Points for a sort of work that suffice after “new:”; the person said that it is work."""


def decide(brief: Brief) -> Decision:
    """Always a decision, for any text."""
    if decision := shortcut(brief):
        return decision
    for step in (
        _own,
        _silent,
        _foreign,
        _unknown_command,
        _ends,
        _small_talk,
        _open_question,
        _scheduled,
        _final,
        _apart,
        _several,
        _goes_on,
        _starts,
    ):
        if decision := step(brief):
            return decision
    return _unsure(brief)


def _own(brief: Brief) -> Decision | None:
    """No model answers, so there is nobody to give an answer of their own."""
    if not brief.message.own:
        return None
    return say("I work by fixed rules just now and have no answer of my own.", "an own answer was wanted")


def _silent(brief: Brief) -> Decision | None:
    if brief.for_us and (brief.text or brief.message.files):
        return None
    return Decision("", (Nothing(),), why="people talk to each other" if brief.text else "no words")


def _foreign(brief: Brief) -> Decision | None:
    if brief.trusted:
        return None
    words = "I have read that, but I act only on words that you write yourself. What shall I do with it?"
    return say(words, "the words are not the person's own")


def _unknown_command(brief: Brief) -> Decision | None:
    command = _UNKNOWN_COMMAND.fullmatch(brief.text)
    if command and "/" not in brief.text[1:].split(maxsplit=1)[0]:
        return say(f"I do not know `{command['name']}`; `help` lists what I know.", "an unknown command")
    return None


def _ends(brief: Brief) -> Decision | None:
    """Plain words that end work or try it again, where there is such work."""
    failed = [d for d in brief.ended if d.status in (Status.FAILED, Status.STOPPED)]
    if failed and intents.tries_again(brief.text):
        if len(failed) > 1:
            return which("Which one shall I try again?", failed, RetryDispatch)
        return Decision("", (RetryDispatch(failed[0].id),), why="asks for another try")
    if (found := intents.ends(brief.text)) is None:
        return None
    verb, words = found
    meant = _meant(brief.live, words) if words else list(brief.live)
    if not meant:
        return say("Nothing is running here.", "nothing to end") if not brief.live else None
    action = StopDispatch if verb == "stop" else CancelDispatch
    if len(meant) > 1 and not (verb == "stop" or intents.means_all(brief.text)):
        return which("Which one shall I cancel? It ends for good.", meant, CancelDispatch)
    return Decision("", tuple(action(d.id) for d in meant), why=f"asks to {verb}")


def _small_talk(brief: Brief) -> Decision | None:
    match _kind(brief):
        case Kind.STATE:
            return Decision("", (ShowStatus(),), why=explain(brief))
        case Kind.COSTS:
            return Decision("", (ShowCosts(),), why=explain(brief))
        case Kind.HELP:
            return say(prompt("help"), explain(brief))
        case Kind.THANKS:
            return say("You are welcome." if "than" in brief.text.casefold() else "", explain(brief))
        case Kind.GREETING:
            return say("Hello! Tell me what you want done, or write `help`.", explain(brief))
        case Kind.CHAT:
            of_the_day = any(s.name == signals.OF_THE_DAY for s in score_of(brief).signals)
            return say(_NOTHING_TO_DO if of_the_day else "", explain(brief))
        case _:
            return None


def _open_question(brief: Brief) -> Decision | None:
    """Words that may answer a question or may be something new: the person says which."""
    if not brief.open_questions:
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


def _scheduled(brief: Brief) -> Decision | None:
    """A time at the beginning or the end of work: it is shown back, and a press saves it."""
    found = when.read(brief.text, brief.now, brief.timezone)
    if found is None:
        return None
    said, rest = score_of(brief), score_of(brief, found.rest)
    wanted = said.asks or rest.asks or rest.work >= _SET_APART or planning.is_order(found.rest)
    if not wanted or said.tells or said.everyday:
        return None
    return propose_schedule(brief, brief.text, "the words name a time")


def _final(brief: Brief) -> Decision | None:
    """What cannot be undone is the person's to decide, once more and with open eyes."""
    if not intents.final(brief.text):
        return None
    going = [Choice(f"Yes, {label(d)}", go_on_action(d)) for d in brief.going[:2]]
    name = project_for(brief, _words(brief), Kind.CODING)
    fresh = [Choice(f"Yes, new work in {name}", start_action(brief, name, _words(brief)))] if name else []
    question = f"“{one_line(brief.text, 80)}” cannot be undone. Shall I really have it done?"
    return ask(question, (*going, *fresh, Choice("No")), "cannot be undone, so the person decides")


def _apart(brief: Brief) -> Decision | None:
    """“new: …”: the person says that it is work of its own."""
    words = intents.fresh(brief.text)
    if words is None:
        return None
    if several := _pieces(brief, words):
        return several
    score = score_of(brief, words)
    kind = score.best if score.best in WORK else None
    name = project_for(brief, words, kind)
    if kind is None or name is None or score.totals[kind] < _SET_APART:
        return choose_project(brief, words, "In which project shall I start that?", str(score))
    return start(brief, name, words, f"set apart by “new”; {score}")


def _several(brief: Brief) -> Decision | None:
    return None if brief.going and not _leaves(brief) else _pieces(brief, brief.text)


def _pieces(brief: Brief, text: str) -> Decision | None:
    """Each piece is plainly work, and no two are for the same place: else one specialist does it all."""
    found = [(piece, _target(brief, piece)) for piece in intents.parts(text)]
    targets = [target for _, target in found if target is not None]
    if len(targets) < 2 or len(targets) < len(found) or len(set(targets)) < len(targets):
        return None
    actions: Sequence[Action] = [start_action(brief, name, piece) for piece, name in found if name]
    return Decision("", tuple(actions), why=f"{len(targets)} separate pieces of work")


def _target(brief: Brief, piece: str) -> str | None:
    """Where a piece would be done, when that is plain."""
    score = score_of(brief, piece)
    placed = signals.addressed_project(piece, brief.project_names)
    enough = score.sure or (placed is not None and score.best is Kind.CODING and score.asks)
    if not enough or score.best not in WORK:
        return None
    return project_for(brief, piece, score.best)


def _goes_on(brief: Brief) -> Decision | None:
    """The conversation's only work goes on; of several it is the one that the words are about."""
    going = list(brief.going)
    if not going or _leaves(brief):
        return None
    meant = _meant(going, brief.text) if len(going) > 1 else going
    if len(meant) != 1:
        if score_of(brief).everyday:
            return None
        choices = [Choice(label(d), go_on_action(d)) for d in going[: BUTTONS - 2]]
        return ask("Which work is that for?", (*choices, *_new_work(brief), Choice("None")), explain(brief))
    (dispatch,) = meant
    if not _is_about(brief, dispatch):
        question = f"Is that for {label(dispatch)}?"
        yes = Choice(f"Yes, for {dispatch.id}", go_on_action(dispatch))
        return ask(question, (yes, *_new_work(brief), Choice("No")), explain(brief))
    why = "picked before" if brief.goes_on_with else "the only work in this conversation"
    decision = go_on(brief, dispatch, why if len(going) == 1 else "the work that the words are about")
    return Decision(
        f"Passed on to {label(dispatch)}. For separate work write `/new` before it.",
        decision.actions,
        why=decision.why,
        confidence=0.8,
    )


def _leaves(brief: Brief) -> bool:
    """For none of what is here: another project, another sort of work, or a subject of its own."""
    going, text = brief.going, _words(brief)
    score = score_of(brief, text)
    placed = signals.addressed_project(text, brief.project_names)
    if placed is not None and placed not in {d.project for d in going} and score.work >= _SET_APART:
        return True
    if not score.sure or score.best not in WORK or brief.goes_on_with:
        return False
    if intents.beside(brief.text) is not None:
        return True
    if intents.refers(text) and score.best is not Kind.WRITING:
        return False
    if score.best not in {kind_of(d.specialist) for d in going}:
        return True
    return score.best is Kind.CODING and _is_own_subject(brief, score)


def _is_own_subject(brief: Brief, score: signals.Score) -> bool:
    """It names a file or a thing in code of which nothing here has spoken."""
    named = [s.found for s in score.signals if s.name in ("names a file", "a name in code")]
    known = " ".join(f"{d.title} {d.spec.goal} {d.result} {d.activity}" for d in brief.going).casefold()
    return bool(named) and not any(name.casefold() in known for name in named) and not _overlaps(brief)


def _overlaps(brief: Brief) -> bool:
    words = intents.telling(brief.text)
    return any(words & _telling(d) for d in brief.going)


def _is_about(brief: Brief, dispatch: Dispatch) -> bool:
    """Whether the words sound like a part of the talk about that work; a live one hears anything."""
    if brief.goes_on_with or intents.telling(brief.text) & _telling(dispatch):
        return True
    score = score_of(brief)
    if score.everyday:
        return False
    if dispatch in brief.live or intents.goes_on(brief.text):
        return True
    return score.work > _SET_APART or (score.asks and intents.refers(brief.text))


def _meant(dispatches: Sequence[Dispatch], words: str) -> list[Dispatch]:
    """Those that the words name by number, else those that share most words with them; else none."""
    ids = set(re.findall(r"\bd\d{1,9}\b", words.casefold()))
    if named := [d for d in dispatches if d.id in ids]:
        return named
    said = intents.telling(words)
    shared = {d.id: len(said & _telling(d)) for d in dispatches}
    most = max(shared.values(), default=0)
    return [d for d in dispatches if most and shared[d.id] == most]


def _telling(dispatch: Dispatch) -> frozenset[str]:
    return intents.telling(f"{dispatch.title} {dispatch.spec.goal} {dispatch.project}")


def _starts(brief: Brief) -> Decision | None:
    words = _words(brief)
    score = score_of(brief, words)
    if not score.sure or score.best not in WORK:
        return None
    if name := project_for(brief, words, score.best):
        return start(brief, name, words, str(score))
    return choose_project(brief, words, "In which project shall I start that?", str(score))


def _unsure(brief: Brief) -> Decision:
    """Something may be wanted: ask. Nothing points to any work: say so, and leave it."""
    score = score_of(brief)
    if (score.work <= 0 and not score.asks) or score.tells or score.everyday:
        return say(_NOTHING_TO_DO, explain(brief))
    question = f"I am not sure what to do with “{one_line(brief.text, 80)}”. Shall I start work on it?"
    return choose_project(brief, _words(brief), question, explain(brief))


def _new_work(brief: Brief) -> tuple[Choice, ...]:
    """A button for starting anew, when it is clear where."""
    name = project_for(brief, _words(brief))
    return (Choice(f"New work in {name}", start_action(brief, name, _words(brief))),) if name else ()


def _words(brief: Brief) -> str:
    """The message without what sets it apart."""
    text = brief.text
    return intents.fresh(text) or intents.beside(text) or text


def _kind(brief: Brief) -> Kind | None:
    score = score_of(brief)
    return score.best if score.sure else None
