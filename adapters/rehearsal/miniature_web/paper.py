"""One page of the miniature web."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paper:
    """One page; what it says is HTML inside its body."""

    title: str
    body: str
    found: bool = True  # a search finds it
    status: int = 200
    media_type: str = "text/html; charset=utf-8"
    location: str = ""  # leads there


def article(title: str, *paragraphs: str, found: bool = True) -> Paper:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return Paper(title, f"<article><h1>{title}</h1>{body}</article>", found)
