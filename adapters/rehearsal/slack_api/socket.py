"""Socket Mode: envelopes over a WebSocket. https://docs.slack.dev/apis/events-api/using-socket-mode"""

from __future__ import annotations

import json
from typing import Any, Final

from aiohttp import WSMsgType, web

from adapters.rehearsal.slack_api.delivery import Delivery, Envelope
from adapters.rehearsal.slack_api.refusals import Json

MAX_CONNECTIONS: Final = 10


class Socket:
    """Up to ten connections share the events; each goes to one of them."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self._open: dict[web.WebSocketResponse, web.Request] = {}
        self._unanswered: dict[web.WebSocketResponse, list[Envelope]] = {}
        self._turn = 0
        self._left: str | None = None  # since when there is none
        self.opened = 0  # connections so far
        self.deaf = False  # as a ghost: the connection stays, nothing is answered any more

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        link = web.WebSocketResponse(autoping=False)
        await link.prepare(request)
        if len(self._open) >= MAX_CONNECTIONS:
            await link.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await link.close()
            return link
        hello: Json = {
            "type": "hello",
            "num_connections": len(self._open) + 1,
            "connection_info": {"app_id": "ADESK"},
        }
        await link.send_json(hello)
        self._open[link] = request
        if self._left is not None:
            self._delivery.slack.away.append((self._left, self._delivery.slack.next_ts()))
            self._left = None
        self.opened += 1
        self._delivery.slack.record.add("opened", n=self.opened)
        self._delivery.connected.set()
        try:
            async for message in link:
                await self._heard(link, message.type, message.data)
        finally:
            self._leave(link)
        return link

    async def send(self, envelope: Envelope) -> None:
        """To the next connection; what one has not answered when it ends goes to another."""
        self._turn += 1
        link = list(self._open)[self._turn % len(self._open)]
        self._unanswered.setdefault(link, []).append(envelope)
        try:
            await link.send_json(envelope.wire())
        except ConnectionError:
            self._delivery.failed(envelope)
        else:
            self._delivery.watch(envelope)

    async def ask_to_leave(self) -> None:
        """Slack renews its connections every few hours, with a word before."""
        for link in tuple(self._open):
            await link.send_json({"type": "disconnect", "reason": "refresh_requested", "debug_info": {}})

    def cut(self) -> None:
        """Every connection breaks, without a word."""
        for request in tuple(self._open.values()):
            if request.transport is not None:
                request.transport.abort()

    async def close(self) -> None:
        for link in tuple(self._open):
            await link.close()

    async def _heard(self, link: web.WebSocketResponse, kind: WSMsgType, data: Any) -> None:
        if self.deaf:
            return
        if kind is WSMsgType.PING:
            await link.pong(data)
        elif kind is WSMsgType.TEXT:
            answer: Json = json.loads(data)
            self._delivery.acknowledge(str(answer.get("envelope_id")), answer.get("payload"))

    def _leave(self, link: web.WebSocketResponse) -> None:
        self._open.pop(link, None)
        if not self._open:
            self._delivery.connected.clear()
            self._left = self._delivery.slack.next_ts()
        for envelope in self._unanswered.pop(link, []):
            if not envelope.acknowledged:
                self._delivery.failed(envelope)
