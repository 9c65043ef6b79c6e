"""How well messages are routed: a table by sort of message and state, and two lines of figures.

python -m bench.routing rules                      no model at all
python -m bench.routing openai:gpt-5-mini          any model, key as usual; BASE_URL for its server
python -m bench.routing rules --wrong              and every case that went wrong, but for those kept apart
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.routing.cases import Case, cases
from bench.routing.scoring import Score, score
from bench.routing.threads import open_threads
from bot.secretary import RULES, Models, Secretary
from bot.turns import propose

AT_ONCE: Final = 8
"""Requests to a model."""


async def evaluate(model: str, wanted: Sequence[Case], *, base_url: str | None = None) -> list[Score]:
    """Each case by the way that a turn takes, up to its decision."""
    provider = model.partition(":")[0]
    key = os.environ.get(f"{provider.upper()}_API_KEY")
    secretary = Secretary(Models(model, base_url=base_url, api_keys={provider: key} if key else {}))
    places = asyncio.Semaphore(AT_ONCE)
    with tempfile.TemporaryDirectory(prefix="frontdesk-eval-") as temporary:
        async with open_threads(Path(temporary)) as threads:

            async def decided(case: Case) -> Score:
                async with places:
                    brief, names = await threads.brief(case)
                    return score(case, await propose(brief, secretary.decide), names)

            try:
                return [await found for found in [asyncio.ensure_future(decided(case)) for case in wanted]]
            finally:
                await secretary.close()


def figures(scores: Sequence[Score]) -> str:
    costs = [found.cost_usd for found in scores]
    unknown = any(cost is None for cost in costs)
    money = "unknown" if unknown else f"{sum(cost or 0 for cost in costs):.4f}"
    return (
        f"cases={len(scores)} accuracy={share(scores, 'right'):.3f} "
        f"wrong_dispatch={share(scores, 'wrong_dispatch'):.3f} "
        f"missed_dispatch={share(scores, 'missed_dispatch'):.3f} "
        f"wrong_target={share(scores, 'wrong_target'):.3f} "
        f"questions={sum(found.asked for found in scores)} cost_usd={money}"
    )


def kept_apart(scores: Sequence[Score]) -> str:
    apart = [found for found in scores if found.case.kept_apart]
    return (
        f"kept_apart={len(apart)} accuracy={share(apart, 'right'):.3f} "
        f"wrong_dispatch={share(apart, 'wrong_dispatch'):.3f}"
    )


def share(scores: Sequence[Score], what: str) -> float:
    """Of all, those for which it is so."""
    return sum(bool(getattr(found, what)) for found in scores) / max(len(scores), 1)


def table(scores: Sequence[Score]) -> str:
    """Rows: sorts of messages; columns: states; right ones of all."""
    cells: defaultdict[tuple[str, str], list[Score]] = defaultdict(list)
    for found in scores:
        cells[found.case.cell].append(found)
    kinds = list(dict.fromkeys(kind for kind, _ in cells))
    columns = list(dict.fromkeys(state for _, state in cells))
    wide = max(len(kind) for kind in kinds)
    lines = [" ".join([" " * wide, *(f"{column:>13}" for column in columns)])]
    for kind in sorted(kinds):
        marks = [cells.get((kind, column), []) for column in columns]
        lines.append(
            " ".join(
                [
                    f"{kind:{wide}}",
                    *(
                        f"{f'{sum(s.right for s in found)}/{len(found)}' if found else '-':>13}"
                        for found in marks
                    ),
                ]
            )
        )
    return "\n".join(lines)


def mistakes(scores: Sequence[Score]) -> str:
    """Every wrong one by name, but for those that nobody may look at."""
    return "\n".join(
        f"{'!!' if found.wrong_dispatch else '  '} {found.case.number:14} {found.case.state:18} "
        f"{found.case.says!r:.90} -> {' + '.join(found.did)} (expected "
        f"{' or '.join(' + '.join(way) for way in found.case.expect)})"
        for found in scores
        if not found.right and not found.case.kept_apart
    )


def main(arguments: Sequence[str]) -> None:
    model = next((word for word in arguments if not word.startswith("-")), RULES)
    scores = asyncio.run(evaluate(model, cases(), base_url=os.environ.get("BASE_URL")))
    if "--wrong" in arguments:
        print(mistakes(scores))
    print(table(scores))
    print(kept_apart(scores))
    print(figures(scores))


if __name__ == "__main__":
    main(sys.argv[1:])
