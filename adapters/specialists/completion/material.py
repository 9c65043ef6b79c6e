"""What a model is told: its instructions, the words of the task, and files as material between marks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from adapters.specialists.completion.schema import Schema, as_instructions, is_schema_file
from adapters.specialists.completion.session import Session
from bot.ports import Given, Work

INSTRUCTIONS: Final = Path(__file__).with_name("completion.md")
MAX_CHARS: Final = 400_000
"""Of all files together."""
EXCHANGES: Final = 6
"""Earlier questions of the session that the next one is told."""


class NotUsable(Exception):
    """What was given cannot be worked on: one sentence."""


def instructions(work: Work, schema: Schema | None) -> str:
    own = INSTRUCTIONS.read_text(encoding="utf-8").strip()
    return "\n\n".join(filter(None, (own, work.instructions, as_instructions(schema))))


def fence_of(work: Work) -> str:
    """A mark that no material can know beforehand, the same for all items of a list so that it is cached."""
    return hashlib.sha256(work.session.encode()).hexdigest()[:12]


def marked(kind: str, name: str, text: str, fence: str) -> str:
    return f"<{kind} {fence} {name}>\n{text}\n</{kind} {fence}>"


def files_in_words(files: Iterable[Given], fence: str) -> str:
    """Raises NotUsable for what is no text."""
    parts = [marked("file", file.name, text_of(file), fence) for file in files if not is_schema_file(file)]
    whole = "\n\n".join(parts)
    if len(whole) > MAX_CHARS:
        raise NotUsable(f"The files have {len(whole):,} characters together; {MAX_CHARS:,} is the most.")
    return whole


def text_of(file: Given) -> str:
    try:
        text = file.data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotUsable(f"{file.name} is no UTF-8 text; a plain model reads only text.") from None
    if "\0" in text:
        raise NotUsable(f"{file.name} is no text; a plain model reads only text.")
    return text


def question(work: Work, session: Session, lost: str, results: tuple[Given, ...] = ()) -> str:
    """The words of this run, after what was said before in its session."""
    before = "".join(
        f"Earlier request:\n{each.question}\n\nEarlier result:\n{each.answer}\n\n---\n\n"
        for each in session.exchanges[-EXCHANGES:]
    )
    before += "".join(f"A request that is still open:\n{each}\n\n" for each in session.left_open(work.run))
    files = files_in_words((*work.files, *results), fence_of(work))
    now = "\n\n".join(filter(None, (lost, work.prompt or "Go on where you stopped.", files)))
    return f"{before}{now}"
