"""HTTP mode: Slack calls the app, signs what it sends, and gives it three seconds.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Final
from urllib.parse import urlencode

import aiohttp

from adapters.rehearsal.slack_api.delivery import EVENT, INTERACTIVE, Delivery, Envelope
from adapters.rehearsal.slack_api.refusals import Json
from adapters.rehearsal.slack_api.workspace import Workspace

_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"


class Calls:
    """One after the other, as far as the first try goes."""

    def __init__(self, slack: Workspace, delivery: Delivery, url: str) -> None:
        self._slack = slack
        self._delivery = delivery
        self._url = url

    async def send(self, envelope: Envelope) -> None:
        kind, body = body_of(envelope)
        headers = {"Content-Type": kind, **self.signed(body)}
        if envelope.tries > 1 and envelope.kind == EVENT:
            headers |= {"X-Slack-Retry-Num": str(envelope.tries - 1), "X-Slack-Retry-Reason": "http_error"}
        limit = aiohttp.ClientTimeout(total=self._slack.rules.answer_within_s)
        try:
            async with (
                aiohttp.ClientSession(timeout=limit) as session,
                session.post(self._url, data=body, headers=headers) as answer,
            ):
                words = await answer.text()
                taken = answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            taken, words = False, ""
        if taken:
            self._delivery.acknowledge(envelope.id, json.loads(words) if words.startswith("{") else None)
        else:
            self._delivery.failed(envelope)

    def signed(self, body: str, at: int | None = None) -> dict[str, str]:
        """The headers that prove where it comes from."""
        stamp = str(int(self._slack.clock()) if at is None else at)
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
