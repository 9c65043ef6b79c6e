"""What a message plainly is, tried before any model: a command, a reply to a post of ours, a picked option.

Here nothing is weighed. Where two readings are possible the answer is None, and somebody thinks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bot import answers, commands, model_words, schedule_words, signals
from bot.brief import Brief
from bot.commands import Change, Command, Verb
from bot.model.decisions import (
    AnswerQuestion,
    CancelDispatch,
    ChangeSchedule,
    Choice,
    Compact,
    Decision,
    MoveDispatch,
    Nothing,
    RetryDispatch,
    ShowCosts,
    ShowModels,
    ShowSchedules,
    ShowSessions,
    ShowStatus,
    ShowUsage,
    ShowWelcome,
    StartAnew,
    StopDispatch,
    UseProject,
)
from bot.model.dispatches import Status
from bot.model.questions import Question, QuestionKind, QuestionState
from bot.offers import (
    ask,
    choose_project,
    go_on,
    list_projects,
    project_for,
    propose_schedule,
    say,
    start,
    which,
)
from bot.prompts import text as prompt

_COMMAND: Final = "a command"


def shortcut(brief: Brief) -> Decision | None:
    """What needs no judgement; None means that somebody has to think."""
    if not brief.trusted:
        return None
    if command := commands.parse(brief.text, brief.project_names):
        return _OBEYED[command.verb](brief, command)
    if brief.for_us and (wish := model_words.default(brief.text, brief.project_names)):
        return Decision("", (wish,), why="says which model does such work")
    if not brief.text and not brief.message.files and brief.for_us:
        return Decision("", (ShowWelcome(),), why="no words")
    if question := brief.question(brief.replied_to):
        return _reply_to_question(question, brief)
    if dispatch := brief.dispatch(brief.replied_to):
        return go_on(brief, dispatch, "a reply to its message")
    return _pending(brief)


# ── commands ─────────────────────────────────────────────────────────────────────────────────────────────


def _status(_brief: Brief, _command: Command) -> Decision:
    return Decision("", (ShowStatus(),), why=_COMMAND)


def _costs(_brief: Brief, _command: Command) -> Decision:
    return Decision("", (ShowCosts(),), why=_COMMAND)


def _help(_brief: Brief, _command: Command) -> Decision:
    return say(prompt("help"), _COMMAND)


def _start(_brief: Brief, _command: Command) -> Decision:
    return Decision("", (ShowWelcome(),), why=_COMMAND)


def _new(brief: Brief, command: Command) -> Decision:
    """``/new`` alone sets the next request apart; with words it is that request."""
    return _run(brief, command) if command.text else Decision("", (StartAnew(),), why=_COMMAND)


def _use(brief: Brief, command: Command) -> Decision:
    if command.project is None:
        choices = [Choice(name, UseProject(name)) for name in brief.project_names]
        usual = f"The default project here is {brief.usual_project}. " if brief.usual_project else ""
        return ask(f"{usual}Which one shall it be?", choices, _COMMAND) if choices else _no_project(brief)
    if command.project not in brief.project_names:
        return say(f"You have no project “{command.project}”. {list_projects(brief)}", _COMMAND)
    return Decision("", (UseProject(command.project),), why=_COMMAND)


def _no_project(brief: Brief) -> Decision:
    return say(list_projects(brief), _COMMAND)


def _usage(_brief: Brief, command: Command) -> Decision:
    return Decision("", (ShowUsage(command.ids),), why=_COMMAND)


def _sessions(_brief: Brief, _command: Command) -> Decision:
    return Decision("", (ShowSessions(),), why=_COMMAND)


def _compact(brief: Brief, command: Command) -> Decision:
    ids = command.ids or tuple(d.id for d in brief.going)
    if not ids:
        return say("There is no session here to compact.", _COMMAND)
    if len(ids) > 1 and not command.ids:
        return which("Which session shall I have compacted?", brief.going, Compact)
    return Decision("", tuple(Compact(id) for id in ids), why=_COMMAND)


def _move(_brief: Brief, command: Command) -> Decision:
    to = "" if command.text.casefold() == "here" else command.text
    return Decision("", tuple(MoveDispatch(id, to) for id in command.ids or ("",)), why=_COMMAND)


def _pair(_brief: Brief, _command: Command) -> Decision:
    """As with an approval: the inbox does it, from the person's own command."""
    return Decision("", (Nothing(),), why="the inbox lets people in when the command arrives")


