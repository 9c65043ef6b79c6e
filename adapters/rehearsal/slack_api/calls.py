"""HTTP mode: Slack calls the app, signs what it sends, and gives it three seconds.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from typing import Final
from urllib.parse import urlencode

import aiohttp

from adapters.rehearsal.slack_api.delivery import EVENT, INTERACTIVE, Delivery, Envelope
from adapters.rehearsal.slack_api.refusals import Json
from adapters.rehearsal.slack_api.workspace import Workspace

_VERIFY_AGAIN_S: Final = 0.02
_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"


class Calls:
    """One after the other, as far as the first try goes."""

    def __init__(self, slack: Workspace, delivery: Delivery, url: str) -> None:
        self._slack = slack
        self._delivery = delivery
        self._url = url

    async def verify(self) -> None:
        """An address gets no events before it has answered a challenge.

        https://docs.slack.dev/reference/events/url_verification
        """
        challenge = self._slack.next_id("challenge-")
        body = json.dumps({"type": "url_verification", "challenge": challenge})
        while challenge not in (await self._posted(_JSON, body, {}) or ""):  # noqa: ASYNC110  nobody tells us
            await asyncio.sleep(_VERIFY_AGAIN_S)
        self._delivery.connected.set()

    async def send(self, envelope: Envelope) -> None:
        kind, body = body_of(envelope)
        retry: dict[str, str] = {}
        if envelope.tries > 1 and envelope.kind == EVENT:
            retry = {"X-Slack-Retry-Num": str(envelope.tries - 1), "X-Slack-Retry-Reason": "http_error"}
        words = await self._posted(kind, body, retry)
        if words is None:
            self._delivery.failed(envelope)
        else:
            self._delivery.acknowledge(envelope.id, json.loads(words) if words.startswith("{") else None)

    async def _posted(self, kind: str, body: str, more: dict[str, str]) -> str | None:
        """What was answered with 200 and in time."""
        headers = {"Content-Type": kind, **self.signed(body), **more}
        limit = aiohttp.ClientTimeout(total=self._slack.rules.answer_within_s)
        try:
            async with (
                aiohttp.ClientSession(timeout=limit) as session,
                session.post(self._url, data=body, headers=headers) as answer,
            ):
                words = await answer.text()
                return words if answer.status == 200 else None
        except (aiohttp.ClientError, TimeoutError):
            return None

    def signed(self, body: str, at: int | None = None) -> dict[str, str]:
        """The headers that prove where it comes from; by the real clock, which the app compares it with."""
        stamp = str(int(time.time()) if at is None else at)
        key, base = self._slack.secret.encode(), f"v0:{stamp}:{body}".encode()
        signature = hmac.new(key, base, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={signature}"}


def body_of(envelope: Envelope) -> tuple[str, str]:
    """Events are JSON; presses and forms are JSON in a form's field; a slash command is a form."""
    payload: Json = envelope.payload
    if envelope.kind == EVENT:
        return _JSON, json.dumps(payload)
    if envelope.kind == INTERACTIVE:
        return _FORM, urlencode({"payload": json.dumps(payload)})
    return _FORM, urlencode(payload)
