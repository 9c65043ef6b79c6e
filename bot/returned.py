"""What a platform refuses for good: its place is found anew, or it is said where it can be said.

::

    gone ──▶ a new place in that chat? ──▶ the conversation goes on there
     └ no, or blocked, removed ──▶ the person's private conversation elsewhere ──▶ else an admin is told
    refused as it is ──▶ so much is said in its own conversation, else as above

What is changed in place (a card, a closed question) and what goes stale anyway is let go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog

from bot import moving, people, policy, reports
from bot.addresses import find_conversation
from bot.errors import ChatError, Conflict
from bot.house import House
from bot.lifecycle import reread
from bot.model.conversations import Address, Conversation, Message
from bot.model.dispatches import LIVE, Dispatch
from bot.model.log import HOUSE, Alert, AuditRow
from bot.model.people import Role
from bot.model.posts import AWAITED, RETURNED, Button, OutboxRow, OutboxState, Post, PostKind
from bot.outbox import post
from bot.ports import Chat, Unit
from bot.whereabouts import Whereabouts, known_anywhere

_log = structlog.get_logger("returned")

ANEW: Final = (PostKind.CARD, PostKind.QUESTION)
"""A dispatch that goes on elsewhere posts these again."""


BOUND: Final = "conversation.bound"
"""The audit's word for a conversation that has a new place."""

MOST_BOUND: Final = 3
BOUND_WITHIN: Final = timedelta(hours=1)
"""A platform that opens threads and takes nothing in them is not asked for ever."""


