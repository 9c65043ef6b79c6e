"""Hands each event to the desk inside Bolt's middleware: it is acknowledged only once it is committed.

What a person is to see of it at once (a form, a refusal, that somebody is thinking) follows the
acknowledgement; a form's trigger lives three seconds.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any, Final
from weakref import WeakValueDictionary

import aiohttp
import structlog
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackClientError

from adapters.chats.slack import forms
from adapters.chats.slack.home import words_for_one
from adapters.chats.slack.members import Members
from adapters.chats.slack.naming import ts_of
from adapters.chats.slack.places import Place, place_of
from adapters.chats.slack.reading import Reader, time_of
from adapters.chats.slack.sending import Sending
from adapters.chats.slack.surface import Surface
from adapters.chats.slack.web import Web
from adapters.chats.slack.wire import Json, rows, table
from adapters.chats.slack.words import escaped, own_words
from bot.errors import ChatError, FrontdeskError
from bot.model.conversations import (
    Deleted,
    Edited,
    Inbound,
    Opened,
    Outcome,
    Pressed,
    Receipt,
    Submitted,
    Summoned,
    Wrote,
)
from bot.ports import Receive
from bot.ports.surfaces import Said

_log = structlog.get_logger("slack")

IN_PRIVATE: Final = "I answer in our private channel."
MAX_WORDS: Final = 3_000
EARLIER: Final = 200
"""Messages of a thread that are asked for, beginning with its first; Slack gives some apps fewer."""
MOST_TURNED_AWAY: Final = 5_000
MOST_CHANNELS: Final = 5_000


class Receiving:
    def __init__(
        self,
        web: Web,
        reader: Reader,
        members: Members,
        sending: Sending,
        surface: Surface,
        receive: Receive,
    ) -> None:
        self._web = web
        self._reader = reader
        self._members = members
        self._sending = sending
        self._surface = surface
        self._receive = receive
        self._lines: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._keeping: set[asyncio.Task[Any]] = set()
        self._following: set[asyncio.Task[None]] = set()
        self._turned_away = set[str]()
        self._ours: OrderedDict[str, None] = OrderedDict()  # channels without other organisations

    async def take(self, body: Json) -> BoltResponse:
        """What is acknowledged with; raises what ``receive`` raises, and then nothing was kept."""
        mine = asyncio.current_task()
        assert mine is not None  # noqa: S101  a coroutine runs in a task
        self._keeping.add(mine)
        try:
            return await self._taken(body)
        except FrontdeskError as error:
            _log.warning("slack.not_kept", error=str(error))
            raise
        except Exception:
            _log.exception("slack.broken")
            raise
        finally:
            self._keeping.discard(mine)

    async def close(self) -> None:
        """What is being kept stays with Slack, and what was to be shown is not shown any more."""
        tasks = [*self._keeping, *self._following]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _taken(self, body: Json) -> BoltResponse:
        inbound = self._read(body)
        self._among_ourselves(body)
        if inbound is None:
            return BoltResponse(status=200)
        if isinstance(inbound, Summoned) and not self._may_speak_at(inbound):
            inbound = replace(inbound, about=None)
        receipt = await self._kept(inbound)
        if "command" in body:
            return self._answered(inbound, receipt)
        if follow_up := self._follow_up(body, inbound, receipt):
            task = asyncio.ensure_future(_quietly(follow_up))
            self._following.add(task)
            task.add_done_callback(self._following.discard)
        return BoltResponse(status=200)

    def _read(self, body: Json) -> Inbound | None:
        try:
            return self._reader.read(body)
        except Exception:  # noqa: BLE001  one odd event must not come again for ever
            _log.exception("slack.unreadable", type=body.get("type"))
            return None

    async def earlier(self, where: Place, before: str) -> tuple[Said, ...]:
        """One request; people are called as far as they are known already."""
        latest = ts_of(before)
        if where.thread is None or not latest:
            return ()
        page = await self._web.call(
            "conversations.replies", channel=where.channel, ts=where.thread, latest=latest, limit=EARLIER
        )
        messages = [each for each in rows(page.get("messages")) if str(each.get("ts")) < latest]
        return tuple(self._said(where.channel, each) for each in messages if each.get("text"))

    def _said(self, channel: str, message: Json) -> Said:
        user, ts = str(message.get("user") or message.get("bot_id") or "somebody"), str(message["ts"])
        text = own_words(str(message["text"]), "")
        return Said(self._reader.key(channel, ts), self._members.called(user), text, time_of(ts))

    def _among_ourselves(self, body: Json) -> None:
        """Slack says of an event, and not of a shortcut, whether its channel is shared with others."""
        event = table(body.get("event"))
        if body.get("type") == "event_callback" and not body.get("is_ext_shared_channel"):
            self._ours[str(event.get("channel") or "")] = None
            while len(self._ours) > MOST_CHANNELS:
                self._ours.popitem(last=False)

    def _may_speak_at(self, inbound: Summoned) -> bool:
        """Where the app is, and no other organisation that nobody has named; else it answers in private."""
        channel = place_of(inbound.about.key).channel if inbound.about else ""
        return channel in self._ours or self._reader.is_named(channel)

    async def _kept(self, inbound: Inbound) -> Receipt:
        """A conversation's messages in their order; presses and stops stand behind nobody."""
        if not isinstance(inbound, Wrote | Edited | Deleted):
            return await self._receive(inbound)
        line = self._lines.setdefault(inbound.where.key, asyncio.Lock())
        async with line:
            return await self._receive(await self._introduced(inbound))

    async def _introduced(self, inbound: Wrote | Edited | Deleted) -> Inbound:
        if not isinstance(inbound, Wrote):
            return inbound
        member = await self._members.get(inbound.identity.account.rpartition("/")[2])
        return replace(inbound, sender=member.name, outsider=member.outsider, member=not member.outsider)

    # What a person sees of it at once.

    def _answered(self, inbound: Inbound, receipt: Receipt) -> BoltResponse:
        """A slash command is answered to its person only, in the acknowledgement itself."""
        words = receipt.text
        if receipt.outcome is Outcome.ACCEPTED and isinstance(inbound, Wrote) and inbound.direct:
            words = words or IN_PRIVATE
        if not words:
            return BoltResponse(status=200)
        return BoltResponse(
            status=200, body={"response_type": "ephemeral", "text": escaped(words)[:MAX_WORDS]}
        )

    def _follow_up(self, body: Json, inbound: Inbound, receipt: Receipt) -> Coroutine[Any, Any, None] | None:
        if receipt.form is not None and isinstance(inbound, Pressed | Summoned):
            view = forms.modal(receipt.form, inbound.where.key)
            return self._open(str(body.get("trigger_id")), view)
        if isinstance(inbound, Opened):
            return self._welcome(inbound, receipt)
        alone = isinstance(inbound, Summoned) or (isinstance(inbound, Pressed) and inbound.message_id is None)
        if alone and receipt.text:
            return self._open(str(body.get("trigger_id")), forms.notice(receipt.text))
        if isinstance(inbound, Pressed | Submitted) and receipt.text:
            return self._tell(place_of(inbound.where.key), inbound.identity.account, receipt.text)
        if isinstance(inbound, Wrote) and inbound.addressed and receipt.outcome is Outcome.ACCEPTED:
            return self._surface.think(place_of(inbound.where.key))
        return None

    async def _open(self, trigger: str, view: Json) -> None:
        await self._web.call("views.open", trigger_id=trigger, view=view)

    def _welcome(self, inbound: Opened, receipt: Receipt) -> Coroutine[Any, Any, None] | None:
        """Once, and nothing of the house: whoever is not known sees that on their page."""
        if receipt.examples:
            return self._suggest(inbound, receipt.examples)
        user = inbound.identity.account.rpartition("/")[2]
        if receipt.outcome is not Outcome.REFUSED or not inbound.page or user in self._turned_away:
            return None
        if len(self._turned_away) < MOST_TURNED_AWAY:
            self._turned_away.add(user)
        return self._sending.publish(user, words_for_one(receipt.text))

    async def _suggest(self, inbound: Opened, examples: Sequence[str]) -> None:
        channel = await self._sending.channel(place_of(inbound.where.key))
        await self._surface.suggest(channel, examples)

    async def _tell(self, where: Place, account: str, words: str) -> None:
        """To one person only, where they pressed."""
        await self._web.call(
            "chat.postEphemeral",
            channel=await self._sending.channel(where),
            thread_ts=where.thread,
            user=account.rpartition("/")[2],
            text=escaped(words)[:MAX_WORDS],
        )


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    """A courtesy: what was committed stays, whether or not this can be shown."""
    try:
        await work
    except (SlackClientError, aiohttp.ClientError, ChatError, TimeoutError, OSError) as error:
        _log.warning("slack.not_shown", error=str(error))
