"""The script a rehearsed model plays: rules that know a prompt, their steps, and the faults on the way.

A rule's ``when`` is a regular expression, searched in what the user side said last (a plain phrase is one
too). Steps follow the assistant turns since that prompt, so one script serves many sessions at once, over
resume and restart. ``{{name}}`` in a text or tool input stands for a named group of ``when``, ``find`` or
``only_if``, for ``cwd``, ``result`` (of the last tools), ``prompt``, or one of the script's ``values``.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Literal

from adapters.rehearsal.model_server.asked import Asked

_STRICT = {"extra": "forbid"}  # a script read from a file refuses a key it does not know


class FaultKind(StrEnum):
    SLOW = "slow"  # only the delays
    STATUS = "status"  # the vendor's error body; inside the stream when `after` is given
    CUT = "cut"  # the connection ends after `after` chunks
    HANG = "hang"  # nothing more comes after `after` chunks, until the client gives up
    MALFORMED = "malformed"  # a chunk, or the whole answer, is half a JSON object
    TRUNCATED = "truncated"  # the reply stops at its token limit inside a text or a tool call


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a platform fails."""

    __pydantic_config__: ClassVar = _STRICT

    kind: FaultKind = FaultKind.SLOW
    status: int = 500
    retry_after_s: float | None = None
    message: str | None = None  # None: the vendor's usual sentence
    after: int | None = None  # chunks that arrive before it; None: it strikes before the headers if it can
    delay_s: float = 0.0  # before the first byte
    between_s: float = 0.0  # between two chunks
    times: int | None = None  # requests that meet it; None: all
    model: str = ""  # only requests for a model whose name contains this


@dataclass(frozen=True, slots=True)
class Use:
    """A tool call."""

    __pydantic_config__: ClassVar = _STRICT

    tool: str
    input: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Say:
    """A text."""

    text: str


@dataclass(frozen=True, slots=True)
class Decide:
    """A structured answer, given in the form the request asked for: output tool or JSON text."""

    value: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Step:
    """One reply of the model: a text, tool calls side by side, or a structured answer."""

    __pydantic_config__: ClassVar = _STRICT

    say: str = ""
    use: tuple[Use, ...] = ()
    decide: Mapping[str, object] | None = None
    repeat_while: str | None = None  # played again while the tools' results match
    only_if: str | None = None  # left out unless the results before it match
    fault: Fault | None = None
    output_tokens: int | None = None  # instead of the estimate

    def __post_init__(self) -> None:
        _check_patterns(self.repeat_while, self.only_if)


Answers = Literal["work", "decision", "side", "any"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What to play when a prompt matches."""

    __pydantic_config__: ClassVar = _STRICT

    when: str
    steps: tuple[Step, ...] = ()
    model: str = ""  # regular expression, searched in the model's name
    system: str = ""  # the same in the system text
    find: Mapping[str, str] = field(default_factory=dict[str, str])
    """Name → expression; group 1 of its last match in the whole prompt fills ``{{name}}``."""
    answers: Answers | None = None  # None: decisions if a step decides, else work
    reply: Callable[[Asked], Step] | None = None  # instead of steps

    def __post_init__(self) -> None:
        _check_patterns(self.when, self.model, self.system, *self.find.values())

    def suits(self, asked: Asked) -> bool:
        """Whether this rule is for such requests: secretary and specialist may hear the same words."""
        if not (re.search(self.model, asked.model) and re.search(self.system, asked.system)):
            return False
        if self.answers is not None:
            return self.answers in ("any", asked.kind)
        if self.reply is not None:
            return asked.kind != "side"
        decides = any(step.decide is not None for step in self.steps)
        return asked.kind == ("decision" if decides else "work")


@dataclass(frozen=True, slots=True)
class Usage:
    """How texts become token figures."""

    __pydantic_config__: ClassVar = _STRICT

    chars_per_token: float = 4.0
    cache_read_share: float = 0.7  # of the input
    cache_write_share: float = 0.1


@dataclass(frozen=True, slots=True)
class Script:
    """Everything a rehearsed model knows."""

    __pydantic_config__: ClassVar = _STRICT

    rules: tuple[Rule, ...] = ()  # the first that matches plays
    faults: tuple[Fault, ...] = ()  # met by any request, the first that is not used up
    otherwise: str = "Nothing in the script answers this."
    done: str = "Done."  # when a rule for work has no step left
    focus: str = ""  # expression; rules see group 1 of its last match, or the whole text where there is none
    ignore: tuple[str, ...] = ()  # texts on the user side that are no prompt: the rule before them goes on
    values: Mapping[str, str] = field(default_factory=dict[str, str])
    models: tuple[str, ...] = ()  # the only names known; empty: any name
    usage: Usage = Usage()

    def __post_init__(self) -> None:
        _check_patterns(self.focus, *self.ignore)


def _check_patterns(*patterns: str | None) -> None:
    for pattern in patterns:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error


Part = str | Say | Use | Decide


def step(
    *parts: Part,
    repeat_while: str | None = None,
    only_if: str | None = None,
    fault: Fault | None = None,
    output_tokens: int | None = None,
) -> Step:
    """A step from its parts, in the words of a script: ``step("Two at once.", Use("Read"), Use("Grep"))``."""
    texts = [part if isinstance(part, str) else part.text for part in parts if isinstance(part, str | Say)]
    decisions = [part.value for part in parts if isinstance(part, Decide)]
    return Step(
        say="\n\n".join(texts),
        use=tuple(part for part in parts if isinstance(part, Use)),
        decide=decisions[0] if decisions else None,
        repeat_while=repeat_while,
        only_if=only_if,
        fault=fault,
        output_tokens=output_tokens,
    )


def rule(
    when: str,
    steps: Sequence[Part | Step | Sequence[Part]] = (),
    *,
    model: str = "",
    system: str = "",
    find: Mapping[str, str] | None = None,
    answers: Answers | None = None,
    reply: Callable[[Asked], Step] | None = None,
) -> Rule:
    """A rule from steps that may be bare parts, or several parts in a list for one reply."""
    return Rule(when, tuple(map(_as_step, steps)), model, system, find or {}, answers, reply)


def _as_step(given: Part | Step | Sequence[Part]) -> Step:
    if isinstance(given, Step):
        return given
    if isinstance(given, str | Say | Use | Decide):
        return step(given)
    return step(*given)
