"""AskUserQuestion as a question to a person, and a person's reply as its answer."""

from __future__ import annotations

from typing import Final

from adapters.specialists.claude_code.payload import Payload, items, table, text
from bot.model.questions import Ask, Option, Question, Reply

TOOL: Final = "AskUserQuestion"
ONE_AT_A_TIME: Final = "Only one question can wait at a time: put several questions into one call."
NOT_IN_A_SUBAGENT: Final = (
    "A subagent cannot ask a person. End your work with the question in your report; "
    "the main session will ask it."
)


def asks(given: Payload) -> tuple[Ask, ...]:
    return tuple(_ask(table(one)) for one in items(given.get("questions")))


def _ask(one: Payload) -> Ask:
    options = [table(option) for option in items(one.get("options"))]
    return Ask(
        key=text(one.get("question")),
        text=text(one.get("question")),
        options=tuple(
            Option(text(option.get("label")), text(option.get("description"))) for option in options
        ),
        multiple=one.get("multiSelect") is True,
    )


def answered(given: Payload, reply: Reply) -> dict[str, object]:
    """The tool's input with the answers in it, which is how Claude Code takes them."""
    known = [ask.key for ask in asks(given)]
    answers = {key: said for key, said in reply.answers.items() if key in known}
    if len(answers) < len(reply.answers) == len(known):  # a secret in a question was masked: by their order
        answers = dict(zip(known, reply.answers.values(), strict=True))
    if not answers:  # words that fit no single question stand for all of them
        answers = dict.fromkeys(known, reply.text or "; ".join(reply.answers.values()))
    return {**given, "answers": answers}


def as_prompt(question: Question, reply: Reply) -> str:
    """The answer in words, for a session that does not wait for it any more."""
    said = [f"The answer to your question “{key}” is: {value}" for key, value in reply.answers.items()]
    return "\n".join(said) or f"The answer to your question “{question.text}” is: {reply.text}"
