"""All figures of the house: a table, and results.json for whoever compares.

python -m bench [part ...]        parts: version ready resident working listing rendering ticking burst flood
"""

from __future__ import annotations

import asyncio
import compileall
import sys
import sysconfig
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from bench import bursting, flooding, listing, rendering, resident, starting, ticking, working
from bench.figures import HEAD, TARGETS, Figure, line, save
from bench.programs import ROOT

RESULTS: Final = ROOT / "bench" / "results.json"

PARTS: Final[dict[str, Callable[[Path], Awaitable[list[Figure]]]]] = {
    "version": lambda _: starting.version(),
    "ready": starting.ready,
    "resident": resident.measure,
    "working": working.measure,
    "listing": listing.measure,
    "rendering": rendering.measure,
    "ticking": ticking.measure,
    "burst": bursting.measure,
    "flood": flooding.measure,
}


def compile_all() -> None:
    """As an installer leaves it; a checkout may be run where Python keeps no bytecode, and compiles anew."""
    for place in (
        sysconfig.get_path("purelib"),
        *(ROOT / room for room in ("bot", "adapters", "storage", "bench")),
    ):
        compileall.compile_dir(place, quiet=2, workers=0)


async def measure(wanted: Sequence[str]) -> list[Figure]:
    figures: list[Figure] = []
    print(HEAD, flush=True)
    for name in wanted:
        with tempfile.TemporaryDirectory(prefix="frontdesk-bench-") as temporary:
            found = await PARTS[name](Path(temporary) / name)
        for figure in found:
            print(line(figure), flush=True)
        figures += found
    return figures


def main() -> int:
    wanted = sys.argv[1:] or list(PARTS)
    if unknown := set(wanted) - set(PARTS):
        print(f"There is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}.")
        return 2
    began = time.perf_counter()
    compile_all()
    figures = asyncio.run(measure(wanted))
    if {figure.key for figure in figures} == set(TARGETS):
        save(figures, RESULTS)
        print(f"\nWritten to {RESULTS.relative_to(ROOT)} after {time.perf_counter() - began:.0f} s.")
    missed = [figure.key for figure in figures if figure.holds is False]
    print(f"Missed: {', '.join(missed)}." if missed else "Every target that was measured holds.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
