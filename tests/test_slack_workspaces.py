"""One app in several workspaces: installed by its pages, each with a token that nobody can read."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest
from aiohttp.test_utils import make_mocked_request
from cryptography.fernet import Fernet

from adapters.chats.slack.chat import SlackChat, make
from adapters.chats.slack.installing import COOKIE, Granted, Pages, beside
from adapters.chats.slack.sealing import KEY, Seal
from adapters.chats.slack.web import Web
from adapters.chats.slack.workspaces import Workspaces
from adapters.rehearsal.scripted_specialist import ScriptedSpecialist
from adapters.rehearsal.scripted_specialist.play import play_of
from adapters.rehearsal.slack_api import Person, SlackApi
from adapters.rehearsal.slack_api.installs import CLIENT_ID, CLIENT_SECRET
from bot import rules
from bot.app import RunningHouse, open_house
from bot.brief import Brief
from bot.errors import ChatError, SettingsError
from bot.model.conversations import Address, Conversation, FileRef, Message
from bot.model.decisions import Decision
from bot.model.dispatches import Dispatch
from bot.model.installations import Installation
from bot.model.log import AuditRow
from bot.model.posts import Post
from bot.plugins import supplies
from bot.settings import settings_of
from tests.conftest import Opening
from tests.desks import free_port
from tests.slack_chats import RULES, until_taken
from tests.slack_house import PLAY

OLD: Final = Fernet.generate_key().decode()
NEW: Final = Fernet.generate_key().decode()


@dataclass
class Teams:
    """Two workspaces whose people and channels have the same ids, and the house's address."""

    acme: SlackApi  # T01
    beta: SlackApi  # T02
    port: int

    @property
    def events(self) -> str:
        return f"http://127.0.0.1:{self.port}/slack/events"

    async def installs(self, person: Person, slack: SlackApi) -> tuple[int, str]:
        """What that person reads in the end, with its status."""
        async with browser() as session:
            async with session.get(beside(self.events, "install"), allow_redirects=False) as page:
                assert page.status == 302
                address = page.headers["Location"]
            async with session.get(slack.agrees(address, person)) as page:
                return page.status, await page.text()


@pytest.fixture
async def teams() -> AsyncGenerator[Teams]:
    """Nobody has installed the app; Slack's retries come at once."""
    port = free_port()
    async with SlackApi(RULES) as acme, SlackApi(RULES, team="T02", beside=acme) as beta:
        acme.is_installed_from(f"http://127.0.0.1:{port}/slack/oauth_redirect")
        for each in (acme, beta):
            each.is_called(f"http://127.0.0.1:{port}/slack/events")
        yield Teams(acme, beta, port)


@asynccontextmanager
async def house_of(
    teams: Teams, directory: Path, *people: Person, keys: str = OLD, allowed: tuple[str, ...] = ("T01", "T02")
) -> AsyncGenerator[RunningHouse]:
    """As the configuration makes it, adapters and all."""
    (directory / "api").mkdir(exist_ok=True)
    tables: Mapping[str, Any] = {
        "secretary": {"model": "rules"},
        "specialists": {"scripted": {}},
        "frontdesk": {"home": str(directory / "home")},
        "projects": {"api": {"directory": str(directory / "api"), "specialist": "scripted"}},
        "people": {
            f"p{n}": {"role": "user", "accounts": {"slack": each.account}} for n, each in enumerate(people)
        },
        "chats": {
            "slack": {
                "webhook_url": teams.events,
                "listen_port": teams.port,
                "client_id": CLIENT_ID,
                "teams": allowed,
            }
        },
    }
    environ = {
        "SLACK_CLIENT_SECRET": CLIENT_SECRET,
        "SLACK_SIGNING_SECRET": teams.acme.secret,
        "SLACK_API_URL": teams.acme.api_url,
        KEY: keys,
    }
    settings = settings_of(tables, environ=environ, directory=directory)

    async def decide(brief: Brief) -> Decision:
        return rules.decide(brief)

    specialists = {"scripted": ScriptedSpecialist(play_of(PLAY), home=settings.home)}
    async with open_house(settings, specialists=specialists, decide=decide, drain_s=0.0) as running:
        await teams.acme.connected()
        await teams.beta.connected()
        yield running


