"""Kinds of work, as far as the choice of a model depends on them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class KindOfWork(StrEnum):
    CLASSIFY = "classify"  # one of a few labels for a text
    EXTRACT = "extract"  # facts out of a text
    SUMMARISE = "summarise"
    TRANSLATE = "translate"
    DRAFT = "draft"  # a text that somebody will go over
    ANSWER = "answer"  # text in, text out, of no kind above
    PROSE = "prose"  # a text that ships
    REASONING = "reasoning"  # what a mistake in thinking would spoil
    RESEARCH = "research"  # current facts, with sources
    CODING = "coding"  # files, repositories, commands


FAST: Final = "fast"
BULK: Final = "bulk"
FRONTIER: Final = "frontier"

TIERS: Final[dict[KindOfWork, str]] = {
    KindOfWork.CLASSIFY: BULK,
    KindOfWork.EXTRACT: BULK,
    KindOfWork.SUMMARISE: BULK,
    KindOfWork.TRANSLATE: FAST,
    KindOfWork.DRAFT: FAST,
    KindOfWork.ANSWER: FAST,
    KindOfWork.PROSE: FRONTIER,
    KindOfWork.REASONING: FRONTIER,
}
"""Where the configuration has no row of its own. Research and coding use what their specialist names."""

NEVER_BULK: Final = frozenset({KindOfWork.PROSE, KindOfWork.REASONING})
"""The cheapest model costs most here: what ships carries a name, and a wrong thought is built upon."""
NEVER_BULK_WHY: Final = "prose that ships and the hardest reasoning never go to the cheapest model"
