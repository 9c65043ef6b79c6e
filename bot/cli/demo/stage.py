"""The stage: a temporary directory with a project, a rehearsed model, and a house that can be killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.errors import FrontdeskError
from bot.instance import holder
from bot.settings import Settings, load

if TYPE_CHECKING:
    from adapters.rehearsal.phones import Phones

GREET: Final = """import sys

print(f"Hello, {sys.argv[1]}")
"""
PATIENCE_S: Final = 30.0


@dataclass(slots=True)
class Stage:
    """Everything lies in ``root`` and goes with it."""

    root: Path
    phones: Phones | None = None  # on a chat; None: in the terminal
    process: subprocess.Popen[bytes] | None = None
    kept_chart: Path | None = None  # None: the chart of the digest goes with everything else

    @property
    def project(self) -> Path:
        return self.root / "shop"

    @property
    def research(self) -> Path:
        return self.root / "research"

    @property
    def chart(self) -> Path:
        return self.kept_chart or self.root / "digest.png"

    @property
    def config(self) -> Path:
        return self.root / "frontdesk.toml"

    @property
    def home(self) -> Path:
        return self.root / "home"

    def build(self, *, url: str, openai_url: str, search_url: str, sandbox: str, why: str) -> str:
        """Write projects and configuration; returns the configuration, to be shown."""
        self.project.mkdir(exist_ok=True)
        self.research.mkdir(exist_ok=True)
        (self.project / "greet.py").write_text(GREET)
        (self.project / "README.md").write_text("# Shop\n\n`python greet.py NAME` greets somebody.\n")
        template = files("bot.cli.demo").joinpath("frontdesk.toml").read_text()
        text = template.format(
            url=url,
            openai_url=openai_url,
            search_url=search_url,
            research=self.research,
            directory=self.project,
            sandbox=sandbox,
            why=why,
            **{person: self._account(person) for person in ("ann", "bob")},
        )
        if self.phones:
            text += f"\n{self.phones.configuration}\n"
        self.config.write_text(text)
        return text

    def _account(self, person: str) -> str:
        return f"\n{self.phones.accounts[person]}" if self.phones else ""

    def environment(self) -> dict[str, str]:
        """Nothing of this machine's secrets; the keys are for the rehearsed model, which takes any."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TERM") if name in os.environ}
        keys = {"ANTHROPIC_API_KEY": "demo-key-of-no-value", "OPENAI_API_KEY": "demo-key-of-no-value"}
        tokens = dict(self.phones.environment) if self.phones else {}
        return kept | keys | tokens | {"FRONTDESK_FRONTDESK__HOME": str(self.home)}

    def settings(self) -> Settings:
        return load(str(self.config), environ=self.environment())

    async def open(self) -> None:
        """Start the house as a process of its own and wait until it has taken its lock."""
        log = (self.root / "house.log").open("ab")
        command = [sys.executable, "-m", "bot", "--config", str(self.config), "serve"]
        self.process = subprocess.Popen(  # noqa: ASYNC220  forks once, at a moment when nothing else runs
            command, env=self.environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        log.close()
        await until(lambda: self._holds(self.process), "the house to open")

    def _holds(self, process: subprocess.Popen[bytes] | None) -> bool:
        if process is None or process.poll() is not None:
            raise FrontdeskError(f"The house of the demo ended early:\n{self.tail()}")
        return holder(self.home) == process.pid

    async def guard(self) -> None:
        """Until cancelled; FrontdeskError when the house ends although nobody killed it."""
        while True:
            process = self.process
            if process is not None and process.poll() is not None and process.returncode != -signal.SIGKILL:
                raise FrontdeskError("the house ended by itself.")
            await asyncio.sleep(0.2)

    def kill(self) -> int:
        """SIGKILL: no goodbye, nothing flushed; returns the pid it had."""
        assert self.process is not None  # noqa: S101  the scenes open it first
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        return self.process.pid

    def close(self) -> None:
        """Let the house end in order."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def tail(self) -> str:
        log = self.root / "house.log"
        return log.read_text(errors="replace")[-3000:] if log.exists() else ""


async def until(reached: Callable[[], bool | Awaitable[bool]], what: str) -> None:
    """Look again and again until it is so; FrontdeskError when it takes too long."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found = reached()
                if found if isinstance(found, bool) else await found:
                    return
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise FrontdeskError(f"The demo waited {PATIENCE_S:g} s for {what} in vain.") from None
