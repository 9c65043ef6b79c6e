"""What a platform may show of a conversation besides its messages: whether somebody is at it."""

from __future__ import annotations

from enum import StrEnum


class Sign(StrEnum):
    WORKING = "working"
    WAITING = "waiting"  # for a person
    IDLE = "idle"  # what was asked for is done; more may follow
    CLOSED = "closed"  # ended for good
