"""Work becomes a topic of its own, where the platform has topics and the house may open one.

::

    the card, not sent yet ──▶ open ──▶ one transaction: the conversation, all that is unsent, one line here
                                 └─ none may be opened ──▶ it speaks where it was asked for

A kill between the opening and the transaction leaves an empty topic; nothing was sent, so nothing is doubled.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from bot import policy, reports
from bot.addresses import add_conversation, find_conversation
from bot.crash import Point, crash_point
from bot.errors import ChatError
from bot.house import House
from bot.model.conversations import Address, Conversation
from bot.model.dispatches import Dispatch
from bot.model.log import HOUSE, AuditRow
from bot.model.posts import Button, OutboxRow, OutboxState, PartRow, Post, PostKind
from bot.model.questions import Question
from bot.outbox import post, post_item
from bot.ports import Chat, Topic, Unit

_log = structlog.get_logger("topics")


class Topics:
    def __init__(self, house: House, chats: Mapping[str, Chat]) -> None:
        self._house = house
        self._chats = chats

    async def wanted(self, unit: Unit, place: Conversation, row: OutboxRow) -> bool:
        """Whether a dispatch is about to speak for the first time, in a chat that may open topics."""
        if row.kind is not PostKind.CARD or row.edits is not None or not self._has_them(place.chat):
            return False
        dispatch = await unit.get(Dispatch, row.dispatch) if row.dispatch else None
        if dispatch is None or dispatch.conversation != place.id:
            return False
        cards = await unit.find(OutboxRow, dispatch=dispatch.id, kind=PostKind.CARD, edits=None, limit=2)
        return len(cards) == 1 and not await unit.find(PartRow, outbox=row.id, limit=1)

    async def open(self, place: Conversation, row: OutboxRow) -> bool:
        """False: it speaks where it was asked for; raises ChatError when that cannot be known now."""
        async with self._house.store.reading() as unit:
            dispatch = await unit.get(Dispatch, row.dispatch) if row.dispatch else None
        if dispatch is None:
            return False
        topic = await self._opened(place, dispatch)
        if topic is None or not self._may_stand(dispatch, topic.address):
            return False
        crash_point(Point.AFTER_TOPIC)
        async with self._house.store.transaction() as unit:
            return await self._go_on(unit, place, dispatch.id, topic)

    def _has_them(self, chat: str) -> bool:
        table = self._house.settings.chats.get(chat)
        return self._chats[chat].abilities.topics and (table is None or table.topics)

    async def _opened(self, place: Conversation, dispatch: Dispatch) -> Topic | None:
        title = self._house.redact(reports.place_title(dispatch))
        try:
            return await self._chats[place.chat].open_topic(place.address, title)
        except ChatError as error:
            if not error.is_final:
                raise
            _log.info("topic.refused", dispatch=dispatch.id, conversation=place.id, error=str(error))
            return None

    def _may_stand(self, dispatch: Dispatch, there: Address) -> bool:
        """A topic lies in its group, so it may as the group may; an adapter is not believed blindly."""
        return policy.may_be_named(self._house.settings, dispatch.project, there)

    async def _go_on(self, unit: Unit, place: Conversation, dispatch_id: str, topic: Topic) -> bool:
        dispatch = await unit.get(Dispatch, dispatch_id, lock=True)
        if dispatch is None or dispatch.conversation != place.id:  # somebody moved it meanwhile
            return False
        there = await self._conversation(unit, place, dispatch, topic.address)
        await unit.change(dispatch, conversation=there.id)
        await self._take_along(unit, place, dispatch, there)
        await _let_go(unit, place, dispatch)
        words = reports.goes_on_in_topic(dispatch, topic.link)
        await post(
            unit, self._house, place.id, Post(words, silent=True), PostKind.REPLY, dispatch=dispatch.id
        )
        now, id = self._house.now(), self._house.new_id()
        where = f"{there.chat}:{there.key}"
        await unit.add(AuditRow(id, now, HOUSE, "dispatch.moved", dispatch.id, where))
        _log.info("topic.opened", dispatch=dispatch.id, conversation=there.id)
        return True

    async def _conversation(
        self, unit: Unit, place: Conversation, dispatch: Dispatch, where: Address
    ) -> Conversation:
        """Of its dispatch and its project; private or not as the place around it.

        It is nobody's own (``person``): what else a person is to be told belongs into the chat itself.
        """
        found = await find_conversation(unit, where) or await add_conversation(
            unit, self._house, where, direct=place.direct
        )
        locked = await unit.get(Conversation, found.id, lock=True) or found
        return await unit.change(locked, project=dispatch.project)

    async def _take_along(
        self, unit: Unit, place: Conversation, dispatch: Dispatch, there: Conversation
    ) -> None:
        """The card and whatever the dispatch has said since, in the same order, with its buttons."""
        unsent = await unit.find(
            OutboxRow, conversation=place.id, dispatch=dispatch.id, state=OutboxState.PENDING
        )
        for seq, row in enumerate(unsent, there.last_post + 1):
            await unit.change(row, conversation=there.id, seq=seq)
            for each in await unit.find(Button, outbox=row.id):
                await unit.change(each, conversation=there.id)
            await unit.enqueue(post_item(there.id, row.id, seq))
        await unit.change(there, last_post=there.last_post + len(unsent))
        for item in await unit.find(Question, dispatch=dispatch.id, conversation=place.id):
            await unit.change(item, conversation=there.id)


async def _let_go(unit: Unit, place: Conversation, dispatch: Dispatch) -> None:
    """Plain words are about it in its topic from now on, not where it was asked for."""
    around = await unit.get(Conversation, place.id, lock=True)
    if around is not None and around.goes_on_with == dispatch.id:
        await unit.change(around, goes_on_with=None)