@asynccontextmanager
async def sender(running: RunningHouse) -> AsyncGenerator[SlackChat | Workspaces]:
    """The chat of another process of that house, which sends and does not listen."""
    house = running.desk.house
    chat = make(house.settings, "slack", supplies(house.store))
    try:
        yield chat
    finally:
        await chat.close()


async def rows(running: RunningHouse, kind: type[Any]) -> list[Any]:
    async with running.desk.house.store.reading() as unit:
        return list(await unit.find(kind))


async def until_shown(slack: SlackApi, words: str, thread: str, person: Person) -> None:
    """By the app, in that thread of its private channel with them."""

    def reads() -> str:
        return "\n".join(each.text for each in slack.shown(person.private, thread) if each.user != person.id)

    try:
        await slack.record.until(lambda: words in reads(), 30.0)
    except TimeoutError:
        raise AssertionError(f"no {words!r} in:\n{reads()}") from None


def browser() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))


async def test_two_workspaces_install_it_and_each_is_answered_with_its_own_token(
    teams: Teams, tmp_path: Path
) -> None:
    """The same ids in both: only the team tells people and places apart."""
    acme, beta = teams.acme, teams.beta
    ann, bea = acme.person("Ann", "U1"), beta.person("Bea", "U1")
    async with house_of(teams, tmp_path, ann, bea) as running:
        assert "Rehearsal T01" in (await teams.installs(ann, acme))[1]
        assert "Rehearsal T02" in (await teams.installs(bea, beta))[1]
        first = ann.writes("fix the parser in parser.py")
        second = bea.writes("fix the server in server.py")
        await until_shown(acme, "Fixed.", first, ann)
        await until_shown(beta, "Which port?", second, bea)
        bea.presses("9090")
        await until_shown(beta, "It listens on 9090.", second, bea)
        assert not any("9090" in each.text for each in acme.shown(ann.private, first))
        assert {each.account for each in await rows(running, Conversation)} == {"T01", "T02"}
        assert [each.account for each in await rows(running, Conversation)].count("T01") == 1
        assert len(set(acme.installs.given)) == 2


async def test_files_and_private_channels_are_of_their_workspace(teams: Teams, tmp_path: Path) -> None:
    """Fetched with that workspace's token, and nobody of another one is written to."""
    acme, beta = teams.acme, teams.beta
    ann, bea = acme.person("Ann", "U1"), beta.person("Bea", "U1")
    async with house_of(teams, tmp_path, ann, bea) as running, AsyncExitStack() as stack:
        await teams.installs(bea, beta)
        bea.shares("notes.txt", b"of beta", "fix the parser in parser.py, see the file")
        await until_taken(beta)
        (message,) = await rows(running, Message)
        chat = await stack.enter_async_context(sender(running))
        (file,) = message.files
        assert file.id.startswith("T02:")
        assert await chat.fetch(file, 100) == b"of beta"
        with pytest.raises(ChatError, match="not installed in T01"):
            await chat.fetch(FileRef(f"T01:{file.id.partition(':')[2]}", file.name, file.size), 100)
        assert (await chat.direct("T02/U1")) == Address("slack", "U1", "T02")
        assert await chat.direct("T01/U1") is None


async def test_whoever_is_there_stays_a_stranger_until_somebody_lets_them_in(
    teams: Teams, tmp_path: Path
) -> None:
    """Installing gives no right: not to the workspace, not to whoever installed it, not by the same id."""
    acme, beta = teams.acme, teams.beta
    ann, bea = acme.person("Ann", "U1"), beta.person("Bea", "U1")
    async with house_of(teams, tmp_path, ann) as running:
        await teams.installs(ann, acme)
        await teams.installs(bea, beta)
        thread = bea.writes("fix the parser in parser.py")
        await until_shown(beta, "I only work for people I know", thread, bea)
        assert await rows(running, Dispatch) == []


