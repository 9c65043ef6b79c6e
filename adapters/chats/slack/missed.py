"""What was written while nobody listened: looked for in the threads that the house knows, when it is back.

Slack delivers an event that nobody took a few times and then no more. A message that did arrive has the same
key here, so it counts once; an old one is asked about before it is worked on, as any other.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import aiohttp
import structlog
from slack_sdk.errors import SlackClientError

from adapters.chats.pace import Line, Rate
from adapters.chats.slack.naming import Me
from adapters.chats.slack.places import Place, place_of
from adapters.chats.slack.web import Web
from adapters.chats.slack.wire import Json, rows
from bot.errors import ChatError, FrontdeskError
from bot.ports import Heard

_log = structlog.get_logger("slack")

LOOKS: Final = (Rate(40, 60.0),)
"""Slack takes fifty a minute, and a message that is looked for by its key needs some of them."""
PAGE: Final = 200
_TS: Final = re.compile(r":(\d+\.\d+)(?=:|$)")


class Missed:
    def __init__(
        self,
        web: Web,
        me: Me,
        heard: Callable[[str], Awaitable[Sequence[Heard]]],
        take: Callable[[Json], Awaitable[object]],
    ) -> None:
        self._web = web
        self._me = me
        self._heard = heard
        self._take = take
        self._line = Line()
        self.wanted = asyncio.Event()  # somebody is connected again

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.wanted.wait()
            self.wanted.clear()
            try:
                await self._fetch()
            except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError, FrontdeskError) as error:
                _log.warning("slack.not_fetched", error=str(error))

    async def _fetch(self) -> None:
        newest: dict[str, str] = {}  # of each private channel, whose messages begin threads
        for each in await self._heard(self._me.chat):
            place, last = _place(each.where), _ts(each.last)
            if place is None or place.thread is None or not last:
                continue
            await self._look("conversations.replies", place.channel, last, ts=place.thread)
            if place.channel.startswith("D"):
                newest[place.channel] = max(newest.get(place.channel, ""), last)
        for channel, last in newest.items():
            await self._look("conversations.history", channel, last)

    async def _look(self, method: str, channel: str, last: str, **more: str) -> None:
        await self._line.wait("looks", LOOKS)
        page = await self._web.call(method, channel=channel, oldest=last, limit=PAGE, **more)
        found = [each for each in rows(page.get("messages")) if str(each.get("ts")) > last]
        for message in sorted(found, key=lambda each: str(each["ts"])):
            await self._take(self._event(channel, message))

    def _event(self, channel: str, message: Json) -> Json:
        """As Slack would have delivered it."""
        kind = "im" if channel.startswith("D") else "channel"
        return {
            "type": "event_callback",
            "team_id": self._me.team,
            "is_ext_shared_channel": channel in self._me.shared,
            "event": {**message, "type": "message", "channel": channel, "channel_type": kind},
        }


def _ts(key: str) -> str:
    """When the message was written that the key is of; empty where it is of something else."""
    found = _TS.search(key)
    return found[1] if found else ""


def _place(key: str) -> Place | None:
    try:
        return place_of(key)
    except ChatError:
        return None
