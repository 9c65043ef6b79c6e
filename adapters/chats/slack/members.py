"""What people are called, and who is a guest or belongs to another organisation."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

import aiohttp
import structlog
from slack_sdk.errors import SlackClientError

from adapters.chats.slack.failures import code_of
from adapters.chats.slack.web import Web
from adapters.chats.slack.wire import Json, table

_log = structlog.get_logger("slack")

REMEMBERED_S: Final = 3600.0
FORGOTTEN_S: Final = 60.0
"""How long a look-up that failed is not tried again."""
WITHIN_S: Final = 1.5
"""An event has to be acknowledged within three seconds."""
_MOST: Final = 5_000


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    outsider: bool  # a guest, of another organisation, or nobody knows


class Members:
    def __init__(self, web: Web, team: str, now: Callable[[], float] = time.monotonic) -> None:
        self._web = web
        self._team = team
        self._now = now
        self._known: OrderedDict[str, tuple[float, Member]] = OrderedDict()

    async def get(self, user: str) -> Member:
        """Whoever cannot be looked up counts as an outsider."""
        found = self._known.get(user)
        if found is not None and found[0] > self._now():
            return found[1]
        try:
            async with asyncio.timeout(WITHIN_S):
                answer = await self._web.call("users.info", user=user)
        except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
            why = code_of(cast("Any", error)) if hasattr(error, "response") else type(error).__name__
            _log.warning("slack.unknown_user", user=user, why=why)
            return self._keep(user, Member(user, outsider=True), FORGOTTEN_S)
        return self._keep(user, self._read(user, table(answer.get("user"))), REMEMBERED_S)

    def called(self, user: str) -> str:
        """As far as is known without asking."""
        found = self._known.get(user)
        return found[1].name if found else user

    def _read(self, user: str, found: Json) -> Member:
        profile = table(found.get("profile"))
        name = str(profile.get("display_name") or found.get("real_name") or found.get("name") or user)
        flags = ("is_restricted", "is_ultra_restricted", "is_stranger", "is_bot", "deleted")
        elsewhere = found.get("team_id") != self._team
        return Member(name, outsider=elsewhere or any(found.get(flag) for flag in flags))

    def _keep(self, user: str, member: Member, for_s: float) -> Member:
        self._known[user] = (self._now() + for_s, member)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        return member
