"""``frontdesk serve`` as a process of its own, beside a test that looks at the same rows."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from adapters.specialists.child.environment import Marker
from adapters.specialists.child.process import kill_tree
from tests.commands import ROOT

OPEN: Final = "Frontdesk is open"
PATIENCE_S: Final = 30.0

CONFIGURATION: Final = """
[frontdesk]
home = "{home}"
{frontdesk}
[secretary]
model = "rules"
[people.ann]
role = "admin"
accounts = {{ scripted = "ann" }}
[projects.api]
directory = "{directory}"
specialist = "scripted"
permission_mode = "acceptEdits"
[specialists.scripted]
script = "{play}"
[questions]
grace_s = 60
"""


def configure(directory: Path, play: str, **frontdesk: str) -> Path:
    """Write frontdesk.toml, a project and the play; the path of the configuration."""
    directory.mkdir(exist_ok=True)
    (directory / "api").mkdir(exist_ok=True)
    (directory / "play.toml").write_text(play)
    lines = "\n".join(f'{name} = "{value}"' for name, value in frontdesk.items())
    path = directory / "frontdesk.toml"
    path.write_text(
        CONFIGURATION.format(
            home=directory / "home",
            frontdesk=lines,
            directory=directory / "api",
            play=directory / "play.toml",
        )
    )
    return path


@dataclass(slots=True, eq=False)
class Serving:
    process: asyncio.subprocess.Process
    said: list[str] = field(default_factory=list[str])

    @property
    def pid(self) -> int:
        return self.process.pid

    async def until_said(self, words: str) -> str:
        """The first line with ``words`` from here on; what it said instead when it ends without."""
        assert self.process.stderr
        async with asyncio.timeout(PATIENCE_S):
            while line := (await self.process.stderr.readline()).decode():
                self.said.append(line.rstrip("\n"))
                if words in line:
                    return line
        raise AssertionError(f"It never said {words!r} but:\n" + "\n".join(self.said))

    async def ended(self, within_s: float = PATIENCE_S) -> int:
        """Its exit code; what else it said is in ``said``."""
        assert self.process.stderr
        async with asyncio.timeout(within_s):
            rest = await self.process.stderr.read()
            self.said.extend(rest.decode().splitlines())
            return await self.process.wait()

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    async def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()


@asynccontextmanager
async def serving(
    configuration: Path,
    *arguments: str,
    wait: bool = True,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> AsyncGenerator[Serving]:
    """A house in a process, open unless ``wait`` is False; killed with all its children at the end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "--config", str(configuration), "serve", *arguments),
        cwd=configuration.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        limit=1024 * 1024,
    )
    served = Serving(process)
    try:
        if wait:
            await served.until_said(OPEN)
        yield served
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
        await kill_tree(None, 0, Marker.of(configuration.parent / "home"))
