"""HTTP mode: Slack calls us. Nothing counts that is not signed; nothing is answered before the commit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp

from adapters.chats.contact import Contact

MAX_BODY_BYTES: Final = 1024 * 1024
CLOSE_WITHIN_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Listen:
    url: str  # what Slack calls; a proxy in front of us ends its TLS
    host: str = "127.0.0.1"
    port: int = 8080


class Calls:
    def __init__(
        self, app: AsyncApp, contact: Contact, listen: Listen, pages: Sequence[web.RouteDef] = ()
    ) -> None:
        self._app = app
        self._contact = contact
        self._listen = listen
        self._pages = pages

    async def run(self) -> None:
        """Until cancelled."""
        server = web.Application(client_max_size=MAX_BODY_BYTES)
        server.router.add_post(urlsplit(self._listen.url).path or "/", self._take)
        server.add_routes(self._pages)
        runner = web.AppRunner(server, access_log=None, shutdown_timeout=CLOSE_WITHIN_S)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._listen.host, self._listen.port).start()
            self._contact.heard()
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        try:
            asked = await to_bolt_request(request)
        except ValueError:  # Bolt reads a body before it looks at the signature
            return web.Response(status=400)
        answer = await self._app.async_dispatch(asked)
        if answer.status < 300:
            self._contact.heard()
        return await to_aiohttp_response(answer)
