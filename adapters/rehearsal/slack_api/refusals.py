"""How Slack says no: HTTP 200 with ``ok: false`` and a code that clients compare, seldom more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]
"""An object as it goes over the wire."""


class Refused(Exception):
    """https://docs.slack.dev/apis/web-api/#responses"""

    def __init__(
        self, error: str, *, status: int = 200, retry_after_s: int | None = None, **more: Any
    ) -> None:
        super().__init__(error)
        self.error, self.status, self.retry_after_s, self._more = error, status, retry_after_s, more

    def body(self) -> Json:
        return {"ok": False, "error": self.error, **self._more}


def bad_blocks(*what: str, error: str = "invalid_blocks") -> Refused:
    return Refused(
        error, errors=list(what), response_metadata={"messages": [f"[ERROR] {each}" for each in what]}
    )


def bad_arguments(what: Sequence[str]) -> Refused:
    messages = [f"[ERROR] {each}" for each in what]
    return Refused("invalid_arguments", response_metadata={"messages": messages})


def too_many(retry_after_s: int) -> Refused:
    return Refused("ratelimited", status=429, retry_after_s=retry_after_s)
