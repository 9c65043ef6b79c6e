"""What a search finds, and why a page or a search gave nothing; what a fetch leaves behind is an event."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hit:
    """One result of a search: a place to look, never a source by itself."""

    title: str
    url: str
    snippet: str = ""
    published: str = ""


class WebError(Exception):
    """Why a page or a search gave nothing: one sentence."""
