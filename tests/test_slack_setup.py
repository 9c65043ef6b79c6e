"""``init slack`` and what ``doctor`` says of the app; the manifest asks for what the code uses."""

from __future__ import annotations

import asyncio
import io
import json
import re
import stat
from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import unquote

import pytest
from cryptography.fernet import Fernet

from adapters.chats.slack.manifest import AGENT, LEAVES, NEW_APP, OPTIONAL, SCOPES, link, manifest
from adapters.chats.slack.reading import EVENTS
from adapters.chats.slack.setup import steps_for
from adapters.rehearsal.slack_api import SCOPES as KNOWN
from adapters.rehearsal.slack_api import Rules, SlackApi
from adapters.rehearsal.slack_api.installs import CLIENT_SECRET
from adapters.rehearsal.slack_api.methods import METHODS
from bot.cli.doctor.chats import chats
from bot.cli.doctor.checks import Verdict
from bot.errors import SettingsError
from bot.model.setup import Wish
from bot.settings import load
from tests.commands import ROOT, TWO_PEOPLE, Shell, shell

__all__ = ["shell"]

FILE: Final = f'{TWO_PEOPLE}\n[people.here]\nrole = "admin"\nterminal = "{{account}}"\n'
CALL: Final = re.compile(
    r'"((?:auth|users|views|assistant|agents|chat|reactions|conversations|files)\.[\w.]+)"'
)


@pytest.fixture
async def slack(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlackApi]:
    """Slack on loopback, and a configuration whose admin is whoever runs the tests."""
    from bot.settings.loading import local_account

    shell.write(FILE.format(account=local_account()))
    monkeypatch.setenv("HOME", str(shell.directory.parent))
    async with SlackApi() as slack:
        monkeypatch.setenv("SLACK_API_URL", slack.api_url)
        yield slack


# ── the manifest ────────────────────────────────────────────────────────────────────────────────────────────


def methods_called() -> set[str]:
    """Every method of the Web API that the adapter names."""
    sources = (ROOT / "adapters/chats/slack").glob("*.py")
    named = {found for source in sources for found in CALL.findall(source.read_text())}
    return {name for name in named if name in METHODS}


def test_every_call_has_its_scope_and_every_scope_its_use() -> None:
    """Nothing is asked for that no call or event needs; the upload's three steps are the library's."""
    needed = {METHODS[name][0] for name in methods_called()} - {""}
    asked = {*SCOPES, *OPTIONAL, *AGENT}
    assert needed <= asked
    of_events = {"app_mentions:read", "channels:history", "groups:history", "im:history", "reactions:read"}
    of_events |= {"mpim:history", "commands"}
    assert asked - needed - of_events - {"files:write"} == set()
    assert asked <= KNOWN


def test_the_app_hears_what_the_adapter_reads() -> None:
    """Each event of the manifest is one that is read, and the other way round."""
    events = manifest(agent=True)["settings"]["event_subscriptions"]["bot_events"]
    assert {event.partition(".")[0] for event in events} == set(EVENTS)


def test_the_page_says_what_each_permission_is_for() -> None:
    """docs/slack.md has the manifest's words."""
    page = (ROOT / "docs/slack.md").read_text()
    rows = dict(re.findall(r"^\| `([a-z_:]+)` \| (.+?)(?: \(may be left out\))? \|$", page, re.MULTILINE))
    assert rows == {**SCOPES, **OPTIONAL, **AGENT}


def test_the_smaller_app_leaves_out_what_is_optional() -> None:
    """And no event is left without its scope."""
    small = manifest(minimal=True)
    assert set(small["oauth_config"]["scopes"]["bot"]) == set(SCOPES)
    events = small["settings"]["event_subscriptions"]["bot_events"]
    assert events == ["app_home_opened", "app_mention", "message.channels", "message.groups", "message.im"]


def test_the_link_carries_the_manifest() -> None:
    """One click and a choice of the workspace; called over HTTP, all three addresses are the house's."""
    made = manifest(url="https://desk.example/slack/events")
    shown = link(made)
    assert shown.startswith(NEW_APP)
    assert json.loads(unquote(shown.removeprefix(NEW_APP))) == made
    assert json.dumps(made).count("https://desk.example/slack/events") == 3
    assert not made["settings"]["socket_mode_enabled"]


