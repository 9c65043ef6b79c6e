"""Any server that speaks OpenAI's ``/audio/transcriptions``.

https://platform.openai.com/docs/api-reference/audio/createTranscription
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from bot.errors import HearingError
from bot.ports import Recording

TRIES: Final = 2
RETRY_S: Final = 1.0
MAX_ANSWER_BYTES: Final = 1_000_000
MAX_CHARS: Final = 20_000
"""Of the words; an hour of speech has about 60,000, which nobody reads before they press."""

_REFUSALS: Final = {
    401: "The transcriber refuses its key; an admin sets VOICE_API_KEY.",
    403: "The transcriber's key may not use this model; an admin corrects voice.model or VOICE_API_KEY.",
    404: "The transcriber has no such model or address; an admin corrects voice.model or voice.base_url.",
    413: "It is longer than the transcriber takes.",
    429: "The transcriber is busy, or its account is used up.",
}
_PASSING: Final = frozenset({429, 500, 502, 503, 504})


class _Again(Exception):
    """Worth one more try; the message is the sentence for when that fails too."""


async def transcribe(recording: Recording, retry_s: float = RETRY_S) -> str:
    """The words, without what is no text; raises HearingError with one sentence, never with the key."""
    async with _client(recording) as client:
        for left in range(TRIES - 1, -1, -1):
            try:
                return await _asked(client, recording)
            except _Again as error:
                if left == 0:
                    raise HearingError(str(error)) from error
                await asyncio.sleep(retry_s)
    raise AssertionError("every try returns or raises")


def _client(recording: Recording) -> httpx.AsyncClient:
    """No proxy to oneself, and no redirect: it would take the audio and the key elsewhere."""
    here = urlsplit(recording.base_url).hostname in ("127.0.0.1", "localhost", "::1")
    headers = {"Authorization": f"Bearer {recording.key}"} if recording.key else {}
    return httpx.AsyncClient(timeout=recording.timeout_s, headers=headers, trust_env=not here)


async def _asked(client: httpx.AsyncClient, recording: Recording) -> str:
    url = f"{recording.base_url}/audio/transcriptions"
    files = {"file": (recording.name, recording.audio)}
    form = {"model": recording.model, "response_format": "json"}
    try:
        async with client.stream("POST", url, data=form, files=files) as answer:
            if not answer.is_success:
                raise _refusal(answer.status_code)
            return words_in(await _body(answer))
    except httpx.TimeoutException:
        raise HearingError(f"The transcriber did not answer within {recording.timeout_s:.0f} s.") from None
    except httpx.HTTPError as error:
        where = urlsplit(recording.base_url).netloc
        raise _Again(f"The transcriber at {where} cannot be reached ({type(error).__name__}).") from error


def _refusal(status: int) -> Exception:
    words = _REFUSALS.get(status, f"The transcriber answered with status {status}.")
    return _Again(words) if status in _PASSING else HearingError(words)


async def _body(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise HearingError("The transcriber's answer does not end.")
    return bytes(body)


def words_in(body: bytes) -> str:
    """Of an answer; raises HearingError when there are none."""
    try:
        answer: Any = json.loads(body)
        words = answer["text"]
    except (ValueError, LookupError, TypeError, RecursionError):
        words = None
    if not isinstance(words, str):
        raise HearingError("The transcriber's answer holds no text; an admin looks at voice.base_url.")
    clean = words.replace("\0", "").encode("utf-8", "replace").decode()
    return clean if len(clean) <= MAX_CHARS else f"{clean[:MAX_CHARS]} […]"
