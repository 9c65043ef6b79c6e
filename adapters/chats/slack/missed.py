"""What was written while nobody listened: looked for when somebody listens again.

In the threads that the house knows all that is newer, in private channels the messages that begin
threads, and in channels the mentions that would have begun one. Slack delivers an event that nobody took a
few times and then no more. A message that did arrive has the same key here, so it counts once; an old one is
asked about before it is worked on, as any other. How far back: to the newest message that was kept before a
start, and to the last sign of life before a connection was lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError

from adapters.chats.contact import Contact
from adapters.chats.pace import Line, Rate
from adapters.chats.slack.failures import code_of, wait_s
from adapters.chats.slack.naming import Me, ts_of
from adapters.chats.slack.places import Place, place_of
from adapters.chats.slack.web import Web
from adapters.chats.slack.wire import Json, rows, table
from adapters.chats.slack.words import mentions
from bot.errors import ChatError, FrontdeskError
from bot.ports import Heard

_log = structlog.get_logger("slack")

LOOKS: Final = (Rate(40, 60.0),)
"""Slack takes fifty a minute, and a message that is looked for by its key needs some of them."""
PAGE: Final = 200
MOST_PAGES: Final = 25
"""Of one place: 5,000 messages."""
MOST_WAITS: Final = 5
"""So often Slack may ask to wait for one page."""
MARGIN: Final = timedelta(seconds=60)
"""A sign of life does not say that everything before it had arrived."""


class Missed:
    def __init__(
        self,
        web: Web,
        me: Me,
        heard: Callable[[str], Awaitable[Sequence[Heard]]],
        take: Callable[[Json], Awaitable[object]],
        contact: Contact,
        looks: tuple[Rate, ...] = LOOKS,
    ) -> None:
        self._web = web
        self._me = me
        self._heard = heard
        self._take = take
        self._contact = contact
        self._looks = looks
        self._line = Line()
        self._since = ""  # a ts: what is older had arrived
        self._was_here = False
        self._wanted = asyncio.Event()

    async def begin(self) -> None:
        """Before anybody listens, so that nothing new is taken for the end of what was missed."""
        try:
            known = await self._heard(self._me.chat)
        except FrontdeskError as error:
            _log.warning("slack.not_fetched", error=str(error))
            return
        self._since = max((ts_of(each.last) for each in known), default="")

    def back(self) -> None:
        """Somebody is connected again."""
        lost_at, first, self._was_here = self._contact.left_off(), not self._was_here, True
        if lost_at is not None and not first:
            gap = f"{(lost_at - MARGIN).timestamp():.6f}"
            self._since = min(self._since, gap) if self._wanted.is_set() and self._since else gap
        self._wanted.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                await self._fetch(self._since)
            except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError, FrontdeskError) as error:
                _log.warning("slack.not_fetched", error=str(error))

    async def _fetch(self, since: str) -> None:
        newest: dict[str, str] = {}  # of each private channel, whose messages begin threads
        channels: dict[str, None] = dict.fromkeys(sorted(self._me.shared))
        for each in await self._heard(self._me.chat):
            place, last = _place(each.where), ts_of(each.last)
            if place is None or place.thread is None or not last:
                continue
            await self._thread(place, _from(last, since), ts_of(each.first))
            if place.channel.startswith("D"):
                newest[place.channel] = max(newest.get(place.channel, ""), last)
            else:
                channels[place.channel] = None
        for channel, last in newest.items():
            await self._hand_over(
                channel, await self._pages("conversations.history", channel, _from(last, since))
            )
        for channel in channels if since else ():
            await self._channel(channel, since)

    async def _thread(self, place: Place, oldest: str, first: str = "") -> None:
        """``first``: of the thread that we know; what stood there before is no words to us."""
        assert place.thread is not None  # noqa: S101  asked for threads only
        found = await self._pages("conversations.replies", place.channel, oldest, ts=place.thread)
        await self._hand_over(place.channel, [each for each in found if str(each["ts"]) >= first])

    async def _channel(self, channel: str, since: str) -> None:
        """Mentions outside threads, and what was said below them since; all else is not for us."""
        found = await self._pages("conversations.history", channel, since)
        for root in (each for each in found if mentions(str(each.get("text") or ""), self._me.user)):
            await self._hand_over(channel, [root])
            if root.get("reply_count") or root.get("thread_ts"):
                await self._thread(Place(channel, str(root["ts"])), str(root["ts"]))

    async def _hand_over(self, channel: str, messages: Sequence[Json]) -> None:
        for message in sorted(messages, key=lambda each: str(each["ts"])):
            await self._take(self._event(channel, message))

    async def _pages(self, method: str, channel: str, oldest: str, **more: str) -> list[Json]:
        """All that is newer than ``oldest``; where the app may not look, nothing."""
        asked: dict[str, object] = {"channel": channel, "oldest": oldest, "limit": PAGE, **more}
        found: list[Json] = []
        for _ in range(MOST_PAGES):
            try:
                page = await self._page(method, asked)
            except SlackApiError as error:
                _log.info("slack.not_looked_through", channel=channel, error=code_of(error))
                return found
            found += [each for each in rows(page.get("messages")) if str(each.get("ts")) > oldest]
            cursor = str(table(page.get("response_metadata")).get("next_cursor") or "")
            if not cursor:
                return found
            asked["cursor"] = cursor
        _log.warning("slack.more_was_missed", channel=channel, read=len(found))
        return found

    async def _page(self, method: str, asked: Mapping[str, object]) -> Json:
        """At our pace, and after as long as Slack asks to wait."""
        for left in range(MOST_WAITS, -1, -1):
            await self._line.wait("looks", self._looks)
            try:
                return await self._web.call(method, **asked)
            except SlackApiError as error:
                if code_of(error) != "ratelimited" or not left:
                    raise
                await asyncio.sleep(wait_s(error))
        raise AssertionError("the last try returns or raises")

    def _event(self, channel: str, message: Json) -> Json:
        """As Slack would have delivered it."""
        kind = "im" if channel.startswith("D") else "channel"
        return {
            "type": "event_callback",
            "team_id": self._me.team,
            "is_ext_shared_channel": channel in self._me.shared,
            "event": {**message, "type": "message", "channel": channel, "channel_type": kind},
        }


def _from(last: str, since: str) -> str:
    """The earlier of the two: a message that came in just now is not the end of what was missed."""
    return min(last, since) if since else last


def _place(key: str) -> Place | None:
    try:
        return place_of(key)
    except ChatError:
        return None
