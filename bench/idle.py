"""What the house costs while nothing happens, and how soon a command answers.

python -m bench.idle [seconds]
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import psutil

ROOT: Final = Path(__file__).parent.parent
TRIES: Final = 5
CONFIGURATION: Final = """
[frontdesk]
home = "{home}"
[secretary]
model = "rules"
[people.ann]
role = "admin"
"""


def configure(directory: Path) -> Path:
    path = directory / "frontdesk.toml"
    path.write_text(CONFIGURATION.format(home=directory / "home"))
    return path


async def frontdesk(configuration: Path, *arguments: str) -> asyncio.subprocess.Process:
    command = (sys.executable, "-m", "bot", "--config", str(configuration), *arguments)
    quiet = asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdin=quiet, stdout=quiet, stderr=asyncio.subprocess.PIPE
    )


async def opened(house: asyncio.subprocess.Process) -> None:
    """Returns when it says so."""
    said = house.stderr or asyncio.StreamReader()
    while b"is open" not in (line := await said.readline()):
        if not line:
            raise RuntimeError("The house ended before it was open.")


async def idling(configuration: Path, seconds: float) -> None:
    house = await frontdesk(configuration, "serve")
    try:
        began = time.perf_counter()
        await opened(house)
        print(f"frontdesk serve: open after {(time.perf_counter() - began) * 1000:.0f} ms")
        process = psutil.Process(house.pid)
        await asyncio.sleep(2)  # what a start leaves to be done
        before, began = process.cpu_times(), time.perf_counter()
        await asyncio.sleep(seconds)
        after, took = process.cpu_times(), time.perf_counter() - began
        used = (after.user + after.system) - (before.user + before.system)
        memory = process.memory_info().rss / 1024**2
        threads = process.num_threads()
        print(f"idle for {took:.0f} s: {used / took:.1%} of a core, {memory:.0f} MB, {threads} threads")
    finally:
        house.terminate()
        await house.communicate()


async def answering(configuration: Path, *arguments: str) -> float:
    """Median milliseconds of a command, from its start to its end."""
    took: list[float] = []
    for _ in range(TRIES):
        began = time.perf_counter()
        command = await frontdesk(configuration, *arguments)
        await command.communicate()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


async def measure(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        configuration = configure(Path(temporary))
        await idling(configuration, seconds)
        version = await answering(configuration, "--version")
        status = await answering(configuration, "status")
        print(f"frontdesk --version: {version:.0f} ms; status: {status:.0f} ms")
        print(f"ratio of status to --version: {status / version:.1f}")


if __name__ == "__main__":
    asyncio.run(measure(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0))
