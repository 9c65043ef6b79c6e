"""A schedule read from a person's words, by code: when, what, how much, and where it is posted.

“Every weekday at nine, look for new CVEs in our dependencies and post here if there is something new.” What
it comes to is a Plan, which is shown back and saved by a press only.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot import limits, when
from bot.briefing import one_line
from bot.model.schedules import Plan, Recurrence, Scope, What
from bot.signals import named_project

TITLE_CHARS: Final = 60

_DIGEST: Final = re.compile(
    r"\b(?:digest|what (?:did|have|has) (?:the )?(?:bots?|you|everybody)\b|what (?:was|got|has been) done"
    r"|what is waiting|summar(?:y|ise|ize) (?:of )?(?:what|the work|the week|our work))",
    re.IGNORECASE,
)
_WATCH: Final = re.compile(
    r"\b(?:only (?:the )?(?:news|what is new|what's new|new ones|changes)"
    r"|(?:if|when|only if|only when) (?:there (?:is|are)|there's|something|anything)\b[^.]*\b"
    r"(?:new|news|changed|changes|different)"
    r"|(?:if|when) (?:something|anything|it) (?:has )?change[sd]?|watch for|tell me about new)\b",
    re.IGNORECASE,
)
_ONLY_NEWS: Final = re.compile(rf"[,;]?\s*(?:and )?(?:{_WATCH.pattern})\W*$", re.IGNORECASE)
_HOUSE: Final = re.compile(r"\b(?:the whole house|everybody|everyone|the team|all projects)\b", re.IGNORECASE)
_CHANNEL: Final = re.compile(r"\b(?:this|the|our) (?:channel|group)\b", re.IGNORECASE)
_TO: Final = re.compile(
    r"[,;]?\s*\b(?:and )?(?:post|send|deliver)(?: it| that| them)? (?:to|in|on) "
    r"(?:(?P<me>me(?: in private)?|my dms?|a dm)|(?P<place>[a-z]+(?::[^\s,;]+)?))(?=[\s,;.!]|$)",
    re.IGNORECASE,
)
_HERE: Final = re.compile(r"[,;]?\s*\b(?:and )?(?:post|tell (?:me|us)|send it)(?: it)? here\b", re.IGNORECASE)
_MONTH: Final = re.compile(
    r"[,;]?\s*\b(?:and )?(?:up to|at most|for|no more than) \$?(?P<usd>\d{1,6}(?:\.\d{1,2})?)\$? "
    r"(?:a|per|every|each) month\b",
    re.IGNORECASE,
)
_RUN: Final = re.compile(
    r"[,;]?\s*\b(?:and )?(?:up to|at most|for|no more than) \$?(?P<usd>\d{1,6}(?:\.\d{1,2})?)\$? "
    r"(?:a|per|every|each) (?:run|time)\b",
    re.IGNORECASE,
)
_UNTIL: Final = re.compile(r"[,;]?\s*\buntil (?P<day>\d{4}-\d{2}-\d{2})\b", re.IGNORECASE)
_AT: Final = re.compile(r"(?:\bin )?@(?P<project>[\w.-]+)[,:]?\s*")
_ORDER: Final = re.compile(
    r"\W*(?:please )?(?:ask|check|collect|compare|count|find|list|look|monitor|post|report|"
    r"review|run|scan|search|see|send|summar\w+|tell|test|update|watch|write)\b",
    re.IGNORECASE,
)
_EDGES: Final = re.compile(r"^[\s,;:.]+|[\s,;:]+$")


def read(
    text: str, now: datetime, timezone: str, projects: Collection[str] = (), usual: str | None = None
) -> Plan | None:
    """None when no time stands at the beginning or the end of the words, or nothing beside it."""
    found = when.read(text, now, timezone)
    if found is None or not found.rest:
        return None
    return plan(found.recurrence, found.rest, timezone, projects, usual)


def is_order(text: str) -> bool:
    """Words that ask for something by their first one, or for what the house did."""
    return _ORDER.match(text) is not None or _DIGEST.search(text) is not None


def plan(
    recurrence: Recurrence,
    words: str,
    timezone: str,
    projects: Collection[str] = (),
    usual: str | None = None,
) -> Plan:
    """What the words besides the time say."""
    rest, given = _taken(words, timezone)
    if at := _AT.search(rest):
        project: str | None = at["project"]
        rest = (rest[: at.start()] + " " + rest[at.end() :]).strip()
    else:
        project = named_project(rest, list(projects)) or usual
    rest = _EDGES.sub("", _ONLY_NEWS.sub("", rest))
    if _DIGEST.search(rest) and not at:
        scope = Scope.HOUSE if _HOUSE.search(rest) else Scope.CHANNEL if _CHANNEL.search(rest) else Scope.ME
        return Plan(What.DIGEST, "Digest", recurrence, timezone, scope=scope, **given)
    what = What.WATCH if _WATCH.search(words) else What.DISPATCH
    made = Plan(what, one_line(rest, TITLE_CHARS), recurrence, timezone, rest, project, **given)
    wish = limits.parse(rest)
    return replace(made, max_usd=made.max_usd or wish.usd)


def _taken(words: str, timezone: str) -> tuple[str, dict[str, Any]]:
    """What is said about money, place and the last day, and the words without it."""
    given: dict[str, Any] = {}
    if found := _MONTH.search(words):
        given["month_usd"] = float(found["usd"])
        words = _without(words, found)
    if found := _RUN.search(words):
        given["max_usd"] = float(found["usd"])
        words = _without(words, found)
    if found := _UNTIL.search(words):
        try:
            day = datetime.fromisoformat(found["day"]).replace(tzinfo=ZoneInfo(timezone))
            given["until"] = day + timedelta(days=1)
            words = _without(words, found)
        except ValueError:
            pass  # no such day: the words stay as they are
    if found := _TO.search(words):
        given["to"] = "me" if found["me"] else found["place"]
        words = _without(words, found)
    return _HERE.sub("", words), given


def _without(words: str, found: re.Match[str]) -> str:
    return (words[: found.start()] + words[found.end() :]).strip()
