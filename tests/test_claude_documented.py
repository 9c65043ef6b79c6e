"""A repository as teams have them works with the settings that the documentation shows, and no others."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from adapters.rehearsal.model_server import ModelServer, Script, Use, rule
from adapters.specialists.child.environment import Marker
from adapters.specialists.child.process import reap
from bot.settings import load
from tests import tickets_server
from tests.claude_calls import bash
from tests.house_with_claude import Ground, House, open_inside
from tests.programs import ROOT, need

pytestmark = pytest.mark.claude

GUIDANCE: Final = "Prices of this shop are whole cents, never floats."
TOKEN: Final = "sk-ant-oat01-planted-token-of-no-value"
VARIABLE: Final = "sqlite:///planted-for-the-tests.db"
SECRETS: Final = {
    "ANTHROPIC_API_KEY": "sk-ant-planted-key-of-the-secretary",
    "OPENAI_API_KEY": "sk-planted-openai-key-of-no-value",
    "SLACK_BOT_TOKEN": "xoxb-planted-bot-token",
    "UNRELATED": "planted-and-not-named",
}
ITS_TESTS: Final = f"""import os

def test_it_sees_its_database():
    assert os.environ["SHOP_DATABASE_URL"] == {VARIABLE!r}

def test_it_sees_no_key_of_the_house():
    assert not {set(SECRETS)!r} & set(os.environ)
    assert {{value for value in os.environ.values() if value.startswith("sk-")}} <= {{{TOKEN!r}}}
"""
STEPS: Final = [
    bash("pytest -q -p no:cacheprovider"),
    Use("mcp__tickets__open_tickets", {}),
    "The tests pass; one ticket is open.",
]


def documented() -> str:
    """The settings as docs/configuration.md shows them."""
    section = (ROOT / "docs/configuration.md").read_text().split("### A repository with", 1)[1]
    shown = re.search(r"```toml\n(.*?)```", section, re.DOTALL)
    assert shown is not None
    return shown[1]


@pytest.fixture
def short_path() -> Iterator[Path]:
    """Claude Code makes sockets below it, and their names may not be long."""
    with tempfile.TemporaryDirectory(prefix="fd", dir="/tmp") as name:
        yield Path(name)


@dataclass(frozen=True)
class Shop:
    house: House
    server: ModelServer

    @property
    def server_environment(self) -> dict[str, str] | None:
        """What the MCP server was started with; None when it was not."""
        trace = self.house.ground.project / "server-started.json"
        return json.loads(trace.read_text()) if trace.exists() else None


@asynccontextmanager
async def shop(root: Path, settings: str, sandbox: str) -> AsyncGenerator[Shop]:
    """A house with ``settings``; the environment says only where the rehearsal is."""
    _write_repository(root / "shop")
    config = root / "frontdesk.toml"
    config.write_text(settings.replace("~/src/shop", str(root / "shop")))
    async with ModelServer(Script(rules=(rule("run the tests", STEPS),))) as server:
        here = Ground(root, server, load(str(config), environ=_environment(root, server.url, sandbox)))
        try:
            async with open_inside(here) as house:
                yield Shop(house, server)
        finally:
            await reap(Marker.of(here.settings.home))


def _environment(root: Path, url: str, sandbox: str) -> Mapping[str, str]:
    rehearsal = {
        "FRONTDESK_HOME": str(root / "home"),
        "FRONTDESK_SECRETARY__MODEL": "rules",
        "FRONTDESK_PEOPLE__ANN__ROLE": "user",
        "FRONTDESK_PEOPLE__DORA__ROLE": "admin",  # who only watches
        "FRONTDESK_SPECIALISTS__CLAUDE_CODE__BASE_URL": url,
        "FRONTDESK_PROJECTS__SHOP__SANDBOX": sandbox,
    }
    own = {"SHOP_DATABASE_URL": VARIABLE, "CLAUDE_CODE_OAUTH_TOKEN": TOKEN}
    return {"PATH": os.environ["PATH"], "HOME": str(root / "nobody"), **SECRETS, **own, **rehearsal}


def _write_repository(place: Path) -> None:
    place.mkdir()
    (place / "CLAUDE.md").write_text(GUIDANCE)
    (place / "test_shop.py").write_text(ITS_TESTS)
    (place / "tickets.py").write_text(Path(tickets_server.__file__).read_text())
    server = {"command": sys.executable, "args": ["tickets.py"]}
    (place / ".mcp.json").write_text(json.dumps({"mcpServers": {"tickets": server}}))


@pytest.fixture(autouse=True)
def _its_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The project's pytest is the one of this environment, and the search path is handed to runs."""
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    for name in SECRETS:
        monkeypatch.setenv(name, SECRETS[name])


@pytest.mark.parametrize("sandbox", ["none", "strict"])
async def test_a_documented_project_runs_its_tests_from_a_chat(short_path: Path, sandbox: str) -> None:
    """CLAUDE.md is read, the MCP server answers, the variable is there; the OAuth token is the only key."""
    need(*(["bwrap"] if sandbox == "strict" else []))
    async with shop(short_path, documented(), sandbox) as here:
        await here.house.people.starts("run the tests")
        await here.house.people.is_done()
        await here.house.people.hears("The tests pass; one ticket is open.")
        journal = here.server.journal
        assert journal.mentions(GUIDANCE)
        assert journal.mentions("2 passed")
        assert journal.mentions(tickets_server.TICKETS)
        seen = here.server_environment
        used = journal[0].headers["anthropic-beta"]
    assert "oauth" in used  # it signed in with the token, and not with a key
    assert seen is not None
    assert seen["SHOP_DATABASE_URL"] == VARIABLE
    assert not set(SECRETS.values()) & set(seen.values())


async def test_the_same_project_at_instructions_starts_no_server(short_path: Path) -> None:
    """Only the level of trust differs: CLAUDE.md is read, the tests run, the server is never begun."""
    settings = documented().replace('trust = "all"', 'trust = "instructions"')
    async with shop(short_path, settings, "none") as here:
        await here.house.people.starts("run the tests")
        await here.house.people.is_done()
        journal = here.server.journal
        assert (journal.mentions(GUIDANCE), journal.mentions("2 passed")) == (True, True)
        assert not journal.mentions(tickets_server.TICKETS)
        assert here.server_environment is None
