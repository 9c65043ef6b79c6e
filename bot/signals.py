"""What the words of a message speak for, as a table that can be read and shown: no model, no guess.

Each row that matches counts once for its kind. Rules mode acts only when one kind reaches THRESHOLD and
leads by MARGIN; everything else becomes a question with buttons.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    CODING = "coding"  # files, repositories, commands
    RESEARCH = "research"  # current facts, links
    WRITING = "writing"  # text in, text out
    STATE = "state"  # how is it going
    HELP = "help"
    THANKS = "thanks"
    GREETING = "greeting"


WORK: Final = frozenset({Kind.CODING, Kind.RESEARCH, Kind.WRITING})
THRESHOLD: Final = 2.0
MARGIN: Final = 1.0
SCORED_CHARS: Final = 4_000
"""A request stands at the beginning; what comes later is material."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One row that matched."""

    kind: Kind
    weight: float
    name: str  # what people read in ``why``
    found: str


@dataclass(frozen=True, slots=True)
class Score:
    signals: tuple[Signal, ...]

    @property
    def totals(self) -> dict[Kind, float]:
        return {kind: sum(s.weight for s in self.signals if s.kind is kind) for kind in Kind}

    @property
    def best(self) -> Kind | None:
        """The kind with the most points; None when nothing speaks for any."""
        kind, points = max(self.totals.items(), key=lambda item: item[1])
        return kind if points > 0 else None

    @property
    def lead(self) -> float:
        """Points between the best kind and the next."""
        first, second = sorted(self.totals.values(), reverse=True)[:2]
        return first - second

    @property
    def sure(self) -> bool:
        return self.best is not None and self.totals[self.best] >= THRESHOLD and self.lead >= MARGIN

    def __str__(self) -> str:
        """``fix +2.0 (asks for code work), app.py +1.5 (names a file): coding 3.5, lead 3.5``."""
        rows = ", ".join(f"{s.found!r} {s.weight:+} ({s.name})" for s in self.signals) or "no signal"
        totals = ", ".join(f"{kind} {points:g}" for kind, points in self.totals.items() if points)
        return f"{rows}: {totals or 'nothing'}, lead {self.lead:g} of {MARGIN:g} needed"


_ASKING: Final = (
    r"^(?:(?:hi|hey|hello|ok|okay|so|and|then|now|also|next)\b[\s,!.]*)*(?:frontdesk\b[\s,:]*)?"
    r"(?:please\s+|pls\s+|(?:can|could|would|will)\s+you\s+(?:please\s+)?|i(?:'d| would)? (?:like|want|need) "
    r"(?:you )?to\s+|let(?:'|’)?s\s+|we (?:need|should|have) to\s+|go ahead and\s+)*"
)
_CODE_VERBS: Final = (
    r"(?:add|bisect|build|bump|change|clean\s?up|commit|configure|convert|create|debug|delete|deploy|document|"
    r"drop|edit|enable|disable|explain|extend|extract|find|fix|format|generate|implement|improve|inspect|install|"
    r"investigate|lint|list|look (?:at|into)|make|merge|migrate|modify|move|optimi[sz]e|port|profile|rebase|"
    r"refactor|remove|rename|replace|reproduce|revert|review|rewrite|run|set up|simplify|split|test|update|"
    r"upgrade|write)"
)
_RESEARCH_VERBS: Final = r"(?:compare|research|look up|search|google|find out|find)"
_WRITING_VERBS: Final = (
    r"(?:summari[sz]e|translate|classify|draft|rephrase|proofread|shorten|reword|categori[sz]e)"
)
_EXTENSIONS: Final = (
    r"(?:py|pyi|js|jsx|ts|tsx|mjs|go|rs|java|kt|rb|php|cs?|cc|cpp|h|hpp|swift|scala|sh|bash|sql|html?|css|scss|"
    r"json|ya?ml|toml|ini|cfg|md|rst|txt|lock|csv|xml|ipynb|vue|proto|tf|gradle)"
)
_CODE_NOUNS: Final = (
    r"(?:api|branch|bug|build|ci|class|cli|code(?:base)?|commit|config(?:uration)?|dependenc(?:y|ies)|diff|"
    r"docker|endpoint|function|git|imports?|linter|makefile|method|migrations?|modules?|parser|pipeline|"
    r"pull request|readme|repo(?:sitory)?|schema|script|server|test(?:s| suite)?|traceback|type hints?)"
)

