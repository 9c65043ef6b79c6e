"""What people write to the house itself: a command is a whole message, never a word inside one."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Verb(StrEnum):
    STATUS = "status"
    COSTS = "costs"
    HELP = "help"
    STOP = "stop"
    CANCEL = "cancel"
    RETRY = "retry"
    TELL = "tell"
    ANSWER = "answer"
    APPROVE = "approve"
    DENY = "deny"
    RUN = "run"
    START = "start"  # Telegram's first word, with the payload of a link in ``text``
    NEW = "new"
    USE = "use"
    USAGE = "usage"
    COMPACT = "compact"
    SESSIONS = "sessions"
    MOVE = "move"
    PAIR = "pair"
    MODELS = "models"
    SCHEDULES = "schedules"
    SCHEDULE = "schedule"


class Change(StrEnum):
    """What ``/schedule s3 …`` does to one that exists."""

    SHOW = "show"
    PAUSE = "pause"
    RESUME = "resume"
    RUN = "run"
    SNOOZE = "snooze"
    EDIT = "edit"
    TIME = "time"
    HISTORY = "history"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Command:
    verb: Verb
    ids: tuple[str, ...] = ()  # d7 for stop, cancel, retry, tell, move …; q3 for answer, approve, deny; s3
    text: str = ""  # what follows
    project: str | None = None  # of run, new and use; None: the usual one
    change: str = ""  # of schedule: a Change, or the word in its place


_SYNONYMS: Final = {"again": Verb.RETRY, "continue": Verb.TELL}

_WORD: Final = re.compile(
    r"(?:please\s+)?[/!]?(?P<verb>status|costs|help|stop|cancel|retry|again)(?:@\w+)?"
    r"(?P<ids>(?:[\s,]+d\d{1,9})*)(?:[\s,]+please)?[\s.!?]*",
    re.IGNORECASE,
)
_PLAIN: Final = re.compile(
    r"[/!](?P<verb>start|usage|compact|sessions|schedules|move|models|pair)(?:@\w+)?(?:\s+(?P<rest>.*))?",
    re.IGNORECASE | re.DOTALL,
)
_QUESTION: Final = re.compile(
    r"[/!](?P<verb>answer|approve|deny)(?:@\w+)?(?:\s+(?P<id>q\d{1,9})\b)?[\s:,]*(?P<text>.*)",
    re.IGNORECASE | re.DOTALL,
)
_TELL: Final = re.compile(
    r"[/!](?P<verb>tell|continue)(?:@\w+)?\s+(?P<id>d\d{1,9})\b[\s:,]*(?P<text>.*)", re.IGNORECASE | re.DOTALL
)
_RUN: Final = re.compile(
    r"[/!](?P<verb>run|new)(?:@\w+)?(?:\s+@(?P<project>[\w.-]+))?(?:\s+(?P<text>.*))?",
    re.IGNORECASE | re.DOTALL,
)
_SCHEDULE: Final = re.compile(
    r"[/!]schedule(?:@\w+)?(?:\s+(?P<id>s\d{1,9})\b(?:\s+(?P<change>[a-z]+))?)?(?:\s+(?P<text>.*))?",
    re.IGNORECASE | re.DOTALL,
)
_USE: Final = re.compile(r"[/!]use(?:@\w+)?(?:\s+@?(?P<project>[\w.-]+))?\s*", re.IGNORECASE)
_IDS: Final = re.compile(r"\bd\d{1,9}\b", re.IGNORECASE)
_AT: Final = re.compile(r"@(?P<project>[\w.-]+)[\s:,]+(?P<text>\S.*)", re.DOTALL)


def parse(text: str, projects: Collection[str] = ()) -> Command | None:
    """The command that ``text`` as a whole is, or None; ``@name …`` is one only for a known project."""
    text = text.strip()
    if found := _WORD.fullmatch(text):
        return Command(_verb(found["verb"]), tuple(re.findall(r"d\d+", found["ids"].lower())))
    if found := _PLAIN.fullmatch(text):
        return _plain(_verb(found["verb"]), (found["rest"] or "").strip())
    if found := _SCHEDULE.fullmatch(text):
        return _scheduled(found)
    if found := _USE.fullmatch(text):
        return Command(Verb.USE, project=found["project"])
    if found := _QUESTION.fullmatch(text):
        ids = (found["id"].lower(),) if found["id"] else ()
        return Command(_verb(found["verb"]), ids, found["text"].strip())
    if found := _TELL.fullmatch(text):
        return Command(Verb.TELL, (found["id"].lower(),), found["text"].strip())
    if found := _RUN.fullmatch(text):
        return Command(_verb(found["verb"]), (), (found["text"] or "").strip(), found["project"])
    if (found := _AT.fullmatch(text)) and found["project"] in projects:
        return Command(Verb.RUN, (), found["text"].strip(), found["project"])
    return None


def _plain(verb: Verb, rest: str) -> Command:
    """The ids among the words, where the verb is about work; ``/move d7 to telegram`` has both."""
    if verb in (Verb.START, Verb.PAIR, Verb.MODELS):
        return Command(verb, text=rest)
    ids = tuple(dict.fromkeys(id.lower() for id in _IDS.findall(rest)))
    words = " ".join(_IDS.sub(" ", rest).split())
    return Command(verb, ids, words.removeprefix("to ").strip())


def _scheduled(found: re.Match[str]) -> Command:
    """``/schedule s3 pause``, or ``/schedule`` and the words of a new one."""
    text, change = (found["text"] or "").strip(), (found["change"] or "").lower()
    ids = (found["id"].lower(),) if found["id"] else ()
    return Command(Verb.SCHEDULE, ids, text, change=change if ids else "")


def _verb(word: str) -> Verb:
    word = word.lower()
    return _SYNONYMS.get(word) or Verb(word)
