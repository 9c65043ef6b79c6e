"""Bolt with one middleware and no listeners: what it is given is acknowledged when that has returned."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from adapters.chats.slack.library import LIBRARY
from adapters.chats.slack.naming import Me
from adapters.chats.slack.web import bare_client
from adapters.chats.slack.wire import Json


def bolt(
    me: Me, token: str, secret: str, api_url: str, take: Callable[[Json], Awaitable[BoltResponse]]
) -> AsyncApp:
    """Who we are is known, so no event waits for auth.test or dies of it."""

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id=me.team, bot_user_id=me.user, bot_token=token)

    async def keep(req: AsyncBoltRequest) -> BoltResponse:
        return await take(req.body)

    app: Any = AsyncApp(
        signing_secret=secret,
        authorize=cast("Any", authorize),
        client=bare_client(api_url),
        logger=LIBRARY,
    )
    app.use(keep)
    return app
