"""What a house uses while nothing happens, and how soon it answers; all from one process that runs on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bench.asking import house
from bench.figures import Figure, measured, quantile
from bench.ground import configure, every_chat
from bench.programs import cpu_percent, rss_mb

SETTLE_S: Final = 3.0
"""What a start leaves to be done."""
LOOKS: Final = 4
LOOK_S: Final = 5.0
REPLIES: Final = 100
STEADY: Final = 200
STEADY_PER_S: Final = 20


async def measure(root: Path) -> list[Figure]:
    async with every_chat() as fakes:
        if fakes.missing:
            print(f"Measured without {', '.join(fakes.missing)}: there is no stand-in for them.")
        return await _measured(configure(root, more=fakes.tables), fakes.environment)


async def _measured(configuration: Path, environment: Mapping[str, str]) -> list[Figure]:
    async with house(configuration, environment):
        pass  # the first start of all loads what makes the tables
    async with house(configuration, environment) as running:
        await asyncio.sleep(SETTLE_S)
        memory = [rss_mb(running.pid)]
        busy = [await cpu_percent(running.pid, LOOK_S) for _ in range(LOOKS)]
        await running.ask("replies 5")  # the first ones compile statements
        replies = (await running.ask(f"replies {REPLIES}"))["ms"]
        received = (await running.ask(f"steady {STEADY} {STEADY_PER_S}"))["ms"]
    return [
        measured("idle_rss_mb", memory),
        measured("idle_cpu_percent", busy),
        measured("receive_p95_ms", received, quantile(received, 95)),
        measured("first_reply_p50_ms", replies),
        measured("first_reply_p95_ms", replies, quantile(replies, 95)),
    ]
