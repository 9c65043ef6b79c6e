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
    who: Callable[[str | None], Me | None],
    secret: str,
    api_url: str,
    take: Callable[[Json], Awaitable[BoltResponse]],
) -> AsyncApp:
    """Who we are in which team is known, so no event waits for auth.test or dies of it.

    Bolt is given no token, because nothing is sent through it; of a team that nobody knows it says nothing.
    """

    async def authorize(team_id: str | None) -> AuthorizeResult:
        me = who(team_id)
        return AuthorizeResult(
            enterprise_id=None, team_id=me.team if me else team_id, bot_user_id=me.user if me else None
        )

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
