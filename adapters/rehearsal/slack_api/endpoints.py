"""A call's way: whose token, which method, which scope, which fault, the method's work, the record."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from adapters.rehearsal.slack_api.asked import Asked, read
from adapters.rehearsal.slack_api.faults import Fault
from adapters.rehearsal.slack_api.installs import Installs
from adapters.rehearsal.slack_api.methods import AGENT, METHODS
from adapters.rehearsal.slack_api.methods.files import uploaded
from adapters.rehearsal.slack_api.refusals import Json, Refused
from adapters.rehearsal.slack_api.socket import Socket
from adapters.rehearsal.slack_api.workspace import Workspace

_log = logging.getLogger(__name__)

MAX_BODY_BYTES: Final = 64 * 1024 * 1024
_OPEN: Final = "apps.connections.open"
_ACCESS: Final = "oauth.v2.access"
_LOGIN_PAGE: Final = "<!DOCTYPE html><html><body>Sign in to Rehearsal</body></html>"
_BAD_GATEWAY: Final = "<html><body>502 Bad Gateway</body></html>"
_QUIET: Final = ("auth.test", _OPEN)


class Lost(Exception):
    """The connection breaks instead of an answer."""


def application(slack: Workspace, socket: Socket, installs: Installs) -> web.Application:
    endpoints = Endpoints(slack, installs)
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.router.add_route("*", "/api/{method}", endpoints.call)
    for at in ("", "/{team}"):
        app.router.add_post(f"{at}/upload/{{id}}", endpoints.upload)
        app.router.add_get(f"{at}/files-pri/{{id}}/{{name}}", endpoints.download)
    app.router.add_get("/link", socket.serve)
    return app


class Endpoints:
    def __init__(self, slack: Workspace, installs: Installs) -> None:
        """``slack`` is the workspace that has the app's own token; faults and rules are its."""
        self._slack = slack
        self._installs = installs

    async def call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        fault = self._slack.faults.draw(method)
        try:
            return await self._answered(request, method, fault)
        except Refused as refused:
            self._note(method, {}, fault, refused.body())
            return self._refusal(refused)
        except Lost:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()

    async def _answered(self, request: web.Request, method: str, fault: Fault) -> web.StreamResponse:
        asked = await read(request, method)
        if method == _ACCESS:
            outcome = {"ok": True, **self._installs.access(request, asked.values)}
            return web.json_response(outcome)
        if fault is Fault.LOSE:
            raise Lost
        if fault is Fault.BAD_GATEWAY:
            return web.Response(status=502, text=_BAD_GATEWAY, content_type="text/html")
        try:
            outcome = {"ok": True, **self._outcome(asked, fault)}
        except Refused as refused:
            self._note(method, asked.values, fault, refused.body())
            return self._refusal(refused)
        except Exception as error:  # noqa: BLE001  a mistake of ours is a broken server to the client
            _log.exception("rehearsal.slack_failed")
            return self._refusal(Refused(f"rehearsal_failed: {error!r}", status=500))
        self._note(method, asked.values, fault, outcome)
        if fault is Fault.APPLY_THEN_DROP:
            raise Lost
        if fault is Fault.APPLY_THEN_SLOW:
            await asyncio.sleep(self._slack.faults.slow_s)
        return web.json_response(
            outcome, headers={"x-oauth-scopes": ",".join(sorted(self._slack.rules.scopes))}
        )

    def _outcome(self, asked: Asked, fault: Fault) -> Json:
        slack, method = self._slack, asked.method
        slack.faults.refuse(fault, has_blocks=bool(asked.values.get("blocks")))
        if method == _OPEN:
            return self._connection(asked)
        if (found := self._installs.of(asked.token)) is None:
            raise Refused("not_allowed_token_type" if asked.token == slack.app_token else "invalid_auth")
        slack = found
        scope, work = METHODS.get(method, ("", None))
        if work is None or (method in AGENT and not slack.rules.agent):
            raise Refused("unknown_method", req_method=method)
        if scope and scope not in slack.rules.scopes:
            raise Refused("missing_scope", needed=scope, provided=",".join(sorted(slack.rules.scopes)))
        if slack.rules.pace is not None:
            slack.rules.pace.check(method, asked.text("channel"), slack.clock())
        return work(slack, asked)

    def _connection(self, asked: Asked) -> Json:
        slack = self._slack
        if asked.token != slack.app_token:
            raise Refused("not_allowed_token_type" if asked.token == slack.bot_token else "invalid_auth")
        return {"url": f"ws{slack.url.removeprefix('http')}/link?ticket={slack.next_id('L')}"}

    def _refusal(self, refused: Refused) -> web.Response:
        wait = refused.retry_after_s
        headers: Mapping[str, str] = {} if wait is None else {"Retry-After": str(wait)}
        return web.json_response(refused.body(), status=refused.status, headers=headers)

    def _note(self, method: str, arguments: Json, fault: Fault, outcome: Json) -> None:
        if method in _QUIET and outcome["ok"]:
            return
        self._slack.record.add("call", method=method, arguments=arguments, fault=str(fault), outcome=outcome)

    async def upload(self, request: web.Request) -> web.Response:
        """https://docs.slack.dev/messaging/working-with-files/#uploading_files"""
        content = await request.read()
        if not uploaded(self._at(request), request.match_info["id"], content):
            return web.Response(status=400, text="not what was asked for")
        return web.Response(text=f"OK - {len(content)}")

    async def download(self, request: web.Request) -> web.Response:
        """Without the right token or scope there is no error: a web page asks to sign in."""
        right = self._installs.of(request.headers.get("Authorization", "").removeprefix("Bearer "))
        slack, id = self._at(request), request.match_info["id"]
        if right is not slack or "files:read" not in slack.rules.scopes:
            return web.Response(text=_LOGIN_PAGE, content_type="text/html")
        fault = slack.faults.draw("download")
        if id not in slack.contents or fault is Fault.REFUSE:
            return web.Response(status=404 if fault is Fault.OK else 403)
        return web.Response(body=slack.contents[id], content_type=slack.files[id]["mimetype"])

    def _at(self, request: web.Request) -> Workspace:
        team = request.match_info.get("team")
        others = (each for each in self._installs.workspaces if each.team == team)
        return next(others, self._slack)
