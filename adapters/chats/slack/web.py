"""Slack's Web API: one call, its arguments as Slack documents them, one deadline for all of it."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from adapters.chats.slack.library import LIBRARY
from adapters.chats.slack.wire import Json

API_URL: Final = "https://slack.com/api"
WITHIN_S: Final = 20.0
"""All of a call; the library's own limit is for one connection."""

FORMS: Final = frozenset(
    {
        *("auth.test", "auth.revoke", "conversations.history", "conversations.replies", "files.info"),
        "users.info",
    }
)
"""Methods that take no JSON. https://docs.slack.dev/apis/web-api/#methods_supporting_json"""


class Web:
    """Nothing is tried twice by itself: whether a message may be sent again is known to its sender."""

    def __init__(self, token: str, api_url: str = API_URL, within_s: float = WITHIN_S) -> None:
        self._token = token
        self._loopback = is_loopback(api_url)
        self._client = bare_client(api_url, token or None)
        self._within_s = within_s

    async def call(self, method: str, **arguments: object) -> Json:
        """The answer; raises what the library raises."""
        given = {name: value for name, value in arguments.items() if value is not None}
        kind = {"params": given} if method in FORMS else {"json": given}
        self._connect()
        answer = await self._client.api_call(method, **kind)
        return answer.data

    async def granted(self) -> frozenset[str]:
        """The scopes of the token, as Slack says with every answer."""
        self._connect()
        answer = await self._client.api_call("auth.test")
        given = next(
            (value for name, value in answer.headers.items() if name.lower() == "x-oauth-scopes"), ""
        )
        return frozenset(filter(None, str(given).replace(" ", "").split(",")))

    async def exchange(self, client_id: str, client_secret: str, code: str, redirect_uri: str) -> Json:
        """A workspace's token for the code that its person came back with."""
        self._connect()
        given = {"client_id": client_id, "client_secret": client_secret, "code": code}
        answer = await self._client.api_call("oauth.v2.access", data={**given, "redirect_uri": redirect_uri})
        return answer.data

    async def upload(self, **arguments: object) -> Json:
        """The library's three steps: asked for, uploaded, shared."""
        self._connect()
        answer = await self._client.files_upload_v2(**arguments)
        return answer.data

    async def download(self, url: str, max_bytes: int) -> tuple[str, bytes]:
        """Content type and content, which is cut off soon after the most that is wanted."""
        session = self._connect()
        content = bytearray()
        right = {"Authorization": f"Bearer {self._token}"}
        async with session.get(url, headers=right, allow_redirects=False, raise_for_status=True) as answer:
            async for chunk in answer.content.iter_chunked(65_536):
                content += chunk
                if len(content) > max_bytes:
                    break
            return answer.content_type, bytes(content)

    async def close(self) -> None:
        if self._client.session is not None:
            await self._client.session.close()

    def _connect(self) -> aiohttp.ClientSession:
        if self._client.session is None or self._client.session.closed:
            limit = aiohttp.ClientTimeout(total=self._within_s)
            self._client.session = aiohttp.ClientSession(timeout=limit, trust_env=not self._loopback)
        session: aiohttp.ClientSession = self._client.session
        return session


def bare_client(api_url: str, token: str | None = None) -> Any:
    """slack-sdk's own; typed as Any, because neither its arguments nor its answers have types."""
    client: Any = AsyncWebClient(token, base_url=f"{api_url}/", retry_handlers=[], logger=LIBRARY)
    if is_loopback(api_url):
        client.proxy = None  # none to oneself
    return client


def is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