def _models(_brief: Brief, command: Command) -> Decision:
    if not command.text:
        return Decision("", (ShowModels(),), why=_COMMAND)
    if wish := model_words.command(command.text):
        return Decision("", (wish,), why=_COMMAND)
    return say(
        "Write `/models set draft fast` (a kind of work or a project, and a model), or "
        "`/models alias critic opus You look for the weakest argument.`",
        _COMMAND,
    )


def _schedules(_brief: Brief, _command: Command) -> Decision:
    return Decision("", (ShowSchedules(),), why=_COMMAND)


def _schedule(brief: Brief, command: Command) -> Decision:
    """One that exists is changed; the words of a new one are shown back first."""
    if not command.ids:
        return propose_schedule(brief, command.text.removeprefix("add "), _COMMAND) or say(
            schedule_words.no_time(command.text), _COMMAND
        )
    if command.change and command.change not in set(Change):
        return say(f"After {command.ids[0]} comes one of {', '.join(Change)}.", _COMMAND)
    change = ChangeSchedule(command.ids[0], command.change or Change.SHOW.value, command.text)
    return Decision("", (change,), why=_COMMAND)


def _stop(brief: Brief, command: Command) -> Decision:
    ids = command.ids or tuple(d.id for d in brief.live)
    if not ids:
        return say("Nothing is running here.", _COMMAND)
    return Decision("", tuple(StopDispatch(id) for id in ids), why=_COMMAND)


def _cancel(brief: Brief, command: Command) -> Decision:
    ids = command.ids or tuple(d.id for d in brief.live)
    if not ids:
        return say("Nothing is running here; `cancel d7` ends one by its number.", _COMMAND)
    if len(ids) > 1 and not command.ids:
        return which("Which one shall I cancel? It ends for good.", brief.live, CancelDispatch)
    return Decision("", tuple(CancelDispatch(id) for id in ids), why=_COMMAND)


def _retry(brief: Brief, command: Command) -> Decision:
    failed = [d for d in brief.ended if d.status in (Status.FAILED, Status.STOPPED)]
    ids = command.ids or tuple(d.id for d in failed)
    if not ids:
        return say("Nothing here has failed; `retry d7` tries one again by its number.", _COMMAND)
    if len(ids) > 1 and not command.ids:
        return which("Which one shall I try again?", failed, RetryDispatch)
    return Decision("", tuple(RetryDispatch(id) for id in ids), why=_COMMAND)


def _tell(brief: Brief, command: Command) -> Decision:
    (id,) = command.ids
    if not command.text:
        return say(f"Write the words after it: `/tell {id} please add a test`.", _COMMAND)
    if dispatch := brief.dispatch(id):
        return go_on(brief, dispatch, _COMMAND, command.text)
    return say(f"There is no {id} in this conversation; `status` lists what is here.", _COMMAND)


def _answer(brief: Brief, command: Command) -> Decision:
    if not command.ids or not command.text:
        return say("Write the question's number and your answer: `/answer q3 the second one`.", _COMMAND)
    question = brief.question(command.ids[0])
    if question and question.kind is QuestionKind.APPROVAL:
        return about_approval(question, command.text)
    return Decision("", (AnswerQuestion(command.ids[0]),), why=_COMMAND)


def _approve(brief: Brief, command: Command) -> Decision:
    """Granting is no action of any decision: the inbox does it, from the person's own command."""
    if not command.ids:
        return say(_list_approvals(brief), _COMMAND)
    return Decision("", (Nothing(),), why="the inbox gives approvals when the command arrives")


def _deny(brief: Brief, command: Command) -> Decision:
    ids = command.ids or tuple(q.id for q in brief.open_approvals)
    if len(ids) != 1:
        return say(_list_approvals(brief), _COMMAND)
    return Decision("", (AnswerQuestion(ids[0]),), why=_COMMAND)


def _list_approvals(brief: Brief) -> str:
    ids = [q.id for q in brief.open_approvals]
    if not ids:
        return "No approval is waiting here."
    return f"Waiting here: {', '.join(ids)}. Write the number too, as in `/approve {ids[0]}`."


def _run(brief: Brief, command: Command) -> Decision:
    if not command.text:
        return say("Write what to do after it: `/run @project what to do`.", _COMMAND)
    if command.project and command.project not in brief.project_names:
        return say(f"You have no project “{command.project}”. {list_projects(brief)}", _COMMAND)
    score = signals.score(command.text, brief.project_names)
    kind = score.best if score.sure and score.best in signals.WORK else None
    if name := command.project or project_for(brief, command.text, kind) or project_for(brief, command.text):
        return start(brief, name, command.text, _COMMAND)
    return choose_project(brief, command.text, "In which project?", "a command that names no project")


