"""What a scripted specialist does: rules that know a prompt, and steps that are each one thing an agent does.

``[[rules]]`` has ``when``, an expression searched in the prompt, and ``steps``: tables with one of the keys
below and its options. In texts ``{{answer}}`` stands for the last answer, ``{{prompt}}`` for the prompt,
``{{first}}`` for the first prompt of the session and ``{{turn}}`` for their number, ``{{notes}}`` for what
was steered in, ``{{name}}`` for a named group of ``when``. ``only_if`` leaves a step out unless the last
answer matches; an approval answers ``granted`` or ``denied: why``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from bot.errors import Reason, SettingsError

T = TypeVar("T")
_STRICT: Final = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    __pydantic_config__: ClassVar = _STRICT
    only_if: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Say(_Step):
    """Words; the last ones of a scene are its result."""

    say: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Use(_Step):
    """A tool call that takes a while."""

    use: str  # one line for the card
    tool: str = "Bash"
    seconds: float = 0.0
    ok: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(_Step):
    """A checklist; its first line is the one at work."""

    plan: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick(_Step):
    """A line of the checklist is done; the next one is at work."""

    tick: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Write(_Step):
    """A file in the working directory, under the project's permission mode."""

    write: str
    text: str
    append: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(_Step):
    """A question; the answer is what ``{{answer}}`` stands for from now on."""

    ask: str
    options: tuple[str, ...] = ()
    multiple: bool = False
    default: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve(_Step):
    """A tool call that a person must allow, once, exactly as it is."""

    approve: str
    input: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell(_Step):
    """An urgent note to the conversation; at most three in a run are passed on."""

    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Make(_Step):
    """A file that is handed over."""

    make: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend(_Step):
    spend: float  # dollars
    context: float | None = None  # 0..1


@dataclass(frozen=True, slots=True, kw_only=True)
class Deny(_Step):
    """A call that the rules refuse without asking anybody."""

    deny: str
    what: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail(_Step):
    """The run fails here ``times`` times in the session, then it passes."""

    fail: Reason
    detail: str = ""
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash(_Step):
    """The process dies without a word, ``crash`` times in the session."""

    crash: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLimit(_Step):
    limit: str  # what it says: "It used all of its 100 turns."
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit(_Step):
    rate_limit: float  # seconds until the provider takes requests again
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Hang(_Step):
    """Never ends, says nothing and hears nothing; only a kill or the time limit ends it."""

    hang: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence(_Step):
    silence: float  # seconds without a word


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood(_Step):
    flood: int  # bytes of words


Step = (
    Say
    | Use
    | Plan
    | Tick
    | Write
    | Ask
    | Approve
    | Tell
    | Make
    | Spend
    | Deny
    | Fail
    | Crash
    | AtLimit
    | RateLimit
    | Hang
    | Silence
    | Flood
)
_KINDS: Final[Mapping[str, type[Step]]] = {
    "say": Say,
    "use": Use,
    "plan": Plan,
    "tick": Tick,
    "write": Write,
    "ask": Ask,
    "approve": Approve,
    "note": Tell,
    "make": Make,
    "spend": Spend,
    "deny": Deny,
    "fail": Fail,
    "crash": Crash,
    "limit": AtLimit,
    "rate_limit": RateLimit,
    "hang": Hang,
    "silence": Silence,
    "flood": Flood,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """What is played for a prompt; its id is its place in the play."""

    when: str
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Play:
    rules: tuple[Rule, ...] = ()  # the first that matches is played
    otherwise: str = "Nothing in the play answers this: {{prompt}}"
    process: bool = False  # every run has a real process tree
    values: Mapping[str, str] = field(default_factory=dict[str, str])  # more {{name}}s

    def rule_for(self, prompt: str) -> int | None:
        """The id of the rule that knows the prompt."""
        found = (n for n, rule in enumerate(self.rules) if re.search(rule.when, prompt, re.IGNORECASE))
        return next(found, None)

    def steps(self, rule: int | None) -> tuple[Step, ...]:
        if rule is None or rule >= len(self.rules):
            return (Say(say=self.otherwise),)
        return self.rules[rule].steps

    def groups(self, rule: int | None, prompt: str) -> dict[str, str]:
        """What the named groups of the rule's expression matched."""
        if rule is None or rule >= len(self.rules):
            return {}
        match = re.search(self.rules[rule].when, prompt, re.IGNORECASE)
        return {name: value or "" for name, value in match.groupdict().items()} if match else {}


def play_of(tables: Mapping[str, Any], where: str = "play") -> Play:
    """A play from tables; raises SettingsError with the place of the mistake."""
    known = {"rules", "otherwise", "process", "values"}
    if unknown := sorted(set(tables) - known):
        raise SettingsError(
            f"{where}: {unknown[0]} is not part of a play; there is {', '.join(sorted(known))}."
        )
    plain: dict[str, Any] = {name: value for name, value in tables.items() if name != "rules"}
    rules = [_rule(rule, f"{where}: rules[{n}]") for n, rule in enumerate(tables.get("rules", ()))]
    return Play(rules=tuple(rules), **plain)


def load_play(path: Path) -> Play:
    try:
        return play_of(tomllib.loads(path.read_text(encoding="utf-8")), str(path))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"The play {path} cannot be read: {error}.") from error


def _rule(table: Mapping[str, Any], where: str) -> Rule:
    when = table.get("when", "")
    try:
        re.compile(when)
    except re.error as error:
        raise SettingsError(f"{where}.when is no regular expression: {error}.") from error
    steps = [_step(step, f"{where}.steps[{n}]") for n, step in enumerate(table.get("steps", ()))]
    return Rule(when, tuple(steps))


def _step(table: Mapping[str, Any], where: str) -> Step:
    kind = next((kind for key, kind in _KINDS.items() if key in table), None)
    if kind is None:
        raise SettingsError(f"{where} has none of {', '.join(_KINDS)}.")
    return _valid(kind, table, where)


def _valid(kind: type[T], table: Mapping[str, Any], where: str) -> T:
    try:
        return TypeAdapter(kind).validate_python(dict(table))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{where}.{place}: {first['msg']}.") from error
