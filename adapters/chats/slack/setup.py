"""How an app is set up and looked at: the entry point ``frontdesk.setup``."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from adapters.chats.slack.failures import TOKEN_ERRORS, code_of
from adapters.chats.slack.installing import beside
from adapters.chats.slack.manifest import AGENT, COMMAND, OPTIONAL, SCOPES, link, manifest
from adapters.chats.slack.sealing import KEY, Seal
from adapters.chats.slack.web import API_URL, Web
from adapters.chats.slack.wire import Json
from bot.errors import ChatError, SettingsError
from bot.model.setup import BotAccount, Examination, Finding, Setup, Token, Verdict, Wish

BOT_TOKEN: Final = "SLACK_BOT_TOKEN"  # noqa: S105  a name
APP_TOKEN: Final = "SLACK_APP_TOKEN"  # noqa: S105  a name
CLIENT_SECRET: Final = "SLACK_CLIENT_SECRET"  # noqa: S105  a name
SECRET: Final = "SLACK_SIGNING_SECRET"  # noqa: S105  a name

_CREATE: Final = """\
1. Open this link, choose your workspace, and create the app{kind}:
   {link}
"""
_BY_SOCKET: Final = """\
2. Under “Basic Information → App-Level Tokens” generate one with connections:write (xapp-…); then
   “Install App → Install to Workspace” shows the bot's token (xoxb-…).
3. Paste both here. --minimal and --agent make other kinds of app; docs/slack.md has HTTP mode."""
_CALLED: Final = """\
2. “Install App → Install to Workspace” shows the bot's token (xoxb-…), and “Basic Information → App
   Credentials” the signing secret.
3. Paste both here, start the house, and let Slack verify {url} under “Event Subscriptions”."""
_SEVERAL: Final = """\
2. “Basic Information → App Credentials” shows the client id, for client_id in the file, the client secret and
   the signing secret; `openssl rand -base64 32 | tr +/ -_` makes the key that the workspaces' tokens are
   encrypted with. Keep a copy of it away from the backups.
