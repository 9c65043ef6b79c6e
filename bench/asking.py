"""The other end of `bench.house`: start it, tell it what to do, read what it measured."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from bench.programs import PATIENCE_S, ending, start


class House:
    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ask(self, words: str, timeout_s: float = PATIENCE_S) -> dict[str, Any]:
        assert self._process.stdin is not None  # noqa: S101  both are pipes
        self._process.stdin.write(f"{words}\n".encode())
        return await self.answer(timeout_s)

    async def answer(self, timeout_s: float = PATIENCE_S) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101
        async with asyncio.timeout(timeout_s):
            line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"The house ended:\n{self._log.read_text(errors='replace')[-2000:]}")
        return json.loads(line)


@contextmanager
def opened(log: Path) -> Generator[int]:
    with log.open("ab") as file:
        yield file.fileno()


@asynccontextmanager
async def house(configuration: Path, environ: Mapping[str, str] | None = None) -> AsyncGenerator[House]:
    log = configuration.parent / "house.log"
    with opened(log) as descriptor:
        process = await start("-m", "bench.house", str(configuration), environ=environ, log=descriptor)
    async with ending(process):
        asked = House(process, log)
        await asked.answer()
        yield asked
