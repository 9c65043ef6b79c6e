"""How Telegram says no: a code, a description that clients compare, and sometimes what to do next."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
"""An object as it goes over the wire."""


class Refused(Exception):
    """Answered with ``ok: false``. https://core.telegram.org/bots/api#making-requests"""

    def __init__(
        self, code: int, description: str, *, retry_after: int | None = None, migrate_to: int | None = None
    ) -> None:
        super().__init__(description)
        self.code, self.description, self.retry_after = code, description, retry_after
        self._parameters = {
            name: value
            for name, value in (("retry_after", retry_after), ("migrate_to_chat_id", migrate_to))
            if value is not None
        }

    def body(self) -> Json:
        parameters = {"parameters": self._parameters} if self._parameters else {}
        return {"ok": False, "error_code": self.code, "description": self.description, **parameters}


def bad(description: str) -> Refused:
    return Refused(400, f"Bad Request: {description}")


def forbidden(description: str) -> Refused:
    return Refused(403, f"Forbidden: {description}")


def conflict(description: str) -> Refused:
    return Refused(409, f"Conflict: {description}")


def too_many(retry_after_s: int) -> Refused:
    return Refused(429, f"Too Many Requests: retry after {retry_after_s}", retry_after=retry_after_s)
