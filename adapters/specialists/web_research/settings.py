"""What the operator decides once for all runs of the researcher."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.web.searching import Provider


@dataclass(frozen=True, slots=True)
class ResearchSettings:
    model: str  # provider:model
    key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    search: tuple[Provider, ...] = ()
    searches: int = 8  # of one run
    fetches: int = 20
    tokens: int = 120_000  # in and out together
    seconds: float = 240.0  # then the last words are written
    last_words_s: float = 60.0  # what those may take
