"""How a stand-in for a platform breaks: named faults for the next calls, or a seeded mix for long runs."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import ClassVar, Generic, TypeVar

F = TypeVar("F", bound=StrEnum)


@dataclass
class Breaking(ABC, Generic[F]):
    """Decides call by call; ``mix`` weighs the faults of posts once the named ones are used up."""

    posts: ClassVar[str]
    """A pattern of the methods that put something before people's eyes: what a fault means by itself."""

    mix: Mapping[F, float] = field(default_factory=dict[F, float])
    seed: int = 0
    retry_after_s: int = 1
    slow_s: float = 0.2
    _named: list[tuple[str, F]] = field(default_factory=list[tuple[str, F]])
    _random: Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)  # noqa: S311  a repeatable run, no secret

    @abstractmethod
    def fault(self, word: str) -> F:
        """The platform's fault of that name; raises ValueError for one that it has not."""

    def next_calls(self, *faults: str, method: str | None = None) -> None:
        """Each for one call of a ``method``, which is a name or a pattern of names; by default of a post."""
        self._named += [(method or self.posts, self.fault(each)) for each in faults]

    def draw(self, method: str) -> F:
        for at, (pattern, fault) in enumerate(self._named):
            if re.fullmatch(pattern, method, re.IGNORECASE):
                del self._named[at]
                return fault
        if not self.mix or not re.fullmatch(self.posts, method, re.IGNORECASE):
            return self.fault("ok")
        return self._random.choices(list(self.mix), list(self.mix.values()))[0]
