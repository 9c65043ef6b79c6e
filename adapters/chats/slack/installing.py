"""The two pages by which a workspace installs the app: off to Slack with a state, and back with a code.

The state is good once, for ten minutes, in the browser it was given to, and in this process; nothing is kept
for it until it is used, so nobody can fill anything by opening pages. Only workspaces that the configuration
names are kept; another's token is given back to Slack.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

import aiohttp
import structlog
from aiohttp import web
from cryptography.fernet import Fernet, InvalidToken
from slack_sdk.errors import SlackApiError, SlackClientError

from adapters.chats.slack.failures import code_of
from adapters.chats.slack.manifest import OPTIONAL, SCOPES
from adapters.chats.slack.web import Web
from adapters.chats.slack.wire import Json, table
from bot.errors import ChatError, FrontdeskError

_log = structlog.get_logger("slack")

AUTHORIZE: Final = "https://slack.com/oauth/v2/authorize"
STATE_LIVES_S: Final = 600
COOKIE: Final = "frontdesk-slack-install"
MOST_USED: Final = 10_000
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Granted:
    """What Slack answered for a code."""

    team: str
    name: str
    bot: str
    user: str  # who installed it
    token: str


Keep = Callable[[Granted], Awaitable[None]]


def beside(url: str, name: str) -> str:
    """The address ``name`` in the same folder as the one that Slack calls."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rpartition('/')[0]}/{name}", query="", fragment=""))


class Pages:
    def __init__(
        self,
        client_id: str,
        client_secret: str,
        teams: frozenset[str],
        url: str,
        connect: Callable[[str], Web],
        keep: Keep,
        now: Callable[[], float] = time.time,
    ) -> None:
        """``connect`` makes a Web for a token; ``keep`` is given named workspaces only."""
        self._client = client_id, client_secret
        self._teams = teams
        self._url = url
        self._connect = connect
        self._keep = keep
        self._scopes = sorted([*SCOPES, *OPTIONAL])
        self._now = now
        self._states = Fernet(Fernet.generate_key())
        self._used: OrderedDict[str, None] = OrderedDict()

    def routes(self) -> list[web.RouteDef]:
        paths = [urlsplit(beside(self._url, name)).path for name in ("install", "oauth_redirect")]
        return [web.get(paths[0], self.install), web.get(paths[1], self.come_back)]

    async def install(self, _request: web.Request) -> web.Response:
        """Off to Slack, where a person chooses the workspace and agrees."""
        state = self._states.encrypt_at_time(secrets.token_bytes(16), int(self._now())).decode()
        asked = {
            "client_id": self._client[0],
            "scope": ",".join(self._scopes),
            "state": state,
            "redirect_uri": beside(self._url, "oauth_redirect"),
        }
        away = web.Response(status=302, headers={**_HEADERS, "Location": f"{AUTHORIZE}?{urlencode(asked)}"})
        away.set_cookie(
            COOKIE,
            state,
            max_age=STATE_LIVES_S,
            path=urlsplit(beside(self._url, "oauth_redirect")).path,
            secure=self._url.startswith("https:"),
            httponly=True,
            samesite="Lax",
        )
        return away

    async def come_back(self, request: web.Request) -> web.Response:
        state, code = request.query.get("state", ""), request.query.get("code", "")
        if not self._is_ours(state, request.cookies.get(COOKIE, "")):
            return _page(400, "This link is used, too old, or not from this browser. Begin again.")
        if not code:
            return _page(400, "Slack gave no permission, so nothing was installed.")
        try:
            granted = await self._granted(code)
            await self._keep(granted)
        except ChatError as error:
            return _page(403, str(error))
        except FrontdeskError as error:
            _log.warning("slack.not_installed", error=str(error))
            return _page(503, "The house could not keep this; nothing was installed. Try again.")
        _log.info("slack.installed", team=granted.team)
        return _page(200, f"Installed in {granted.name}. Who may work with it is said by the house's admin.")

    def _is_ours(self, state: str, cookie: str) -> bool:
        if not state or not hmac.compare_digest(state.encode(), cookie.encode()) or state in self._used:
            return False
        try:
            self._states.decrypt_at_time(state, STATE_LIVES_S, int(self._now()))
        except InvalidToken:
            return False
        self._used[state] = None
        while len(self._used) > MOST_USED:
            self._used.popitem(last=False)
        return True

    async def _granted(self, code: str) -> Granted:
        """Raises ChatError, and what is not to be kept is given back."""
        client = self._connect("")
        try:
            answer = await client.exchange(*self._client, code, beside(self._url, "oauth_redirect"))
        except SlackApiError as error:
            raise ChatError(f"Slack does not take the code ({code_of(error)}); begin again.") from error
        except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ChatError(f"Slack cannot be asked ({type(error).__name__}); begin again.") from error
        finally:
            await client.close()
        granted = _read(answer)
        if granted is None or granted.team not in self._teams:
            team = granted.team if granted else "an organisation"
            _log.warning("slack.team_refused", team=team)
            await self._give_back(str(answer.get("access_token") or ""))
            raise ChatError(
                f"{team} is not among the workspaces that may install this; its admin names it in `teams`."
            )
        return granted

    async def _give_back(self, token: str) -> None:
        if not token:
            return
        client = self._connect(token)
        try:
            await client.call("auth.revoke")
        except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
            _log.warning("slack.not_given_back", error=type(error).__name__)
        finally:
            await client.close()


def _read(answer: Json) -> Granted | None:
    """None for what is no single workspace's."""
    team, user = table(answer.get("team")), table(answer.get("authed_user"))
    id, token, bot = (
        str(each or "") for each in (team.get("id"), answer.get("access_token"), answer.get("bot_user_id"))
    )
    if answer.get("is_enterprise_install") or not (id and token and bot):
        return None
    return Granted(id, str(team.get("name") or id), bot, str(user.get("id") or ""), token)


def _page(status: int, words: str) -> web.Response:
    text = f"<!DOCTYPE html><html lang=en><title>Frontdesk</title><p>{escape(words)}</p></html>"
    return web.Response(status=status, text=text, content_type="text/html", headers=_HEADERS)