_ROWS: Final[tuple[tuple[Kind, float, str, str], ...]] = (
    (Kind.CODING, 2.0, "asks for code work", _ASKING + rf"(?P<found>{_CODE_VERBS})\b"),
    (Kind.CODING, -1.0, "about something not named",
     _ASKING + rf"{_CODE_VERBS}\s+(?P<found>it|that|this|them)\b"),
    (Kind.CODING, 1.5, "names a file", rf"(?P<found>(?:[\w.-]+/)*[\w-]+\.{_EXTENSIONS})\b(?!\.\w)"),
    (Kind.CODING, 1.0, "a word of code", rf"\b(?P<found>{_CODE_NOUNS})\b"),
    (Kind.CODING, 2.0, "a stack trace", r"(?P<found>Traceback \(most recent|^\s+at [\w.$<>]+\(|panicked at)"),
    (Kind.CODING, 0.5, "quotes code", r"(?P<found>```|`[^`\n]+`)"),
    (Kind.CODING, 0.5, "says that something is broken",
     r"\b(?P<found>fails|failing|broken|crash(?:es|ed|ing)|regress\w+|doesn'?t work|throws|raises)\b"),
    (Kind.RESEARCH, 2.0, "asks for research", _ASKING + rf"(?P<found>{_RESEARCH_VERBS})\b"),
    (Kind.RESEARCH, 1.5, "about the present",
     r"\b(?P<found>latest|newest|news|price of|today'?s|current(?:ly)?)\b"),
    (Kind.RESEARCH, 1.0, "about the web",
     r"\b(?P<found>web|online|internet|sources?|links?)\b|(?:https?://)"),
    (Kind.WRITING, 2.5, "asks for text", _ASKING + rf"(?P<found>{_WRITING_VERBS})\b"),
    (Kind.WRITING, 1.0, "about a text",
     r"\b(?P<found>e-?mail|announcement|blog post|paragraphs?|release notes)\b"),
    (Kind.STATE, 4.0, "asks how it goes",
     r"^(?P<found>(?:so )?(?:how(?:'s| is| are)? (?:it|that|things|the work) (?:going|coming along)"
     r"|what(?:'s| is) the (?:state|status|progress)|any (?:news|progress|updates?)|are you done(?: yet)?"
     r"|is it (?:done|ready|finished)(?: yet)?|what are you (?:doing|working on)))[\s?.!]*$"),
    (Kind.HELP, 4.0, "asks for help",
     r"^(?P<found>(?:what can you do|who are you|how do(?:es)? (?:you|this|it) work|what is this"
     r"|help me))[\s?.!]*$"),
    (Kind.THANKS, 4.0, "thanks or agrees",
     r"^(?P<found>(?:(?:many )?thanks?(?: you)?(?: (?:so|very) much| a lot)?|thx|ty|cheers|danke|merci"
     r"|great|nice|perfect|cool|awesome|good(?: job| work)?|well done|ok(?:ay)?|got it|👍|🎉)"
     r"(?:[\s,!.]+(?:thanks?(?: you)?|work|job|everyone|all|frontdesk))*)[\s!.]*$"),
    (Kind.GREETING, 4.0, "a greeting",
     r"^(?P<found>(?:hi|hello|hey|hallo|moin|hola|bonjour|yo|howdy|good (?:morning|afternoon|evening|night))"
     r"(?:[\s,]+(?:there|all|everyone|team|frontdesk|bot))*)[\s!.,]*$"),
)  # fmt: skip
_TABLE: Final = tuple(
    (kind, weight, name, re.compile(pattern, re.IGNORECASE | (re.MULTILINE if "stack" in name else 0)))
    for kind, weight, name, pattern in _ROWS
)
_TELLING: Final = re.compile(
    r"^(?:i|we|he|she|they)(?:'ve| have| has| had|'m| am| are| is)?\s+(?:just |already |now )?\w+(?:ed|ing)\b"
    r"|\b(?:should (?:i|we)|don'?t|do not|never|please wait|hold off)\b",
    re.IGNORECASE,
)


def score(text: str, projects: Collection[str] = ()) -> Score:
    """Everything that matches in ``text``; telling what was done, or not to do it, weighs against work."""
    head = text.strip()[:SCORED_CHARS]
    found = [
        Signal(kind, weight, name, " ".join((match["found"] or match[0]).split())[:40])
        for kind, weight, name, pattern in _TABLE
        if (match := pattern.search(head))
    ]
    if name := named_project(head, projects):
        found.append(Signal(Kind.CODING, 1.0, "names a project", name))
    if told := _TELLING.search(head):
        found.append(Signal(Kind.CODING, -2.0, "tells, or forbids, rather than asks", told[0][:40]))
    return Score(tuple(found))


def named_project(text: str, projects: Collection[str]) -> str | None:
    """The one known project that ``text`` names; None when it names several."""
    words = re.findall(r"[\w.-]+", text[:SCORED_CHARS].casefold())
    named = [name for name in projects if name.casefold() in {word.strip(".-") for word in words}]
    return named[0] if len(named) == 1 else None
