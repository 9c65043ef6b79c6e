"""flood_*: one person sends a thousand requests; how much longer does somebody else wait for a reply?"""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Final

from bench.asking import house
from bench.figures import Figure, measured
from bench.ground import AS_DELIVERED, LIFTED, configure

REQUESTS: Final = 1000
PER_S: Final = 100


async def measure(root: Path) -> list[Figure]:
    return [
        await _ratio("flood_latency_ratio", root / "delivered", AS_DELIVERED),
        await _ratio("flood_lifted_ratio", root / "lifted", LIFTED),
    ]


async def _ratio(key: str, root: Path, limits: str) -> Figure:
    async with house(configure(root, limits=limits)) as running:
        found = await running.ask(f"flood {REQUESTS} {PER_S}")
    alone = statistics.median(found["alone"])
    return measured(key, [each / alone for each in found["beside"]])
