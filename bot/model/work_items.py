"""What a room promises to do later: a unit of work that commits together with the rows that ask for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What is to be done; each kind has its own queue."""

    TURN = "turn"  # treat one message
    RUN = "run"  # drive one run of a specialist
    POST = "post"  # deliver what a conversation has been promised
    FIRING = "firing"  # begin what a schedule asked for


class WorkState(StrEnum):
    """How far the engine is with a piece of work."""

    LIVE = "live"  # waiting or running; it will end without anyone's help
    ENDED = "ended"
    FAILED = "failed"  # its body raised, or somebody cancelled it
    EXHAUSTED = "exhausted"  # it took the process down too often and is not tried again
    MISSING = "missing"  # the engine has never heard of it, or has forgotten it


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One piece of work; its key makes asking twice the same as asking once."""

    kind: Kind
    key: str  # turn:<platform key> | run:<dispatch>:<n> | post:<conversation>:<outbox id> | firing:<id>
    argument: str  # the id its body takes: message, run, conversation or firing
    partition: str  # one at a time and in order within: conversation id, or the real path of the directory
    priority: int  # sequence number within the partition, from 1
    node: str = ""  # runs only: the machine that is to do it