_OBEYED: Final[dict[Verb, Callable[[Brief, Command], Decision]]] = {
    Verb.STATUS: _status,
    Verb.COSTS: _costs,
    Verb.HELP: _help,
    Verb.STOP: _stop,
    Verb.CANCEL: _cancel,
    Verb.RETRY: _retry,
    Verb.TELL: _tell,
    Verb.ANSWER: _answer,
    Verb.APPROVE: _approve,
    Verb.DENY: _deny,
    Verb.RUN: _run,
    Verb.START: _start,
    Verb.NEW: _new,
    Verb.USE: _use,
    Verb.USAGE: _usage,
    Verb.COMPACT: _compact,
    Verb.SESSIONS: _sessions,
    Verb.MOVE: _move,
    Verb.PAIR: _pair,
    Verb.MODELS: _models,
    Verb.SCHEDULES: _schedules,
    Verb.SCHEDULE: _schedule,
}


# ── questions and approvals ──────────────────────────────────────────────────────────────────────────────


def _reply_to_question(question: Question, brief: Brief) -> Decision:
    if question.state is not QuestionState.OPEN:
        if dispatch := brief.dispatch(question.dispatch):
            return go_on(brief, dispatch, f"a reply to {question.id}, which is closed")
        return say(f"{question.id} is already closed.", "a reply to a closed question")
    if question.kind is QuestionKind.APPROVAL:
        return about_approval(question, brief.text)
    return Decision("", (AnswerQuestion(question.id),), why="a reply to the question's message")


def about_approval(question: Question, text: str) -> Decision:
    """Words may deny, with reasons; whatever else they say, nothing is granted."""
    if answers.denies(text):
        return Decision("", (AnswerQuestion(question.id),), why="a clear no")
    return say(
        f"Words alone do not allow it: press [Allow] at {question.id} or write `/approve {question.id}`. "
        "To refuse, write “no” and why; your words go to the specialist.",
        "an approval is granted by a press or a command only",
    )


def _pending(brief: Brief) -> Decision | None:
    """The one open thing here that this message can hardly fail to be about."""
    waiting = [*brief.open_questions, *brief.open_approvals]
    if not waiting or not (brief.for_us or _is_option(waiting, brief.text)) or _is_thanks(brief, waiting):
        return None
    if len(waiting) > 1:
        return _one_of_several(brief, waiting)
    question = waiting[0]
    if question.kind is QuestionKind.APPROVAL:
        about_it = answers.grants(brief.text) or answers.denies(brief.text)
        return about_approval(question, brief.text) if about_it else None
    if answers.picks(question, brief.text) or answers.agrees_or_not(brief.text):
        return Decision("", (AnswerQuestion(question.id),), why="picks an option of the only open question")
    if answers.is_short(brief.text) and not _asks_for_something(brief):
        return Decision("", (AnswerQuestion(question.id),), why="a short phrase, and one question is open")
    return None


def _is_option(waiting: list[Question], text: str) -> bool:
    """The words of an option are meant for us even where people talk to each other; a bare yes is not."""
    return any(
        answers.chosen(asked, text) is not None and not answers.is_yes(text) and not answers.is_no(text)
        for question in waiting
        for asked in question.asks
    )


def _one_of_several(brief: Brief, waiting: list[Question]) -> Decision | None:
    """The words of an option say which is meant; a bare number, yes or no the person has to place."""
    named = [q for q in waiting if q.kind is QuestionKind.QUESTION and answers.names_option(q, brief.text)]
    if len(named) == 1 and answers.is_short(brief.text):
        return Decision("", (AnswerQuestion(named[0].id),), why="names an option of this question only")
    if not any(answers.picks(q, brief.text) for q in waiting) and not answers.grants(brief.text):
        return None
    questions = [q for q in waiting if q.kind is QuestionKind.QUESTION]
    if not questions:
        return say(_list_approvals(brief), "several approvals are open")
    choices = [Choice(f"It answers {q.id} ({q.dispatch})", AnswerQuestion(q.id)) for q in questions]
    return ask("Several questions are open. Which one is that for?", choices, "several questions are open")


def _is_thanks(brief: Brief, waiting: list[Question]) -> bool:
    """But a thumb up, which is thanks too, answers where yes or no is asked."""
    if any(answers.picks(question, brief.text) for question in waiting):
        return False
    return signals.score(brief.text, brief.project_names).best is signals.Kind.THANKS


def _asks_for_something(brief: Brief) -> bool:
    """Work by its own words, or talk: neither is a phrase that answers."""
    score = signals.score(brief.text, brief.project_names)
    return score.sure and score.best is not None
