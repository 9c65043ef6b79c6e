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


@dataclass(frozen=True, slots=True)
class Command:
    verb: Verb
    ids: tuple[str, ...] = ()  # d7 for stop, cancel, retry, tell; q3 for answer, approve, deny
    text: str = ""  # what follows
    project: str | None = None  # of run; None: the usual one


_SYNONYMS: Final = {"start": Verb.HELP, "again": Verb.RETRY, "continue": Verb.TELL}
"""``/start`` is what Telegram sends when somebody opens the chat for the first time."""

_WORD: Final = re.compile(
    r"(?:please\s+)?[/!]?(?P<verb>status|costs|help|stop|cancel|retry|again)(?:@\w+)?"
    r"(?P<ids>(?:[\s,]+d\d{1,9})*)(?:[\s,]+please)?[\s.!?]*",
    re.IGNORECASE,
)
_START: Final = re.compile(r"/start(?:@\w+)?(?:\s.*)?", re.IGNORECASE)
_QUESTION: Final = re.compile(
    r"/(?P<verb>answer|approve|deny)(?:@\w+)?(?:\s+(?P<id>q\d{1,9})\b)?[\s:,]*(?P<text>.*)",
    re.IGNORECASE | re.DOTALL,
)
_TELL: Final = re.compile(
    r"/(?P<verb>tell|continue)(?:@\w+)?\s+(?P<id>d\d{1,9})\b[\s:,]*(?P<text>.*)", re.IGNORECASE | re.DOTALL
)
_RUN: Final = re.compile(
    r"/run(?:@\w+)?(?:\s+@(?P<project>[\w.-]+))?(?:\s+(?P<text>.*))?", re.IGNORECASE | re.DOTALL
)
_AT: Final = re.compile(r"@(?P<project>[\w.-]+)[\s:,]+(?P<text>\S.*)", re.DOTALL)


def parse(text: str, projects: Collection[str] = ()) -> Command | None:
    """The command that ``text`` as a whole is, or None; ``@name …`` is one only for a known project."""
    text = text.strip()
    if found := _WORD.fullmatch(text):
        return Command(_verb(found["verb"]), tuple(re.findall(r"d\d+", found["ids"].lower())))
    if _START.fullmatch(text):
        return Command(Verb.HELP)
    if found := _QUESTION.fullmatch(text):
        ids = (found["id"].lower(),) if found["id"] else ()
        return Command(_verb(found["verb"]), ids, found["text"].strip())
    if found := _TELL.fullmatch(text):
        return Command(Verb.TELL, (found["id"].lower(),), found["text"].strip())
    if found := _RUN.fullmatch(text):
        return Command(Verb.RUN, (), (found["text"] or "").strip(), found["project"])
    if (found := _AT.fullmatch(text)) and found["project"] in projects:
        return Command(Verb.RUN, (), found["text"].strip(), found["project"])
    return None


def _verb(word: str) -> Verb:
    word = word.lower()
    return _SYNONYMS.get(word) or Verb(word)
