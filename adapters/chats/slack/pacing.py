"""How fast we write, so that Slack has no reason to refuse. https://docs.slack.dev/apis/web-api/rate-limits"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from adapters.chats.pace import Line, Rate

EDIT_EVERY_S: Final = 2.5


@dataclass(frozen=True, slots=True)
class Rates:
    post: tuple[Rate, ...] = (Rate(1, 1.0),)  # in one channel
    edit: tuple[Rate, ...] = (Rate(1, EDIT_EVERY_S),)  # of one message
    edits: tuple[Rate, ...] = (Rate(45, 60.0),)  # of all messages; Slack takes fifty a minute
    views: tuple[Rate, ...] = (Rate(80, 60.0),)  # people's pages; Slack takes a hundred a minute
    signs: tuple[Rate, ...] = (Rate(45, 60.0),)  # of sessions; Slack takes fifty a minute
    line: Callable[[], Line] = Line  # by whose clock


SLACKS: Final = Rates()
UNPACED: Final = Rates((), (), (), (), ())
