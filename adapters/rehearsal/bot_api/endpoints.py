"""A request's way: whose token, which method, which fault, the method's work, the answer, the record."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import unquote

from adapters.rehearsal.bot_api.faults import Fault
from adapters.rehearsal.bot_api.methods import METHODS
from adapters.rehearsal.bot_api.platform import Platform
from adapters.rehearsal.bot_api.reading import Asked, read
from adapters.rehearsal.bot_api.refusals import Json, Refused
from adapters.rehearsal.wire import Answer, Connection, Hangup, Incoming

_log = logging.getLogger(__name__)
_JSON: Final = {"Content-Type": "application/json"}
_UNRECORDED: Final = ("getupdates", "getme")
_BAD_GATEWAY: Final = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
_NO_METHOD: Final = Refused(404, "Not Found: method not found")


class Endpoints:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def respond(self, _connection: Connection, incoming: Incoming) -> Answer:
        path = unquote(incoming.path)
        try:
            if path.startswith("/file/bot"):
                return self._download(self._after_token(path.removeprefix("/file/bot")))
            if not path.startswith("/bot"):
                raise Refused(404, "Not Found")
            return await self._call(read(incoming, self._after_token(path.removeprefix("/bot"))))
        except Refused as refused:
            return _refusal(refused)
        except Hangup:
            raise
        except Exception:  # noqa: BLE001 (a door: a mistake of ours is a broken server to the client)
            _log.exception("rehearsal.bot_api_failed")
            return _refusal(Refused(500, "Internal Server Error: the rehearsal failed"))

    def _after_token(self, path: str) -> str:
        token, slash, rest = path.partition("/")
        if not slash:
            raise Refused(404, "Not Found")
        if token != self._platform.token:
            raise Refused(401, "Unauthorized")
        return rest

    async def _call(self, asked: Asked) -> Answer:
        fault = self._platform.faults.draw(asked.method)
        try:
            outcome = await self._outcome(asked, fault)
        except Refused as refused:
            self._note(asked, fault, refused.body())
            return _refusal(refused)
        except Hangup:
            self._note(asked, fault, {"lost": True})
            raise
        self._note(asked, fault, {"ok": True, "result": outcome})
        if fault is Fault.BAD_GATEWAY:
            return _whole(502, {"Content-Type": "text/html"}, _BAD_GATEWAY)
        if fault is Fault.APPLY_THEN_DROP:
            raise Hangup
        if fault is Fault.APPLY_THEN_SLOW:
            await asyncio.sleep(self._platform.faults.slow_s)
        return _json(200, {"ok": True, "result": outcome})

    async def _outcome(self, asked: Asked, fault: Fault) -> object:
        if fault is Fault.LOSE:
            raise Hangup
        if fault is Fault.BAD_GATEWAY:
            return None
        self._platform.faults.refuse(fault)
        if self._platform.logged_out:
            raise Refused(400, "Logged out")
        method = METHODS.get(asked.method.lower())
        if method is None:
            raise _NO_METHOD
        if fault is Fault.MAIN_CHAT:
            asked = replace(asked, values={**asked.values, "message_thread_id": "0"})
        return await method(self._platform, asked)

    def _note(self, asked: Asked, fault: Fault, outcome: Json) -> None:
        if asked.method.lower() in _UNRECORDED and fault is Fault.OK and outcome.get("ok"):
            return
        uploads = {name: _named(upload.name, upload.content) for name, upload in asked.uploads.items()}
        secret = {"secret_token": "(not recorded)"} if asked.text("secret_token") else {}
        arguments = {**asked.values, **uploads, **secret}
        self._platform.record.add(
            "call", method=asked.method, arguments=arguments, fault=str(fault), outcome=outcome
        )

    def _download(self, path: str) -> Answer:
        fault = self._platform.faults.draw("download")
        if fault is Fault.LOSE:
            raise Hangup
        self._platform.faults.refuse(fault)
        file = self._platform.files.get(path.rpartition("/")[2])
        if file is None or file.size > self._platform.rules.download_bytes:
            raise Refused(404, "Not Found")
        return _whole(200, {"Content-Type": "application/octet-stream"}, file.content)


def _named(name: str, content: bytes) -> Json:
    return {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _refusal(refused: Refused) -> Answer:
    headers = {"Retry-After": str(refused.retry_after)} if refused.retry_after is not None else {}
    return _json(refused.code, refused.body(), headers)


def _json(status: int, body: Json, headers: Mapping[str, str] = {}) -> Answer:
    return _whole(status, {**_JSON, **headers}, json.dumps(body, ensure_ascii=False).encode())


def _whole(status: int, headers: Mapping[str, str], content: bytes) -> Answer:
    async def once() -> AsyncIterator[bytes]:
        yield content

    return Answer(status, headers, once(), len(content))
