"""Two messages whose treatment is plain, to find out early whether a model can be the secretary."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

from bot.brief import Brief, ProjectLine
from bot.model.conversations import Message
from bot.model.decisions import Decision, StartDispatch
from bot.model.people import Person, Role
from bot.ports import Health

_ASKS: Final = "Please fix the date parser: the test in tests/test_dates.py fails since yesterday."
_TALKS: Final = "Good morning! I was on holiday last week and I have just read your messages."
_REMEDY: Final = 'Set secretary.model to a model that can call tools, or to "rules".'


async def self_test(model: str, decide: Callable[[Brief], Awaitable[Decision]]) -> Health:
    """A clear request starts work in the only project, and small talk starts none."""
    for words, starts in ((_ASKS, True), (_TALKS, False)):
        decision = await decide(_canned(words))
        started = any(isinstance(action, StartDispatch) for action in decision.actions)
        if decision.note or started is not starts:
            what = decision.note or f"It {'starts' if started else 'does not start'} work for “{words}”"
            return Health(False, f"{model} does not work as the secretary. {what}", _REMEDY)
    return Health(True, f"{model} decided two test messages as it should.")


def _canned(words: str) -> Brief:
    now = datetime.now(UTC)
    message = Message("m1", "c1", 1, "selftest:1", "ann", "Ann", words, now)
    project = ProjectLine("library", "A library for dates", "acceptEdits")
    return Brief(
        message, Person("ann", "Ann", Role.USER), now, projects=(project,), default_project="library"
    )
