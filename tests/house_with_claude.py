"""A real house with the real Claude Code and a rehearsed model, in this process or in one to be killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from adapters.rehearsal.model_server import ModelServer, Request, Rule, Script
from adapters.specialists.child.environment import Marker
from adapters.specialists.child.process import Identity, marked, reap
from bot.app import open_desk, open_house
from bot.instance import InstanceLock, holder
from bot.settings import Settings, load
from tests.programs import ROOT
from tests.visitors import LOOK_EVERY_S, PATIENCE_S, Visitor

KEY: Final = "sk-ant-planted-credential-of-no-value"
CONFIGURATION: Final = """
[frontdesk]
home = "{home}"
[secretary]
model = "rules"
[people.ann]
role = "user"
[people.bob]
role = "user"
[people.carol]
role = "approver"
[people.dora]
role = "admin"
[projects.shop]
directory = "{project_directory}"
env = [{env}]
{project}
[specialists.claude-code]
auth = "api-key"
base_url = "{url}"
{specialist}
[questions]
grace_s = {grace_s}
{tables}
"""

WITHOUT_SANDBOX: Final = 'sandbox = "none"\n'


@dataclass(frozen=True)
class Ground:
    """A project, a configuration and a model: everything but the house itself."""

    root: Path
    server: ModelServer
    settings: Settings
    key: str = KEY  # the one credential that runs are given

    @property
    def project(self) -> Path:
        return self.root / "shop"

    @property
    def config(self) -> Path:
        return self.root / "frontdesk.toml"

    def asked(self) -> tuple[Request, ...]:
        """What the model was asked as a worker, in order."""
        return self.server.journal.of("work")

    def processes(self, run: str = "") -> list[Identity]:
        """Every process of a run of this house, or of any."""
        return marked(Marker.of(self.settings.home, run))

    def scratch(self, run: str) -> Path:
        """The private directory of a run, which is gone when the run is."""
        return self.settings.home / "scratch" / run.replace("/", "-")


@asynccontextmanager
async def ground(
    root: Path,
    rules: Sequence[Rule],
    *,
    script: Script | None = None,
    grace_s: float = 20.0,
    project: str = "",
    sandbox: str = WITHOUT_SANDBOX,
    specialist: str = "",
    tables: str = "",
    environ: Mapping[str, str] | None = None,
) -> AsyncGenerator[Ground]:
    """Lay everything out in ``root``; ``project``, ``specialist`` and ``tables`` are lines of TOML.

    The whole of ``environ`` is the house's; one model request is tried once, however it fails.
    """
    (root / "shop").mkdir(exist_ok=True)
    async with ModelServer(script or Script(rules=tuple(rules))) as server:
        text = CONFIGURATION.format(
            home=root / "home",
            project_directory=root / "shop",
            project=sandbox + project,
            env='"CLAUDE_CODE_MAX_RETRIES"',
            url=server.url,
            specialist=specialist,
            grace_s=grace_s,
            tables=tables,
        )
        (root / "frontdesk.toml").write_text(text)
        plain = {"PATH": os.environ["PATH"], "HOME": str(root / "nobody")}
        plain |= {"ANTHROPIC_API_KEY": KEY, "CLAUDE_CODE_MAX_RETRIES": "0"}
        here = Ground(root, server, load(str(root / "frontdesk.toml"), environ=plain | dict(environ or {})))
        try:
            yield here
        finally:
            await reap(Marker.of(here.settings.home))


@dataclass(slots=True)
class HouseClock:
    """The real time, which a test may put ahead."""

    ahead: timedelta = timedelta()
    ring: Callable[[], None] = lambda: None  # makes the house look at what is due

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass(frozen=True)
class House:
    ground: Ground
    people: Visitor
    clock: HouseClock = field(default_factory=HouseClock)


@asynccontextmanager
async def open_inside(here: Ground) -> AsyncGenerator[House]:
    """The house in this process, as `frontdesk serve` would run it."""
    clock = HouseClock()
    here.settings.home.mkdir(mode=0o700, exist_ok=True)
    with InstanceLock(here.settings.home):
        house = open_house(here.settings, drain_s=0.0, adjust=lambda made: replace(made, now=clock.now))
        async with house as running:
            clock.ring = running.clock.ring
            yield House(here, Visitor(running.desk), clock)


@asynccontextmanager
async def house_inside(root: Path, rules: Sequence[Rule], **options: Any) -> AsyncGenerator[House]:
    """Ground (its ``options``) and a house on it in this process."""
    async with ground(root, rules, **options) as here, open_inside(here) as house:
        yield house


class Served:
    """`frontdesk serve` as a process of its own, which may be killed and started again."""

    def __init__(self, here: Ground) -> None:
        self._here = here
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self, **environ: str) -> None:
        """Until it holds the house; ``environ`` is added to its environment."""
        with (self._here.root / "house.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "--config", str(self._here.config), "serve"),
                env={**self._here.settings.environ, "PYTHONPATH": str(ROOT), **environ},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        async with asyncio.timeout(PATIENCE_S):
            while holder(self._here.settings.home) != self.pid:
                assert self._process.returncode is None, self.log()
                await asyncio.sleep(LOOK_EVERY_S)

    async def dies(self) -> None:
        """Wait for the death that a crash point or somebody else brings."""
        assert self._process is not None
        async with asyncio.timeout(PATIENCE_S):
            assert await self._process.wait() == -signal.SIGKILL, self.log()

    async def kill(self) -> None:
        """No goodbye, nothing flushed."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        await self.dies()

    async def close(self) -> None:
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await self._process.wait()
                return
        self._process.kill()
        await self._process.wait()

    def log(self) -> str:
        path = self._here.root / "house.log"
        return path.read_text(errors="replace") if path.exists() else ""


@asynccontextmanager
async def house_outside(
    root: Path, rules: Sequence[Rule], **options: Any
) -> AsyncGenerator[tuple[House, Served]]:
    """Ground, a house that is not started yet, and its visitors, who reach it through the database."""
    async with ground(root, rules, **options) as here:
        served = Served(here)
        try:
            async with open_desk(here.settings) as desk:
                yield House(here, Visitor(desk)), served
        finally:
            await served.close()