async def test_a_workspace_that_nobody_has_named_is_refused_and_its_token_given_back(
    teams: Teams, tmp_path: Path
) -> None:
    """Slack has given a token by then; nothing of it is kept, and nobody there is heard."""
    acme, beta = teams.acme, teams.beta
    bea = beta.person("Bea")
    async with house_of(teams, tmp_path, allowed=("T01",)) as running:
        status, words = await teams.installs(bea, beta)
        assert (status, "T02 is not among the workspaces" in words) == (403, True)
        assert await rows(running, Installation) == []
        assert acme.installs.given
        assert beta.workspace.bot_token == "", "given back"
        bea.writes("fix the parser in parser.py")
        await until_taken(beta)
        assert await rows(running, Message) == []


async def test_a_state_is_good_once_and_only_in_its_browser(teams: Teams, tmp_path: Path) -> None:
    """Replayed, or brought by somebody else, it installs nothing; a code works once at Slack as well."""
    acme = teams.acme
    ann = acme.person("Ann")
    async with house_of(teams, tmp_path, ann) as running, browser() as first, browser() as second:
        async with first.get(beside(teams.events, "install"), allow_redirects=False) as page:
            back = acme.agrees(page.headers["Location"], ann)
            assert "HttpOnly" in page.headers["Set-Cookie"]
            assert "SameSite=Lax" in page.headers["Set-Cookie"]
        async with second.get(back) as page:
            assert page.status == 400, "another browser"
        assert await rows(running, Installation) == []
        async with first.get(back) as page:
            assert page.status == 200
        async with first.get(back) as page:
            assert (page.status, "used" in await page.text()) == (400, True)
        code = parse_qs(urlsplit(back).query)["code"][0]
        for bad in (code, "made-up"):
            async with first.get(beside(teams.events, "install"), allow_redirects=False) as page:
                state = parse_qs(urlsplit(page.headers["Location"]).query)["state"][0]
            query = {"state": state, "code": bad}
            async with first.get(beside(teams.events, "oauth_redirect"), params=query) as page:
                assert (page.status, "invalid_code" in await page.text()) == (403, True)
        assert len(await rows(running, Installation)) == 1


async def test_a_state_is_good_for_ten_minutes() -> None:
    """And neither one of another process nor an invented one is."""
    now = 1_000.0

    async def keep(_granted: Granted) -> None:
        raise AssertionError("nothing was granted")

    def pages() -> Pages:
        return Pages(
            "1.2", "s", frozenset({"T01"}), "https://desk.example/slack/events", Web, keep, lambda: now
        )

    ours, others = pages(), pages()
    away = await ours.install(make_mocked_request("GET", "/slack/install"))
    state = away.cookies[COOKIE].value
    assert away.cookies[COOKIE]["secure"] is True

    async def comes_back(pages: Pages, state: str) -> str:
        headers = {"Cookie": f"{COOKIE}={state}"}
        path = f"/slack/oauth_redirect?{urlencode({'state': state, 'error': 'access_denied'})}"
        return str((await pages.come_back(make_mocked_request("GET", path, headers=headers))).text)

    assert "too old" in await comes_back(others, state)
    assert "too old" in await comes_back(ours, "invented")
    now += 601
    assert "too old" in await comes_back(ours, state)
    now -= 601
    assert "no permission" in await comes_back(ours, state)


