"""Bulk work: one task over the items of a list, each of which ends with one result or one stated error.

::

    WAITING ──▶ SENT ──▶ DONE
                 │ └───▶ FAILED ──▶ SENT   (asked for again)
                 └─────▶ SENT             (another try, or the run died before an answer was stored)

``tries`` is raised before a model is asked, so it is never less than what was paid for: an item that was sent
and not stored when the process died counts as a try, and its next one as a retry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class ItemState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"  # a model was, or was about to be, asked
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ItemList:
    """The items of one file, and what is to be done with each."""

    id: str  # d7.1
    dispatch: str
    name: str  # of the file they come from
    task: str  # the words of the person, as the model is told them
    shape: str  # what the adapter needs to write the file again (JSON of its own)
    total: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Item:
    id: str  # d7.1.000042
    list: str
    dispatch: str
    n: int  # 1, 2, 3 …
    text: str  # as the adapter read it (JSON of its own)
    state: ItemState = ItemState.WAITING
    tries: int = 0
    answer: str = ""  # the result, or the error of a failed one


@dataclass(frozen=True, slots=True)
class ItemEnd:
    """What became of one item."""

    n: int
    ok: bool
    text: str  # the result, or the error in one sentence


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file that somebody attached to words which a dispatch was told; its bytes are a blob."""

    id: str
    dispatch: str
    name: str
    sha256: str
    size: int
    at: datetime


LIST_ENDINGS: Final = ("csv", "tsv", "jsonl", "ndjson", "txt")
_EACH: Final = re.compile(
    r"\bfor (?:each|every)(?: single)? (?:[\w-]+ ){1,3}(?:of|in|from) (?:the )?(?:attached )?(?:file )?"
    rf"[`\"“']?(?P<name>[\w./-]+\.(?:{'|'.join(LIST_ENDINGS)}))\b"
    r"|\bfor (?:each|every)(?: single)? (?P<plain>row|line|item|record|entry)\b",
    re.IGNORECASE,
)


def list_named(words: str) -> str | None:
    """The file over whose items the words want work done; "" where they name none; None for other work."""
    found = _EACH.search(words)
    return None if found is None else found["name"] or ""