3. Paste the three here, start the house, let Slack verify {url} under “Event Subscriptions”, turn on public
   distribution under “Manage Distribution”, and open {install} once in each workspace that `teams` names."""
COMMENT: Final = """\
Private channels, and every channel that the app is invited to, with people who are known. Name a channel to
give it a project, or because it is shared with another organisation: [chats.slack.channels.C0123ABC]"""


def steps_for(wish: Wish) -> str:
    """With a link to the app as it was wished for: its kind, where Slack calls it, its slash command."""
    url, command = str(wish.table.get("webhook_url") or ""), str(wish.table.get("command") or COMMAND)
    several = bool(url and wish.table.get("teams"))
    redirect = beside(url, "oauth_redirect") if several else ""
    made = manifest(
        minimal=wish.minimal and not several,
        agent=wish.agent and not several,
        url=url,
        command=command,
        redirect=redirect,
    )
    if several:
        after = _SEVERAL.format(url=url, install=beside(url, "install"))
        return _CREATE.format(kind=" that workspaces install", link=link(made)) + after
    kinds = ["with as few permissions as it can do with"] if wish.minimal else []
    kinds += ["with Slack's agent view"] if wish.agent else []
    kind = f" ({', '.join(kinds)})" if kinds else ""
    after = _CALLED.format(url=url) if url else _BY_SOCKET
    return _CREATE.format(kind=kind, link=link(made)) + after


async def account(tokens: Mapping[str, str], environ: Mapping[str, str]) -> BotAccount:
    if BOT_TOKEN not in tokens:
        _ = _sealed(tokens)
        invitation = "Open the install page in a workspace; there write !start {code} to the app in private."
        return BotAccount("the app that workspaces install", invitation)
    async with _web(tokens[BOT_TOKEN], environ) as web:
        me = await _asked(web, "auth.test", BOT_TOKEN)
    if tokens.get(APP_TOKEN):
        await _socket(tokens[APP_TOKEN], environ)
    name = f"@{me.get('user') or 'frontdesk'}"
    where = f"{name} in {me.get('team') or me['team_id']}"
    return BotAccount(where, f"In Slack, write !start {{code}} to {name} as a private message.")


async def prepare(tokens: Mapping[str, str], environ: Mapping[str, str]) -> str:  # noqa: ARG001
    return "Slack has all that it needs; /invite the app to the channels where it is to be heard."


async def examine(given: Examination) -> Sequence[Finding]:
    """Two or three requests to Slack; nothing is changed."""
    if given.table["teams"]:
        return await _several(given)
    called = bool(given.table["webhook_url"])
    async with _web(given.tokens[BOT_TOKEN], given.environ) as web:
        try:
            me = await _asked(web, "auth.test", BOT_TOKEN)
        except ChatError as error:
            return [Finding("bot token", Verdict.FAIL, str(error), _again(BOT_TOKEN))]
        found = [
            Finding("bot token", Verdict.PASS, f"@{me.get('user')} in {me.get('team')} ({me['team_id']})")
        ]
        granted = await web.granted()
        found += [*_scopes(granted), _agent(granted)]
    found.append(_signed(given) if called else await _connected(given))
    return found


def _scopes(granted: frozenset[str]) -> list[Finding]:
    missing, more = SCOPES.keys() - granted, OPTIONAL.keys() - granted
    if missing:
        detail = "; ".join(f"{scope} is missing: {SCOPES[scope]}" for scope in sorted(missing))
        remedy = "Add it under “OAuth & Permissions”, and install the app again."
        return [Finding("scopes", Verdict.FAIL, detail, remedy)]
    if more:
        detail = "; ".join(f"without {scope} it cannot {OPTIONAL[scope]}" for scope in sorted(more))
        return [Finding("scopes", Verdict.PASS, f"all that it needs; {detail}")]
    return [Finding("scopes", Verdict.PASS, f"all {len(SCOPES) + len(OPTIONAL)}")]


def _agent(granted: frozenset[str]) -> Finding:
    """All that can be seen from outside: whether the workspace has the surface shows itself in a thread."""
    if AGENT.keys() <= granted:
        return Finding("agent view", Verdict.PASS, "the app may use it; an older workspace has none")
    detail = "not asked for; `frontdesk init slack --agent` makes an app with Slack's own stop button"
    return Finding("agent view", Verdict.PASS, detail)


async def _connected(given: Examination) -> Finding:
    try:
        await _socket(given.tokens[APP_TOKEN], given.environ)
    except ChatError as error:
        return Finding("socket", Verdict.FAIL, str(error), _again(APP_TOKEN))
    return Finding("socket", Verdict.PASS, "Slack would open a connection")


def _signed(given: Examination) -> Finding:
    detail = f"Slack calls {given.table['webhook_url']}; what it does not sign is refused"
    return Finding("HTTP mode", Verdict.PASS, detail)


async def _several(given: Examination) -> list[Finding]:
    """Of the app; which workspaces have installed it is known to the house that runs."""
    table, url = given.table, str(given.table["webhook_url"] or "")
    if not (url and table["client_id"]):
        remedy = "Add them under [chats.slack]; docs/slack.md says which."
        return [Finding("app", Verdict.FAIL, "several workspaces need webhook_url and client_id", remedy)]
    try:
        _sealed(given.tokens)
        found = [Finding("encryption", Verdict.PASS, f"tokens are sealed with {KEY}")]
    except ChatError as error:
        found = [Finding("encryption", Verdict.FAIL, str(error), f"Put a key into {KEY} or its file.")]
    found.append(await _credentials(str(table["client_id"]), given))
    where = f"{', '.join(table['teams'])} may install it at {beside(url, 'install')}"
    return [*found, Finding("workspaces", Verdict.PASS, where), _signed(given)]


async def _credentials(client_id: str, given: Examination) -> Finding:
    """Asked with a code that nobody was given: what Slack minds then says whether it takes the rest."""
    async with _web("", given.environ) as web:
        try:
            await web.exchange(client_id, given.tokens[CLIENT_SECRET], "none", "")
            code = ""
        except SlackApiError as error:
            code = code_of(error)
        except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
            code = type(error).__name__
    if code == "invalid_code":
        return Finding("app", Verdict.PASS, f"Slack takes client_id and {CLIENT_SECRET}")
    remedy = f"Copy client_id and {CLIENT_SECRET} again from “Basic Information → App Credentials”."
    return Finding("app", Verdict.FAIL, f"Slack does not take them ({code or 'no reason'})", remedy)


def _sealed(tokens: Mapping[str, str]) -> Seal:
    try:
        return Seal(tokens[KEY])
    except SettingsError as error:
        raise ChatError(str(error)) from error


async def _socket(token: str, environ: Mapping[str, str]) -> None:
    """Asked for, and not opened."""
    async with _web(token, environ) as web:
        await _asked(web, "apps.connections.open", APP_TOKEN)


async def _asked(web: Web, method: str, variable: str) -> Json:
    """Raises ChatError; the library's own words would name addresses with tickets."""
    try:
        return await web.call(method)
    except SlackApiError as error:
        code = code_of(error)
        if code in TOKEN_ERRORS or code == "missing_scope":
            raise ChatError(f"Slack does not take {variable} ({code}). {_again(variable)}") from None
        raise ChatError(f"Slack refuses {method} ({code or 'no reason'}).") from error
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
        said = (
            f"Slack cannot be asked ({type(error).__name__}); look at the network, a proxy and SLACK_API_URL."
        )
        raise ChatError(said) from error


def _again(variable: str) -> str:
    where = {BOT_TOKEN: "Install App", APP_TOKEN: "Basic Information → App-Level Tokens"}[variable]
    return f"Copy it again from “{where}” into {variable} or its file; `frontdesk init slack` asks for it."


@asynccontextmanager
async def _web(token: str, environ: Mapping[str, str]) -> AsyncGenerator[Web]:
    web = Web(token, environ.get("SLACK_API_URL", "").rstrip("/") or API_URL)
    try:
        yield web
    finally:
        await web.close()


SETUP: Final = Setup(
    steps=steps_for(Wish({})),
    comment=COMMENT,
    tokens=(
        Token(BOT_TOKEN, "The bot's token, xoxb-…", installed=False),
        Token(APP_TOKEN, "The app's token, xapp-…", called=False),
        Token(SECRET, "The signing secret", called=True),
        Token(CLIENT_SECRET, "The client secret", installed=True),
        Token(KEY, "The key for the workspaces' tokens", installed=True),
    ),
    account=account,
    prepare=prepare,
    examine=examine,
    steps_for=steps_for,
)
