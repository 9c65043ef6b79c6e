"""How the rehearsed Bot API breaks, and what it says then."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from adapters.rehearsal.bot_api.refusals import Refused, bad, conflict, too_many
from adapters.rehearsal.breaking import Breaking

POSTS: Final = r"(send(Message|Document|Photo|RichMessage)|editMessage\w+)"
"""Methods that put something before people's eyes: what a fault means unless it names others."""


class Fault(StrEnum):
    """The first six are the words of ``scripted_chat``, so that one contract suite speaks to both."""

    OK = "ok"
    RATE_LIMIT = "429"  # not applied; says how long to wait
    REFUSE = "refuse"  # not applied, and never will be
    LOSE = "lose"  # not applied, the connection breaks: the caller cannot know
    APPLY_THEN_DROP = "apply_then_drop"  # applied, the connection breaks: the caller cannot know
    APPLY_THEN_SLOW = "apply_then_slow"  # applied, answered late
    SERVER_ERROR = "500"  # not applied
    BAD_GATEWAY = "502"  # not applied; the body is a web page, as from a proxy
    UNAUTHORIZED = "401"  # the token was revoked
    CONFLICT = "409"  # another poller
    NO_METHOD = "404"  # as a server of an older version
    THREAD_NOT_FOUND = "thread not found"  # https://github.com/tdlib/telegram-bot-api/issues/847
    MAIN_CHAT = (
        "main chat"  # posted, but outside its topic: https://github.com/tdlib/telegram-bot-api/issues/854
    )


_APPLIED: Final = (Fault.OK, Fault.APPLY_THEN_DROP, Fault.APPLY_THEN_SLOW, Fault.MAIN_CHAT)


class Faults(Breaking[Fault]):
    posts = POSTS

    def fault(self, word: str) -> Fault:
        return Fault(word)

    def break_down(self, *, down: bool) -> None:
        """Whether every call breaks off without an answer, until it is up again."""
        self.mix = {Fault.LOSE: 1.0} if down else {}

    def refuse(self, fault: Fault) -> None:
        """Raises what the call is refused with, if it is."""
        match fault:
            case Fault.RATE_LIMIT:
                raise too_many(self.retry_after_s)
            case Fault.REFUSE:
                raise bad("refused by the rehearsal")
            case Fault.SERVER_ERROR:
                raise Refused(500, "Internal Server Error: restart")
            case Fault.UNAUTHORIZED:
                raise Refused(401, "Unauthorized")
            case Fault.CONFLICT:
                raise conflict(OTHER_POLLER)
            case Fault.NO_METHOD:
                raise Refused(404, "Not Found: method not found")
            case Fault.THREAD_NOT_FOUND:
                raise bad("message thread not found")
            case Fault.LOSE | Fault.BAD_GATEWAY:
                raise AssertionError("a fault of the connection, not of the call")
            case _:
                assert fault in _APPLIED


OTHER_POLLER: Final = (
    "terminated by other getUpdates request; make sure that only one bot instance is running"
)
