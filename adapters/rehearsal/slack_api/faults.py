"""How the rehearsed Slack breaks, and what it says then."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from adapters.rehearsal.breaking import Breaking
from adapters.rehearsal.slack_api.refusals import Refused, bad_blocks, too_many

POSTS: Final = r"chat\.(postMessage|update)|files\.completeUploadExternal"
"""Methods that put something before people's eyes: what a fault means unless it names others."""


class Fault(StrEnum):
    """The first six are the words of ``scripted_chat``, so that one contract suite speaks to both."""

    OK = "ok"
    RATE_LIMIT = "429"  # not applied; says how long to wait
    REFUSE = "refuse"  # not applied, and never will be
    LOSE = "lose"  # not applied, the connection breaks: the caller cannot know
    APPLY_THEN_DROP = "apply_then_drop"  # applied, the connection breaks: the caller cannot know
    APPLY_THEN_SLOW = "apply_then_slow"  # applied, answered late
    SERVER_ERROR = "500"  # not applied; internal_error
    BAD_GATEWAY = "502"  # not applied; the body is a web page, as from a proxy
    REVOKED = "token_revoked"
    NO_METHOD = "unknown_method"  # as an older workspace or an emulator
    NO_BLOCKS = "invalid_blocks"  # whatever the blocks are; the same words without them are taken


_APPLIED: Final = (Fault.OK, Fault.APPLY_THEN_DROP, Fault.APPLY_THEN_SLOW)


class Faults(Breaking[Fault]):
    posts = POSTS

    def fault(self, word: str) -> Fault:
        return Fault(word)

    def break_down(self, *, down: bool) -> None:
        """Whether every post breaks off without an answer, until it is up again."""
        self.mix = {Fault.LOSE: 1.0} if down else {}

    def refuse(self, fault: Fault, *, has_blocks: bool) -> None:
        """Raises what the call is refused with, if it is."""
        match fault:
            case Fault.RATE_LIMIT:
                raise too_many(self.retry_after_s)
            case Fault.REFUSE:
                raise Refused("restricted_action")
            case Fault.SERVER_ERROR:
                raise Refused("internal_error", status=500)
            case Fault.REVOKED | Fault.NO_METHOD:
                raise Refused(fault.value)
            case Fault.NO_BLOCKS if has_blocks:
                raise bad_blocks("no blocks today")
            case Fault.LOSE | Fault.BAD_GATEWAY:
                raise AssertionError("a fault of the connection, not of the call")
            case _:
                assert fault in (*_APPLIED, Fault.NO_BLOCKS)