class Returned:
    def __init__(self, house: House, chats: Mapping[str, Chat]) -> None:
        self._house = house
        self._chats = chats
        self._whereabouts = Whereabouts(house, chats)

    async def take(self, place: Conversation, row: OutboxRow, error: ChatError) -> None:
        """See to it, once; raises ChatError when the platform cannot be asked now."""
        if row.edits is not None:
            await self._let_fall(row)
        elif error.gone and (there := await self._reopened(place, row)):
            await self._go_on(place, row, there)
        elif error.gone or error.forbidden or row.instead_of:
            await self._say_elsewhere(place, row, error)
        else:
            await self._say_there(place, row, error)

    # ── in the same chat ─────────────────────────────────────────────────────────────────────────────────

    async def _reopened(self, place: Conversation, row: OutboxRow) -> Address | None:
        """None as well where its project may not be named, and where new places are gone at once."""
        async with self._house.store.reading() as unit:
            works = await unit.find(Dispatch, conversation=place.id, newest=True, limit=1)
            moved = await unit.find(AuditRow, action=BOUND, object=place.id, newest=True, limit=MOST_BOUND)
        if len(moved) == MOST_BOUND and moved[-1].at > self._house.now() - BOUND_WITHIN:
            return None
        title = reports.place_title(works[0]) if works else "Frontdesk"
        there = await self._chats[place.chat].reopen(place.address, self._house.redact(title))
        async with self._house.store.reading() as unit:
            return there if there and await self._may_stand(unit, row, there) else None

    async def _go_on(self, place: Conversation, row: OutboxRow, there: Address) -> None:
        async with self._house.store.transaction() as unit:
            found = await find_conversation(unit, there)
            if found is None:
                await self._bind(unit, place, there)
            else:
                await self._merge(unit, place, row, found)

    async def _bind(self, unit: Unit, place: Conversation, there: Address) -> None:
        """The same conversation at a new address: what was not sent yet follows by itself."""
        bound = await unit.change(place, key=there.key, account=there.account)
        was = moving.place_words(place)
        await self._audit(unit, BOUND, place.id, f"{was} is gone")
        await self._let_go(unit, place)
        await post(unit, self._house, place.id, Post(reports.GOES_ON_HERE), PostKind.REPLY)
        await self._speak(unit, bound, bound)
        _log.info("conversation.bound", conversation=place.id, was=was, now=moving.place_words(bound))

    async def _merge(self, unit: Unit, place: Conversation, row: OutboxRow, into: Conversation) -> None:
        """It goes on in a conversation that there is already; what else waits comes here by itself."""
        await self._lose(unit, place, "its thread was deleted")
        await self._give_back(unit, row)
        await self._hand_over(unit, place, row, into)
        await self._speak(unit, place, into)

    async def _say_there(self, place: Conversation, row: OutboxRow, error: ChatError) -> None:
        """The place is there, the post is not taken: at least that is said, in plain words."""
        async with self._house.store.transaction() as unit:
            await self._give_back(unit, row)
            if row.kind in AWAITED:
                words = reports.not_taken(row, str(error))
                await self._post_instead(unit, row, place, Post(words), PostKind.REPLY)

    # ── elsewhere ────────────────────────────────────────────────────────────────────────────────────────

    async def _say_elsewhere(self, place: Conversation, row: OutboxRow, error: ChatError) -> None:
        person = await self._whose(place, row)
        if person is None:
            await self._let_fall(row)
            return
        async with self._house.store.transaction() as unit:
            await self._lose(unit, place, str(error))
        there = await self._whereabouts.anywhere(person)
        async with self._house.store.transaction() as unit:
            await self._give_back(unit, row)
            private = await self._whereabouts.open(unit, there, person) if there else None
            if private is not None and await self._may_stand(unit, row, private.address):
                await self._hand_over(unit, place, row, private)
            elif row.kind in AWAITED:
                await self._tell_admins(unit, place, row, person)

    async def _whose(self, place: Conversation, row: OutboxRow) -> str | None:
        """For whom it was; None: for somebody nobody knows."""
        async with self._house.store.reading() as unit:
            dispatch = await unit.get(Dispatch, row.dispatch) if row.dispatch else None
            if dispatch is not None or place.person is not None:
                return dispatch.person if dispatch else place.person
            last = await unit.find(Message, conversation=place.id, newest=True, limit=1)
        return last[0].person if last else None

    async def _hand_over(self, unit: Unit, place: Conversation, row: OutboxRow, to: Conversation) -> None:
        """What it says, and the work that it is about."""
        head = reports.meant_for(moving.place_words(place))
        if row.kind in AWAITED and row.kind not in ANEW:
            await self._repeat(unit, row, to, head)
        else:
            await self._post_instead(unit, row, to, Post(head), PostKind.REPLY)
        dispatch = await unit.get(Dispatch, row.dispatch, lock=True) if row.dispatch else None
        if dispatch is not None and dispatch.conversation == place.id:
            await moving.speak_in(unit, self._house, dispatch, to, HOUSE)

    async def _tell_admins(self, unit: Unit, place: Conversation, row: OutboxRow, person: str) -> None:
        """Once a day and place; what was to be said is not theirs, only that it was not."""
        now = self._house.now()
        id = f"lost:{place.id}:{now:%Y-%m-%d}"
        if await unit.get(Alert, id) is not None:
            return
        try:
            await unit.add(Alert(id, now))
        except Conflict:
            return
        words = reports.not_delivered(row, person, moving.place_words(place))
        everybody = await people.everybody(unit, self._house.settings)
        for admin in (one.id for one in everybody if one.role is Role.ADMIN and one.id != person):
            if at := await known_anywhere(unit, self._house, admin):
                await self._post_instead(unit, row, at, Post(words), PostKind.REPLY)

    # ── rows ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _lose(self, unit: Unit, place: Conversation, why: str) -> None:
        if not place.lost:
            since = f"{self._house.now():%Y-%m-%d %H:%M} UTC"
            await unit.change(place, lost=True, lost_why=f"{why} (since {since})")
            _log.warning("conversation.lost", conversation=place.id, place=moving.place_words(place), why=why)

    async def _audit(self, unit: Unit, action: str, id: str, detail: str) -> None:
        await unit.add(AuditRow(self._house.new_id(), self._house.now(), HOUSE, action, id, detail))

    async def _let_fall(self, row: OutboxRow) -> None:
        """Nobody misses it."""
        async with self._house.store.transaction() as unit:
            await unit.change(row, state=OutboxState.DROPPED)

    async def _give_back(self, unit: Unit, row: OutboxRow) -> None:
        await unit.change(row, state=OutboxState.RETURNED)
        await unit.next_number(RETURNED)

    async def _let_go(self, unit: Unit, place: Conversation) -> None:
        """Of what was not sent: changes of messages that are gone, and what comes anew."""
        for row in await unit.find(OutboxRow, conversation=place.id, state=OutboxState.PENDING):
            if row.edits is not None or row.kind in ANEW:
                await unit.change(row, state=OutboxState.DROPPED)

    async def _speak(self, unit: Unit, place: Conversation, to: Conversation) -> None:
        """What goes on in the one conversation speaks in the other from now on."""
        for live in await unit.find(Dispatch, conversation=place.id, status=tuple(LIVE)):
            dispatch = await reread(unit, live.id)
            if policy.may_be_named(self._house.settings, dispatch.project, to.address):
                await moving.speak_in(unit, self._house, dispatch, to, HOUSE)

    async def _may_stand(self, unit: Unit, row: OutboxRow, there: Address) -> bool:
        dispatch = await unit.get(Dispatch, row.dispatch) if row.dispatch else None
        return dispatch is None or policy.may_be_named(self._house.settings, dispatch.project, there)

    async def _repeat(self, unit: Unit, row: OutboxRow, to: Conversation, head: str) -> None:
        """With its buttons, which work there from now on."""
        content = replace(row.post, markdown=f"{head}\n\n{row.post.markdown}")
        stands = await self._post_instead(unit, row, to, content, row.kind)
        for each in await unit.find(Button, outbox=row.id):
            await unit.change(each, conversation=to.id, outbox=stands.id)

    async def _post_instead(
        self, unit: Unit, row: OutboxRow, at: Conversation, content: Post, kind: PostKind
    ) -> OutboxRow:
        return await post(
            unit,
            self._house,
            at.id,
            content,
            kind,
            dispatch=row.dispatch,
            question=row.question if kind is PostKind.QUESTION else None,
            instead_of=row.id,
        )
