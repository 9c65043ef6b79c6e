"""What the demo plays on: a place of several people on the stand-in for a chat platform, and their phones.

An entry of the group ``frontdesk.rehearsals``, under the name of the chat, is a function without arguments
that opens one: ``async with open_phones() as phones``. People are ``ann`` and ``bob``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Seen:
    """One message as people see it now."""

    id: str
    by: str  # the name that stands over it
    text: str
    buttons: tuple[tuple[str, ...], ...] = ()  # labels, row by row
    files: tuple[str, ...] = ()  # their names
    answers: str | None = None  # the message that it is a reply to


class Phones(Protocol):
    @property
    def where(self) -> str:
        """What people look at, in a few words."""
        ...

    @property
    def configuration(self) -> str:
        """The tables of frontdesk.toml that this chat needs, without its tokens."""
        ...

    @property
    def accounts(self) -> Mapping[str, str]:
        """The line of ``[people.NAME]`` that says whose account each person has there."""
        ...

    @property
    def environment(self) -> Mapping[str, str]:
        """Tokens, and where the stand-in is."""
        ...

    def writes(self, person: str, words: str, answers: str | None = None) -> None:
        """To the house, with whatever it takes on the platform to address it; or as a reply to a message."""
        ...

    async def presses(self, person: str, label: str) -> str:
        """The newest button of that label; returns what pops up on their phone alone, once that is known.

        Raises Impossible when nobody could press it there.
        """
        ...

    def sees(self) -> Sequence[Seen]:
        """The place as it is on the screen, oldest first."""
        ...

    def page(self) -> str | None:
        """The place as one page of HTML; None where the stand-in draws none."""
        ...

    async def changed(self) -> None:
        """Returns when something there has happened."""
        ...


class Impossible(Exception):
    """No phone lets a person do this here and now."""
