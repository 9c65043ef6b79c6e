"""A call's arguments, whatever way they came: a query, a form, or JSON where the method takes it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, cast

from aiohttp import web

from adapters.rehearsal.slack_api.refusals import Json, Refused, bad_arguments

FORM_ONLY: Final = frozenset(
    {
        *("conversations.replies", "conversations.history", "conversations.info", "users.info"),
        *("files.getUploadURLExternal", "files.info", "auth.test", "auth.revoke"),
    }
)
"""Methods that read do not take JSON."""


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    token: str
    values: Json

    def text(self, name: str) -> str:
        value = self.values.get(name)
        return value if isinstance(value, str) else "" if value is None else str(value)

    def required(self, *names: str) -> list[str]:
        if missing := [name for name in names if not self.text(name)]:
            raise bad_arguments([f"missing required field: {name}" for name in missing])
        return [self.text(name) for name in names]

    def number(self, name: str, usual: int) -> int:
        return int(self.text(name) or usual)

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in ("1", "true")

    def parsed(self, name: str) -> Any:
        """An object or a list; in a form it is JSON in a field."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise bad_arguments([f"{name} is no JSON"]) from None


async def read(request: web.Request, method: str) -> Asked:
    values: Json = dict(request.query)
    if request.content_type == "application/json":
        if method in FORM_ONLY:
            raise bad_arguments(["this method takes no JSON"])
        values |= cast("Json", await request.json())
    elif request.can_read_body:
        values |= dict(await request.post())
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    token = given or str(values.pop("token", ""))
    if not token and method != "oauth.v2.access":
        raise Refused("not_authed")
    return Asked(method, token, values)
