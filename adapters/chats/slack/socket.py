"""Socket Mode: a connection of ours to Slack that is watched, and built anew when it has gone deaf.

The library comes back by itself after most breaks. It can also stay deaf for hours and call itself connected;
so what counts here is the age of the last pong. https://github.com/slackapi/node-slack-sdk/issues/1652
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, cast

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError, SlackClientError

from adapters.chats.contact import Contact
from adapters.chats.slack.failures import TOKEN_ERRORS, TOKEN_RETRY_S, code_of
from adapters.chats.slack.library import LIBRARY
from adapters.chats.slack.web import bare_client, is_loopback

_log = structlog.get_logger("slack")

NO_APP_TOKEN: Final = (
    "Slack does not take the app's token: put one with connections:write into SLACK_APP_TOKEN."  # noqa: S105
)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds."""

    ping_s: float = 5.0
    deaf_s: float = 25.0  # without a pong: the connection is built anew
    connect_s: float = 15.0
    look_s: float = 1.0
    retry_s: float = 1.0  # doubled each time
    most_s: float = 30.0


USUAL: Final = Patience()


class Socket:
    def __init__(
        self,
        app: AsyncApp,
        token: str,
        api_url: str,
        contact: Contact,
        back: Callable[[], None],
        patience: Patience = USUAL,
    ) -> None:
        """``back`` is called whenever there is a new connection: something may have been missed."""
        self._app = app
        self._token = token
        self._api_url = api_url
        self._contact = contact
        self._back = back
        self._patience = patience
        self.rebuilt = 0  # so often a connection was given up

    async def run(self) -> None:
        """Until cancelled."""
        rest_s = self._patience.retry_s
        while True:
            client = self._client()
            try:
                if await self._is_connected(client):
                    rest_s = self._patience.retry_s
                    await self._watch(client)
            finally:
                with suppress(Exception):  # a broken connection may not even close
                    await client.close()
            self.rebuilt += 1
            await asyncio.sleep(max(rest_s, self._token_rest_s))
            rest_s = min(rest_s * 2, self._patience.most_s)

    def _client(self) -> Any:
        """The library's, with a session of its own; typed as Any, because it has few types itself."""
        web = bare_client(self._api_url, self._token)
        patience = self._patience
        made = AsyncSocketModeHandler(
            self._app, self._token, logger=LIBRARY, web_client=web, ping_interval=cast("Any", patience.ping_s)
        )
        client: Any = made.client
        if is_loopback(self._api_url):
            client.proxy = None
        return client

    async def _is_connected(self, client: Any) -> bool:
        self._token_rest_s = 0.0
        try:
            async with asyncio.timeout(self._patience.connect_s):
                client.wss_uri = await client.issue_new_wss_url()
                await client.connect()
        except SlackApiError as error:
            if (code := code_of(error)) in TOKEN_ERRORS or code == "missing_scope":
                self._token_rest_s = min(TOKEN_RETRY_S, self._patience.most_s * 10)
                self._contact.lost(NO_APP_TOKEN)
            else:
                self._contact.lost(f"Slack opens no connection ({code}).")
            return False
        except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
            self._contact.lost(f"Slack cannot be reached ({type(error).__name__}).")
            return False
        self._contact.heard()
        return True

    async def _watch(self, client: Any) -> None:
        """Returns when nothing has been heard for too long."""
        heard_at, session = time.time(), None
        while time.time() - heard_at < self._patience.deaf_s:
            await asyncio.sleep(self._patience.look_s)
            if client.current_session is not session:
                session = client.current_session
                self._back()
            last = client.last_ping_pong_time
            if last is not None and last > heard_at and client.current_session is not None:
                heard_at = last
                self._contact.heard()
        _log.warning("slack.deaf", seconds=round(time.time() - heard_at))
        self._contact.lost("Slack has not been heard for a while; the connection is built anew.")
