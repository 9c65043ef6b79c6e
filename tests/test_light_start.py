"""A house that waits holds no more than it needs: what is heavy is imported when it is first used."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.programs import ROOT

HEAVY: Final = {
    "the command line of a person": ("prompt_toolkit", "adapters.chats.terminal.screen"),
    "the secretary's model": ("bot.secretary", "pydantic_ai", "openai", "anthropic", "genai_prices"),
    "Claude's SDK": ("claude_agent_sdk", "mcp"),
    "readers of web pages": ("trafilatura", "lxml", "pypdf"),
    "the rehearsal": ("adapters.rehearsal", "h11"),
    "answers in a form": ("jsonschema", "referencing"),
    "traces that nobody asked for": ("adapters.telemetry", "opentelemetry.sdk", "opentelemetry.exporter"),
    "migrations that are not due": ("alembic", "mako"),
    "SQLite by threads": ("aiosqlite",),
}

WAITING: Final = """
import asyncio, json, sys
import bot.cli.root, bot.cli.operating, bot.serving
from bot.app import open_house
from bot.settings import load

async def main():
    async with open_house(load(sys.argv[1]), drain_s=0):
        print(json.dumps(sorted(sys.modules)))

asyncio.run(main())
"""

CONFIGURATION: Final = """
[frontdesk]
home = "{home}"
[secretary]
model = "openai:gpt-5-mini"
[people.ann]
role = "admin"
[projects.shop]
directory = "{directory}"
sandbox = "none"
[specialists.claude-code]
auth = "login"
[specialists.completion]
model = "openai:gpt-5-mini"
[specialists.web-research]
model = "openai:gpt-5-mini"
search = ["searxng"]
searxng_url = "http://127.0.0.1:9"
"""


def modules_of_a_waiting_house(configuration: Path) -> set[str]:
    run = subprocess.run(
        [sys.executable, "-c", WAITING, str(configuration)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    (listed,) = [line for line in run.stdout.splitlines() if line.startswith("[")]
    return set(json.loads(listed))


def test_a_house_before_its_first_message_has_imported_nothing_heavy(tmp_path: Path) -> None:
    """A model, Claude Code and the researcher are configured: none of their libraries is loaded."""
    configuration = tmp_path / "frontdesk.toml"
    configuration.write_text(CONFIGURATION.format(home=tmp_path / "home", directory=tmp_path))
    modules_of_a_waiting_house(configuration)  # makes the tables
    loaded = modules_of_a_waiting_house(configuration)
    assert {"bot.workflows", "storage.inline"} <= loaded
    found = {what: [name for name in names if name in loaded] for what, names in HEAVY.items()}
    assert not any(found.values()), found


def test_asking_for_the_version_loads_no_database_and_no_configuration(tmp_path: Path) -> None:
    """`--version` answers from the installed package alone."""
    words = "import sys; from bot.cli.root import run; run(['--version']); print(sorted(sys.modules))"
    run = subprocess.run([sys.executable, "-c", words], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in ("sqlalchemy", "pydantic", "dbos", "structlog", "rich", "bot.settings", "bot.app"):
        assert f"'{name}'" not in run.stdout
