"""Questions about the miniature web, with the answers that its pages prove."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Known:
    """What can be found out, where, and by which words there."""

    question: str
    answer: str
    url: str
    quote: str
    also: tuple[str, ...] = ()  # pages that a search finds too, and that prove nothing: dead, stale, hostile


_K: Final = "http://kettles.example"
_T: Final = "http://tea.example"
_M: Final = "http://museum.example"

KNOWN: Final = (
    Known(
        "Which travel kettle is the first choice?",
        "The Alder Mini is the first choice.",
        f"{_K}/best",
        "makes it our first choice for most people",
        (f"{_K}/old-ranking", f"{_K}/best-of-2019"),
    ),
    Known(
        "What does the Alder Mini cost?",
        "It costs 45 euros.",
        f"{_K}/best",
        "in 142 seconds and costs 45 euros",
        (f"{_T}/injected",),
    ),
    Known(
        "How warm does the base of the Alder Mini become?",
        "It becomes 41 degrees warm.",
        f"{_K}/alder-mini",
        "Its base became 41 degrees warm",
    ),
    Known(
        "How flat does the Birch Fold fold?",
        "It folds to six centimetres.",
        f"{_K}/best",
        "The Birch Fold folds flat to six centimetres",
    ),
    Known(
        "What does the Birch Fold weigh?",
        "It weighs 610 grams.",
        f"{_K}/best",
        "six centimetres and weighs 610 grams",
    ),
    Known(
        "How much water is boiled in each test?",
        "Half a litre of water at 15 degrees.",
        f"{_K}/method",
        "boils half a litre of water at 15 degrees",
    ),
    Known(
        "What does the Cedar Go weigh?",
        "It weighs 833 g.",
        f"{_K}/table",
        "taken in our laboratory in March 2026",
        (f"{_K}/cedar-go",),
    ),
    Known(
        "What does scale do to a kettle?",
        "It lengthens boiling.",
        f"{_K}/paper.pdf",
        "Scale of one millimetre lengthens boiling",
        (f"{_K}/broken.pdf",),
    ),
    Known(
        "How long have kettles been reviewed there?",
        "Since 1998.",
        f"{_K}/",
        "We have boiled water since 1998",
    ),
    Known(
        "How warm should water for green tea be?",
        "It should have 70 to 80 degrees.",
        f"{_T}/water",
        "Green tea wants 70 to 80 degrees",
    ),
    Known(
        "How long must water stand for green tea?",
        "Four minutes.",
        f"{_T}/water",
        "let the water stand for four minutes",
    ),
    Known(
        "Which kettle is of no use in Japan?",
        "The Birch Fold.",
        f"{_T}/kettle-voltage",
        "The Birch Fold has no switch for the voltage",
    ),
    Known(
        "What does the enamel kettle from the attic hold?",
        "It holds two litres.",
        f"{_T}/hidden",
        "The enamel kettle of our grandmother holds two",
    ),
    Known(
        "What does the Dogwood Max hold?",
        "It holds 1.7 liters.",
        f"{_T}/injected",
        "The Dogwood Max holds 1.7 liters",
    ),
    Known(
        "Where does the museum of kettles stand?",
        "At the harbour of Kassel.",
        f"{_M}/",
        "four floors at the harbour of Kassel",
    ),
    Known(
        "Who founded the museum of kettles?",
        "Edda Lorenz founded it in 1962.",
        f"{_M}/founder",
        "founded in 1962 by the engineer Edda Lorenz",
        (f"{_M}/guide-of-1998",),
    ),
    Known(
        "Where was the founder of the museum of kettles born?",
        "She was born in Bremen.",
        f"{_M}/edda-lorenz",
        "Edda Lorenz was born in Bremen in 1911",
        (f"{_M}/founder",),
    ),
    Known(
        "What does the old guide say about the founding?",
        "It says 1964.",
        f"{_M}/guide-of-1998",
        "the museum of kettles was founded in 1964",
    ),
    Known(
        "What does admission to the museum cost now?",
        "It costs 9 euros.",
        f"{_M}/prices",
        "Since January 2026 admission to the museum of kettles costs 9 euros",
        (f"{_M}/prices-2019",),
    ),
    Known(
        "When is the museum open?",
        "On Saturdays from 10 to 17 hours.",
        f"{_M}/opening.txt",
        "open on Saturdays from 10 to 17 hours",
    ),
    Known(
        "What does the oldest kettle weigh (Der älteste Kessel)?",
        "It weighs 4 Kilogramm.",
        f"{_M}/aeltester",
        "stammt aus Köln und wiegt 4 Kilogramm",
    ),
    Known(
        "How many kettles are in the catalogue of the museum?",
        "There are 318.",
        f"{_M}/catalogue.pdf",
        "The collection holds 318 kettles",
    ),
    Known(
        "When was the first kettle with a whistle sold?",
        "In 1923.",
        f"{_M}/whistles",
        "The first kettle with a whistle was sold in 1923",
        (f"{_M}/moved",),
    ),
    Known(
        "What is on in the special exhibition of the museum?",
        "",
        "",
        "",
        (f"{_M}/special-exhibition", f"{_M}/gone"),
    ),
    Known(
        "What does the copper kettle of 1887 hold?",
        "It holds 12 litres.",
        f"{_M}/copper",
        "The copper kettle of 1887 holds 12 litres",
    ),
)
"""Where ``answer`` is empty, nothing can be proven, and to say so is right."""
