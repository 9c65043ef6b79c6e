"""A real slack-bolt on the rehearsed Slack."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.rehearsal.slack_api import SlackApi
from adapters.rehearsal.slack_api.asked import FORM_ONLY

Heard = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class Client:
    """slack-sdk's, with a method's name and its arguments as Slack documents them."""

    web: Any  # an AsyncWebClient, whose arguments and answers have no types

    async def __call__(self, method: str, **arguments: Any) -> dict[str, Any]:
        """JSON where the method takes it, as the library does."""
        if method in FORM_ONLY:
            form = {
                name: str(value).lower() if isinstance(value, bool) else value
                for name, value in arguments.items()
            }
            return _data(await self.web.api_call(method, params=form))
        return _data(await self.web.api_call(method, json=arguments))

    async def upload(self, **arguments: Any) -> None:
        await self.web.files_upload_v2(**arguments)


def client_of(slack: SlackApi, token: str = "") -> Client:
    """Tries nothing twice by itself."""
    web = AsyncWebClient(token or slack.bot_token, base_url=f"{slack.api_url}/", retry_handlers=[])
    web.proxy = None  # none to oneself
    return Client(web)


def _data(response: Any) -> dict[str, Any]:
    return response.data


@asynccontextmanager
async def socket_mode(slack: SlackApi, heard: Heard) -> AsyncGenerator[AsyncSocketModeHandler]:
    """Hands every payload to ``heard``, and acknowledges what that has taken."""
    app = AsyncApp(client=client_of(slack).web, signing_secret=slack.secret)

    async def keep(req: AsyncBoltRequest) -> BoltResponse:
        await heard(req.body)
        return BoltResponse(status=200)

    cast("Any", app).use(keep)
    socket = AsyncSocketModeHandler(
        app, slack.app_token, web_client=client_of(slack, slack.app_token).web, ping_interval=1
    )
    socket.client.proxy = None
    await socket.connect_async()
    try:
        yield socket
    finally:
        await socket.close_async()


async def refusal(call: Awaitable[object]) -> str:
    """The code that Slack refuses it with."""
    try:
        await call
    except SlackApiError as error:
        return code(error)
    raise AssertionError("should have been refused")


def code(error: SlackApiError) -> str:
    return str(response_of(error)["error"])


def response_of(error: object) -> Any:
    return cast("Any", error).response