@pytest.mark.parametrize("kind", ["app_uninstalled", pytest.param("tokens_revoked", marks=pytest.mark.full)])
async def test_a_workspace_that_lets_the_app_go_is_forgotten_with_its_token(
    teams: Teams, tmp_path: Path, kind: str
) -> None:
    """The other one goes on; installed again it is heard again, whatever old news comes once more."""
    acme, beta = teams.acme, teams.beta
    ann, bea = acme.person("Ann", "U1"), beta.person("Bea", "U1")
    async with house_of(teams, tmp_path, ann, bea) as running, AsyncExitStack() as stack:
        await teams.installs(ann, acme)
        await teams.installs(bea, beta)
        left = beta.uninstalls(kind)
        await until_taken(beta)
        gone = next(each for each in await rows(running, Installation) if each.team == "T02")
        assert gone.sealed == ""
        assert gone.removed_at is not None
        chat = await stack.enter_async_context(sender(running))
        with pytest.raises(ChatError, match="not installed in T02") as refused:
            await chat.edit(Address("slack", "U1", "T02"), "1.2", chat.parts(Post("Hello."))[0])
        assert refused.value.forbidden
        assert await chat.direct("T02/U1") is None
        thread = ann.writes("fix the parser in parser.py")
        await until_shown(acme, "Fixed.", thread, ann)
        await teams.installs(bea, beta)
        left.payload["event_time"] -= 60
        left.acknowledged = False
        beta.delivery.repeat(left)
        await until_taken(beta)
        thread = bea.writes("fix the parser in parser.py")
        await until_shown(beta, "Fixed.", thread, bea)
        did = [each.action for each in await rows(running, AuditRow) if each.action.startswith("workspace.")]
        assert did == ["workspace.installed"] * 2 + ["workspace.removed", "workspace.installed"]


async def test_no_token_can_be_read_in_any_file_and_keys_can_be_changed(
    teams: Teams, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """With the new key before the old one every row is sealed anew, and then the old key may go."""
    acme = teams.acme
    ann = acme.person("Ann")
    sealed = list[str]()
    async with house_of(teams, tmp_path, ann) as running:
        await teams.installs(ann, acme)
        sealed += [each.sealed for each in await rows(running, Installation)]
        for path in (each for each in tmp_path.rglob("*") if each.is_file()):
            assert not any(token.encode() in path.read_bytes() for token in acme.installs.given), path
        assert any(sealed[0].encode() in each.read_bytes() for each in tmp_path.rglob("*.sqlite*"))
    for keys in (f"{NEW} {OLD}", NEW):
        async with house_of(teams, tmp_path, ann, keys=keys) as running:
            sealed += [each.sealed for each in await rows(running, Installation)]
            thread = ann.writes("fix the parser in parser.py")
            await until_shown(acme, "Fixed.", thread, ann)
    assert len(set(sealed)) == 2
    assert Seal(NEW).open("T01", sealed[-1]) == acme.workspace.bot_token
    async with house_of(teams, tmp_path, ann, keys=OLD) as running, AsyncExitStack() as stack:
        chat = await stack.enter_async_context(sender(running))
        with pytest.raises(ChatError, match=KEY) as closed:
            await chat.edit(Address("slack", ann.id, "T01"), "1.2", chat.parts(Post("Hello."))[0])
        assert closed.value.retry_after_s
    said = "".join(capfd.readouterr())
    assert not any(token in said for token in acme.installs.given)


def test_cipher_text_is_good_for_its_own_workspace_only() -> None:
    """Whoever can write rows cannot have one workspace spoken to with another's token."""
    seal = Seal(OLD)
    with pytest.raises(ChatError, match="T02"):
        seal.open("T02", seal.close("T01", "xoxb-1"))
    assert seal.open("T01", seal.close("T01", "xoxb-1")) == "xoxb-1"
    with pytest.raises(SettingsError, match=KEY):
        Seal("short")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"teams": []}, "needs webhook_url, teams and client_id"),
        ({"teams": ["acme"]}, "'acme' is no workspace's id"),
        ({"webhook_url": None}, "needs webhook_url, teams and client_id"),
        ({"client_id": None}, "needs webhook_url, teams and client_id"),
    ],
)
async def test_what_is_missing_is_said_at_the_start(
    changes: Mapping[str, Any], said: str, sqlite_database: str, open_store: Opening
) -> None:
    """With the names of what is to be written into the file."""
    table = {"webhook_url": "https://desk.example/slack/events", "client_id": "1.2", "teams": ["T01"]}
    given = {name: value for name, value in {**table, **changes}.items() if value is not None}
    environ = {"SLACK_CLIENT_SECRET": "secret-of-1", "SLACK_SIGNING_SECRET": "secret-of-2", KEY: OLD}
    settings = settings_of({"chats": {"slack": given}}, environ=environ)
    with pytest.raises(SettingsError, match=re.escape(said)):
        make(settings, "slack", supplies(open_store(sqlite_database)))
