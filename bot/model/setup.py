"""An adapter's part of ``init`` and ``doctor``: what it needs of its platform, and how that stands there.

An entry of the group ``frontdesk.setup``, under the name of its chat. Its functions raise only ChatError,
with one sentence that never holds a token.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar


class Verdict(StrEnum):
    PASS = "pass"  # noqa: S105 - a verdict
    WARN = "warn"  # works, but not as well as it could
    FAIL = "fail"  # something that was asked for cannot work


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, in one line."""

    name: str
    verdict: Verdict
    detail: str
    remedy: str = ""  # what to do next, unless it passed


@dataclass(frozen=True, slots=True)
class Token:
    """A secret that the chat cannot do without."""

    variable: str  # its usual name: TELEGRAM_BOT_TOKEN
    words: str  # what a person is asked for
    called: bool | None = None  # needed only where the platform calls us, or only where it does not
    installed: bool | None = None  # needed only where workspaces install the app, or only where none does


@dataclass(frozen=True, slots=True)
class BotAccount:
    """Whose tokens these are, as the platform says."""

    name: str  # as people write it: @frontdesk_bot
    invitation: str  # one sentence for whoever is to be linked; {code} stands for what they have to send


Tokens = Mapping[str, str]
Environ = Mapping[str, str]
T = TypeVar("T")
Asking = Coroutine[Any, Any, T]


@dataclass(frozen=True, slots=True)
class Examination:
    """What ``doctor`` hands to an adapter."""

    tokens: Tokens
    environ: Environ
    table: Mapping[str, Any]  # the chat's table of the configuration, checked
    alone: bool  # no house can be listening to the chat now, so that listening may be tried


@dataclass(frozen=True, slots=True)
class Wish:
    """What kind of app ``init`` was asked for."""

    table: Mapping[str, Any]  # the chat's table of the configuration, checked; empty without one
    minimal: bool = False  # without the permissions that can be left out
    agent: bool = False  # with the platform's own surface for agents


@dataclass(frozen=True, slots=True)
class Setup:
    steps: str  # what a person does at the platform beforehand
    comment: str  # stands in the file, under the head of the chat's table
    tokens: tuple[Token, ...]
    account: Callable[[Tokens, Environ], Asking[BotAccount]]
    """Asks the platform who these tokens belong to."""
    prepare: Callable[[Tokens, Environ], Asking[str]]
    """Sets at the platform what it is to know of us, such as its menu of commands; says what that was."""
    examine: Callable[[Examination], Asking[Sequence[Finding]]]
    """One line for each thing that can be wrong at the platform. Changes nothing."""
    steps_for: Callable[[Wish], str] | None = None
    """``steps`` where there are several kinds of app; without it ``init`` refuses to be asked for one."""

    def needed(self, *, called: bool, installed: bool = False) -> tuple[Token, ...]:
        """``called``: the configuration says that the platform calls us; ``installed``: it names workspaces
        that install the app."""
        fitting = (each for each in self.tokens if each.called in (None, called))
        return tuple(each for each in fitting if each.installed in (None, installed))
