"""A real process tree for a run that is otherwise only our memory, so that a kill leaves traces."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import adapters
from adapters.specialists.child.environment import Marker, worker_environment
from adapters.specialists.child.launcher import Launcher, write_launcher
from adapters.specialists.child.process import Identity, identify, kill_tree
from bot.errors import Reason, SpecialistError
from bot.ports import Work

ROOT: Final = str(Path(adapters.__file__).parent.parent)
START_S: Final = 20.0


class Body:
    """A program with a child, one that left the session, and one that dropped its environment."""

    def __init__(self, process: asyncio.subprocess.Process, launcher: Launcher, marker: Marker) -> None:
        self._process = process
        self._launcher = launcher
        self._marker = marker
        self._watch: asyncio.Task[None] | None = None
        self.identity: Identity | None = identify(process.pid)

    @classmethod
    async def start(cls, work: Work, home: Path) -> Body:
        marker = Marker.of(home, work.run)
        variables = worker_environment(home=work.scratch, scratch=work.scratch, marker=marker)
        launcher = write_launcher(
            Path(work.scratch, "worker"), sys.executable, variables | {"PYTHONPATH": ROOT}, grace_s=0.5
        )
        process = await asyncio.create_subprocess_exec(
            str(launcher.path),
            *("-m", "adapters.rehearsal.orphans"),
            cwd=work.directory,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        body = cls(process, launcher, marker)
        try:
            await body._ready()
        except BaseException:
            await body.end(0)
            raise
        return body

    async def _ready(self) -> None:
        assert self._process.stdout is not None
        async with asyncio.timeout(START_S):
            if not (await self._process.stdout.readline()).startswith(b"ready"):
                raise SpecialistError("The scripted worker did not start.", reason=Reason.CRASHED)

    def watch(self, died: Callable[[], None]) -> None:
        """Call ``died`` if it ends before we end it."""

        async def wait() -> None:
            await self._process.wait()
            died()

        self._watch = asyncio.create_task(wait())

    async def kill(self) -> None:
        """As if it had died by itself: nothing of the tree is asked."""
        await kill_tree(self.identity, 0, self._marker)

    async def end(self, grace_s: float) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])
        await kill_tree(self.identity, grace_s, self._marker)
        await self._process.wait()
        self._launcher.remove()
