"""warm_rss_mb and dispatch_ratio: what real work costs, with the real Claude Code on a rehearsed model.

The bare `claude -p` gets the command line and the environment that the house gave its own run, as the
kernel shows them; only what needs the other end of a pipe is taken out. Both take turns.
"""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import psutil

from adapters.rehearsal.model_server import Fault, ModelServer, Rule, Script, Step, Use
from bench.asking import House, house
from bench.figures import Figure, measured, skipped
from bench.ground import configure
from bench.programs import PATIENCE_S, rss_mb

PAIRS: Final = 3
STEPS: Final = 10
STEP_S: Final = 0.4
"""How long the rehearsed model thinks; with the rest a run takes well over 3 s."""

KEY: Final = "sk-ant-rehearsed-key-of-no-value"
_NEEDED: Final = {"claude_agent_sdk": "claude", "pydantic_ai": "models"}
_SECRETARY: Final = 'model = "openai-chat:rehearsal"\nbase_url = "{url}"'
_MORE: Final = """
[projects.shop]
directory = "{directory}"
sandbox = "none"
[specialists.claude-code]
auth = "api-key"
base_url = "{url}"
"""
_NEED_A_PIPE: Final = ("--input-format", "--permission-prompt-tool", "--mcp-config", "--session-id")


async def measure(root: Path) -> list[Figure]:
    if missing := [extra for module, extra in _NEEDED.items() if find_spec(module) is None]:
        why = f"the extra {' and '.join(missing)} is not installed"
        return [skipped("warm_rss_mb", why), skipped("dispatch_ratio", why)]
    project = root / "shop"
    project.mkdir(parents=True)
    (project / "README.md").write_text("# Shop\n")
    async with ModelServer(_script(project)) as server:
        secretary = _SECRETARY.format(url=server.openai_url)
        more = _MORE.format(directory=project, url=server.url)
        configuration = configure(root, secretary=secretary, more=more)
        async with house(configuration, _environ()):
            pass  # the first start of all loads what makes the tables
        async with house(configuration, _environ()) as running:
            await running.ask("say could you compare both approaches that we spoke of yesterday")
            await running.ask("dispatch shop")
            memory = rss_mb(running.pid)
            ratios = [await _ratio(running, project) for _ in range(PAIRS)]
    return [measured("warm_rss_mb", [memory]), measured("dispatch_ratio", ratios)]


def _script(project: Path) -> Script:
    slowly = Fault(delay_s=STEP_S)
    look = Step(use=(Use("Read", {"file_path": str(project / "README.md")}),), fault=slowly)
    walk = (look,) * (STEPS - 1) + (Step(say="All ten steps are done.", fault=slowly),)
    decision = {"say": "Yes.", "actions": [{"kind": "nothing"}], "why": "Small talk.", "confidence": 0.9}
    return Script(
        rules=(
            Rule(when="ten steps", answers="work", steps=walk),
            Rule(when=".", answers="decision", steps=(Step(decide=decision),)),
        )
    )


def _environ() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"ANTHROPIC_API_KEY": KEY, "OPENAI_API_KEY": KEY}


async def _ratio(running: House, project: Path) -> float:
    dispatching = asyncio.create_task(running.ask("dispatch shop"))
    run = await _run_of(running.pid)
    (dispatched_s,) = (await dispatching)["s"]
    return dispatched_s / await _bare_s(*run, project)


async def _run_of(house_pid: int) -> tuple[list[str], dict[str, str]]:
    """Command line and environment of the program that the house has started."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            for process in psutil.Process(house_pid).children(recursive=True):
                if found := _claude(process):
                    return found
            await asyncio.sleep(0.05)


def _claude(process: psutil.Process) -> tuple[list[str], dict[str, str]] | None:
    try:
        command = process.cmdline()
        if command and Path(command[0]).name == "claude" and "--output-format" in command:
            return command, process.environ()
    except psutil.Error:
        pass  # it has ended meanwhile, or is about to become what we look for
    return None


async def _bare_s(command: list[str], environ: dict[str, str], project: Path) -> float:
    for room in ("CLAUDE_CODE_TMPDIR", "CLAUDE_CONFIG_DIR"):
        Path(environ[room]).mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *_alone(command),
        cwd=project,
        env=environ,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate(b"walk the ten steps")
    took = time.perf_counter() - began
    if process.returncode != 0 or b"All ten steps are done." not in said:
        raise RuntimeError(f"The bare run ended with {process.returncode}: {said[-500:]!r}")
    return took


def _alone(command: list[str]) -> list[str]:
    """The same without what only a library at the other end can answer."""
    kept: list[str] = []
    words = iter(command)
    for word in words:
        if word in _NEED_A_PIPE:
            next(words)
        else:
            kept.append(word)
    return [*kept, "-p", "--session-id", str(uuid.uuid4())]
