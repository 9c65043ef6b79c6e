"""A stand-in for a server that writes speech down (OpenAI's ``/audio/transcriptions``), on loopback.

Its recordings say what they hold: ``spoken("fix the parser")`` is an Ogg file to it, in which it hears just
that. It refuses what the real one refuses: a wrong key or model, no file, a kind it does not know, too much.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import PurePath
from types import TracebackType
from typing import Any, Final, Self

from adapters.rehearsal.bot_api.reading import Asked, read
from adapters.rehearsal.wire import Answer, Connection, Hangup, Incoming, Loopback

PATH: Final = "/v1/audio/transcriptions"
MOST_BYTES: Final = 25 * 1024 * 1024
KINDS: Final = frozenset({".flac", ".m4a", ".mp3", ".mp4", ".mpeg", ".mpga", ".oga", ".ogg", ".wav", ".webm"})
"""https://platform.openai.com/docs/guides/speech-to-text"""
_OGG: Final = b"OggS"
_FORM_BYTES: Final = 64 * 1024


def spoken(words: str) -> bytes:
    return _OGG + words.encode()


@dataclass
class Speech:
    """``async with Speech() as speech``: at ``speech.url``, which ends in /v1."""

    key: str = "a-key-of-no-value"
    model: str = "whisper-1"
    url: str = ""
    heard: list[str] = field(default_factory=list[str])
    faults: list[int | bytes | None] = field(default_factory=list[int | bytes | None])
    """For the next requests: a status, a body instead of an answer, or None: the connection breaks."""

    async def __aenter__(self) -> Self:
        self._loopback = Loopback(self._respond, max_body_bytes=MOST_BYTES + _FORM_BYTES)
        self.url = f"{await self._loopback.open()}/v1"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._loopback.close()

    async def _respond(self, _connection: Connection, incoming: Incoming) -> Answer:
        if self.faults:
            match self.faults.pop(0):
                case None:
                    raise Hangup
                case int(status):
                    return _refusal(status, "as told")
                case bytes(body):
                    return _answer(200, body)
        if incoming.method != "POST" or incoming.path != PATH:
            return _refusal(404, "Unknown request URL")
        if incoming.headers.get("authorization") != f"Bearer {self.key}":
            return _refusal(401, "Incorrect API key provided")
        return self._written_down(read(incoming, "transcriptions"))

    def _written_down(self, asked: Asked) -> Answer:
        file = asked.upload("file")
        if asked.text("model") != self.model:
            return _refusal(404, f"The model {asked.text('model')!r} does not exist")
        if file is None:
            return _refusal(400, "file is a required property")
        if len(file.content) > MOST_BYTES:
            return _refusal(413, "Maximum content size limit exceeded")
        if PurePath(file.name).suffix.lower() not in KINDS or not file.content.startswith(_OGG):
            return _refusal(400, "Invalid file format")
        words = file.content.removeprefix(_OGG).decode("utf-8", "replace")
        self.heard.append(words)
        return _answer(200, json.dumps({"text": words}, ensure_ascii=False).encode())


def _refusal(status: int, message: str) -> Answer:
    error: dict[str, Any] = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return _answer(status, json.dumps({"error": error}).encode())


def _answer(status: int, body: bytes) -> Answer:
    async def once() -> AsyncIterator[bytes]:
        yield body

    return Answer(status, {"Content-Type": "application/json"}, once(), len(body))
