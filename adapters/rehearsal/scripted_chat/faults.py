"""How the scripted platform breaks: named faults for the next calls, or a seeded mix for long runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    OK = "ok"
    RATE_LIMIT = "429"  # not applied; says how long to wait
    REFUSE = "refuse"  # not applied, and never will be
    LOSE = "lose"  # not applied, the connection breaks: the caller cannot know
    APPLY_THEN_DROP = "apply_then_drop"  # applied, the connection breaks: the caller cannot know
    APPLY_THEN_SLOW = "apply_then_slow"  # applied, answered late


@dataclass
class Faults:
    """Decides call by call; ``mix`` gives each fault its weight once the named ones are used up."""

    mix: Mapping[Fault, float] = field(default_factory=dict[Fault, float])
    seed: int = 0
    retry_after_s: float = 0.05
    slow_s: float = 0.2
    _named: deque[Fault] = field(default_factory=deque[Fault])
    _random: Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)  # noqa: S311  a repeatable run, no secret

    def next_calls(self, *faults: Fault) -> None:
        self._named.extend(faults)

    def break_down(self, *, down: bool) -> None:
        """Whether every call breaks off without an answer, until it is up again."""
        self.mix = {Fault.LOSE: 1.0} if down else {}

    def draw(self) -> Fault:
        if self._named:
            return self._named.popleft()
        if not self.mix:
            return Fault.OK
        return self._random.choices(list(self.mix), list(self.mix.values()))[0]