def test_the_app_is_made_as_it_was_wished_for() -> None:
    """Its kind, its slash command, and where Slack calls it."""
    usual, small = made_by(Wish({})), made_by(Wish({}, minimal=True, agent=True))
    assert usual == manifest()
    assert small == manifest(minimal=True, agent=True)
    table = {"command": "/desk", "webhook_url": "https://desk.example/slack/events"}
    called = made_by(Wish(table))
    assert called["features"]["slash_commands"][0]["command"] == "/desk"
    assert called["settings"]["interactivity"]["request_url"] == table["webhook_url"]
    assert "signing secret" in steps_for(Wish(table))


def test_an_app_that_workspaces_install_has_the_way_back_and_hears_of_their_leaving() -> None:
    """And is all of one kind: which permissions are asked for stands in the house's page."""
    table = {"webhook_url": "https://desk.example/slack/events", "teams": ("T01",)}
    made = made_by(Wish(table, minimal=True))
    assert made["oauth_config"]["redirect_urls"] == ["https://desk.example/slack/oauth_redirect"]
    assert set(made["oauth_config"]["scopes"]["bot"]) == {*SCOPES, *OPTIONAL}
    assert set(LEAVES) <= set(made["settings"]["event_subscriptions"]["bot_events"])
    assert "https://desk.example/slack/install" in steps_for(Wish(table))


def made_by(wish: Wish) -> dict[str, Any]:
    (address,) = re.findall(r"https://api\.slack\.com/\S+", steps_for(wish))
    return json.loads(unquote(address.removeprefix(NEW_APP)))


# ── init and doctor ─────────────────────────────────────────────────────────────────────────────────────────


async def test_two_pasted_tokens_end_in_private_files(
    shell: Shell, slack: SlackApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three steps; the tokens are shown and written nowhere else."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{slack.bot_token}\n{slack.app_token}\n"))
    ended = await asyncio.to_thread(shell, "init", "slack", "--no-wait")
    assert ended.code == 0, ended.err
    text = (shell.directory / "frontdesk.toml").read_text()
    assert "[chats.slack]" in text
    assert slack.bot_token not in text + ended.out + ended.err
    assert NEW_APP in ended.err
    assert re.search(r"!start [\w-]{16,64} to @frontdesk", ended.out), ended.out
    settings = load()
    files = settings.chats["slack"].secret_files
    assert set(files) == {"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files.values()} == {0o600}


async def test_the_kind_of_app_stands_on_the_command_line(
    shell: Shell, slack: SlackApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The link is shown also where the tokens are there already; other chats have no such kinds."""
    shell.write((shell.directory / "frontdesk.toml").read_text() + '\n[chats.slack]\ncommand = "/desk"\n')
    monkeypatch.setenv("SLACK_BOT_TOKEN", slack.bot_token)
    monkeypatch.setenv("SLACK_APP_TOKEN", slack.app_token)
    ended = await asyncio.to_thread(shell, "init", "slack", "--yes", "--minimal", "--agent", "--print")
    assert ended.code == 0, ended.err
    assert "(with as few permissions as it can do with, with Slack's agent view)" in ended.err
    assert "%2Fdesk" in ended.err
    for arguments in (("init", "telegram", "--yes", "--agent"), ("init", "--yes", "--minimal")):
        refused = await asyncio.to_thread(shell, *arguments)
        assert refused.code == 3, refused.out
        assert "--agent" in refused.err


def test_a_slash_command_is_one(shell: Shell) -> None:
    """As Slack takes it: https://docs.slack.dev/interactivity/implementing-slash-commands"""
    for wrong in ("desk", "/De sk", "/" + "x" * 32):
        shell.write(f'[chats.slack]\ncommand = "{wrong}"\n')
        with pytest.raises(SettingsError, match="command"):
            load()


async def test_a_wrong_token_is_named_and_nothing_is_written(
    shell: Shell, slack: SlackApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when only the second of the two is wrong."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{slack.bot_token}\nxapp-other\n"))
    ended = await asyncio.to_thread(shell, "init", "slack", "--no-wait")
    assert ended.code != 0
    assert "SLACK_APP_TOKEN" in ended.err
    assert "xapp-other" not in ended.err
    assert "[chats.slack]" not in (shell.directory / "frontdesk.toml").read_text()


async def verdicts(
    shell: Shell, slack: SlackApi, monkeypatch: pytest.MonkeyPatch, **tokens: str
) -> dict[str, Any]:
    shell.write((shell.directory / "frontdesk.toml").read_text() + "\n[chats.slack]\n")
    given = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token, **tokens}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return {check.name: check for check in await chats(load())}


