"""The app of several workspaces: a person agrees on Slack's page, and the app changes the code for a token.

https://docs.slack.dev/authentication/installing-with-oauth
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from aiohttp import web

from adapters.rehearsal.phones import Impossible
from adapters.rehearsal.slack_api.refusals import Json, Refused
from adapters.rehearsal.slack_api.workspace import Workspace

CLIENT_ID: Final = "111.222"
CLIENT_SECRET: Final = "rehearsal-of-a-client-secret"  # noqa: S105  opens nothing


@dataclass
class Installs:
    """Whose tokens are good, and which codes are out. ``redirect_url``: as the app's pages have it."""

    workspaces: list[Workspace] = field(default_factory=list[Workspace])
    redirect_url: str = ""
    given: list[str] = field(default_factory=list[str])  # every token that was given out
    _codes: dict[str, tuple[Workspace, str, frozenset[str]]] = field(
        default_factory=dict[str, tuple[Workspace, str, frozenset[str]]]
    )

    def of(self, token: str) -> Workspace | None:
        """The workspace that a bot's token opens."""
        return next((each for each in self.workspaces if token and each.bot_token == token), None)

    def agree(self, address: str, workspace: Workspace, user: str) -> str:
        """A person presses Allow on the page that ``address`` leads to: where Slack sends them back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        if asked["client_id"] != CLIENT_ID or asked["redirect_uri"] != self.redirect_url:
            raise Impossible("Slack shows an error instead of the page: it does not know this app.")
        scopes = frozenset(asked["scope"].split(","))
        if not scopes <= workspace.rules.scopes:
            raise Impossible("Slack shows an error instead of the page: a scope is unknown.")
        code = workspace.next_id(f"code-{workspace.team}-")
        self._codes[code] = workspace, user, scopes
        return f"{self.redirect_url}?{urlencode({'code': code, 'state': asked['state']})}"

    def access(self, request: web.Request, values: Json) -> Json:
        """``oauth.v2.access``: a code is good once, and for the address it was given for."""
        id, secret = _credentials(request.headers.get("Authorization", ""), values)
        if id != CLIENT_ID:
            raise Refused("invalid_client_id")
        if secret != CLIENT_SECRET:
            raise Refused("bad_client_secret")
        if str(values.get("code")) not in self._codes:
            raise Refused("invalid_code")
        if values.get("redirect_uri") != self.redirect_url:
            raise Refused("bad_redirect_uri")
        workspace, user, scopes = self._codes.pop(str(values["code"]))
        workspace.bot_token = f"xoxb-{workspace.team}-{workspace.next_id('rehearsal')}"
        self.given.append(workspace.bot_token)
        return {
            **{"app_id": "ADESK", "token_type": "bot", "scope": ",".join(sorted(scopes))},
            **{"access_token": workspace.bot_token, "bot_user_id": workspace.bot.id},
            **{"authed_user": {"id": user}, "enterprise": None, "is_enterprise_install": False},
            "team": {"id": workspace.team, "name": f"Rehearsal {workspace.team}"},
        }


def _credentials(header: str, values: Json) -> tuple[str, str]:
    """As HTTP has them, or as fields of the form."""
    if not header.startswith("Basic "):
        return str(values.get("client_id") or ""), str(values.get("client_secret") or "")
    try:
        id, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return id, secret
