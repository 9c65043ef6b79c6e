"""What the checks of a Chat hold in their hands: the chat, and the platform behind it as people see it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from adapters.rehearsal.scripted_chat.faults import Fault
from bot.errors import ChatError
from bot.model.conversations import Address
from bot.model.posts import Part
from bot.ports import Chat


class Rig(Protocol):
    @property
    def chat(self) -> Chat: ...
    @property
    def where(self) -> Address:
        """A conversation that exists."""
        ...

    @property
    def account(self) -> str:
        """Of somebody to whom we may write in private."""
        ...

    def text(self, part: Part) -> str:
        """What people read in this part."""
        ...

    def attached(self, part: Part) -> str | None:
        """The text of the file that this part is; None for a message."""
        ...

    def length(self, text: str) -> int:
        """As the platform counts."""
        ...


class PlatformRig(Rig, Protocol):
    def shown(self) -> Sequence[tuple[str, str]]:
        """Id and text of our messages in ``where``, oldest first."""
        ...

    def fails_next(self, fault: Fault) -> None:
        """The next call that posts or edits goes this way."""
        ...

    def closes(self) -> None:
        """The conversation ``where`` is deleted."""
        ...

    def writes(self, text: str) -> None:
        """A person writes in ``where``."""
        ...

    def redelivers(self) -> None:
        """The platform delivers the newest event once more, although it was acknowledged."""
        ...

    def acknowledged(self) -> int:
        """How many events are off the platform's hands."""
        ...

    async def until(self, reached: Callable[[], bool]) -> None:
        """Returns once ``reached()``, or raises TimeoutError."""
        ...


ChatCheck = Callable[[Any], Awaitable[None]]
"""Takes a Rig or a PlatformRig, as its annotation says."""


async def error_of(work: Awaitable[object]) -> ChatError:
    try:
        await work
    except ChatError as error:
        return error
    raise AssertionError("should have raised ChatError")