async def test_doctor_passes_a_healthy_app(
    shell: Shell, slack: SlackApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who it is, what it may do, and that a connection would be opened."""
    found = await verdicts(shell, slack, monkeypatch)
    assert {name for name, check in found.items() if check.verdict is not Verdict.PASS} == set()
    assert set(found) == {
        "terminal",
        "slack, bot token",
        "slack, scopes",
        "slack, agent view",
        "slack, socket",
    }


async def test_doctor_says_which_scope_or_token_is_missing(
    shell: Shell, slack: SlackApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what the scope is for."""
    found = await verdicts(shell, slack, monkeypatch, SLACK_APP_TOKEN="xapp-old")
    assert found["slack, socket"].verdict is Verdict.FAIL
    assert "SLACK_APP_TOKEN" in found["slack, socket"].detail
    async with SlackApi(Rules(scopes=KNOWN - {"files:read", "mpim:history"})) as other:
        monkeypatch.setenv("SLACK_API_URL", other.api_url)
        (scopes,) = [check for check in await chats(load()) if check.name == "slack, scopes"]
    assert scopes.verdict is Verdict.FAIL
    assert "files:read is missing: read a file" in scopes.detail


SEVERAL: Final = """
[chats.slack]
webhook_url = "https://desk.example/slack/events"
teams = ["T01", "T02"]
client_id = "111.222"
"""


async def test_three_secrets_are_asked_for_where_workspaces_install_the_app(
    shell: Shell, slack: SlackApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No bot's token: each workspace brings its own. A key that is none is refused before it is kept."""
    shell.write((shell.directory / "frontdesk.toml").read_text() + SEVERAL)
    key = Fernet.generate_key().decode()
    for given, code in (("short-key", 1), (key, 0)):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{slack.secret}\n{CLIENT_SECRET}\n{given}\n"))
        ended = await asyncio.to_thread(shell, "init", "slack", "--no-wait")
        assert bool(ended.code) == bool(code), ended.err
    assert set(load().chats["slack"].secret_files) == {
        "SLACK_SIGNING_SECRET", "SLACK_CLIENT_SECRET", "SLACK_SECRET_KEY"
    }  # fmt: skip
    found = {check.name: check for check in await chats(load())}
    assert {check.verdict for check in found.values()} == {Verdict.PASS}
    assert "https://desk.example/slack/install" in found["slack, workspaces"].detail


@pytest.mark.parametrize(
    ("variable", "name"),
    [("SLACK_CLIENT_SECRET", "slack, app"), ("SLACK_SECRET_KEY", "slack, encryption")],
)
async def test_doctor_says_which_secret_of_several_workspaces_is_wrong(
    shell: Shell, slack: SlackApi, monkeypatch: pytest.MonkeyPatch, variable: str, name: str
) -> None:
    """Slack is asked about the first, with a code that nobody was given."""
    shell.write((shell.directory / "frontdesk.toml").read_text() + SEVERAL)
    right = {"SLACK_CLIENT_SECRET": CLIENT_SECRET, "SLACK_SECRET_KEY": Fernet.generate_key().decode()}
    for each, value in {**right, "SLACK_SIGNING_SECRET": slack.secret, variable: "wrong-one"}.items():
        monkeypatch.setenv(each, value)
    wrong = [check for check in await chats(load()) if check.verdict is not Verdict.PASS]
    assert [check.name for check in wrong] == [name]
    assert "wrong-one" not in wrong[0].detail + wrong[0].remedy
