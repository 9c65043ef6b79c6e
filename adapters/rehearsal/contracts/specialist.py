"""What every Specialist keeps: one end, one session, answers that count once, and no process left behind.

A suite for strangers' adapters too. Its prompts are words that the model behind your specialist must know:

    HELLO      says a sentence with "hello"
    RECALL     says a sentence with the words of HELLO, if the session has heard them
    COLOUR     asks one question, "Which colour?", with the options red and blue; then says the answer
    TOUCH      wants to make the file ``touched`` in its directory, and asks a person whether it may
    SHORT      makes several tool calls of some tenths of a second each, then says "done"
    LONG       makes a tool call that takes more than a minute

::

    for check in checks_for(specialist.abilities):
        await check(open_subject)  # a fresh subject for each
"""

from __future__ import annotations

from adapters.rehearsal.contracts import specialist_people, specialist_runs
from adapters.rehearsal.contracts.specialist_checking import (
    COLOUR,
    HELLO,
    LONG,
    RECALL,
    SHORT,
    TOUCH,
    Check,
    OpenSubject,
    Subject,
)
from bot.ports import Ability

__all__ = [
    "COLOUR",
    "HELLO",
    "LONG",
    "RECALL",
    "SHORT",
    "TOUCH",
    "Check",
    "OpenSubject",
    "Subject",
    "checks_for",
]


def checks_for(abilities: frozenset[Ability]) -> list[Check]:
    """Those that a specialist with these abilities must pass."""
    every = (*specialist_runs.checks, *specialist_people.checks)
    return [check for needed, check in every if needed <= abilities]
