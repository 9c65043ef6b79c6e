"""Everything people read leaves through here: committed first, sent in order, found again after a crash.

A post becomes a row in the transaction that promises it. ``Outbox.drain`` sends what is unsent, oldest first;
a part's try is counted before it is sent, so that after a crash the adapter is told to look it up by its key.
That one part arrived and that the next is tried is one transaction.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from bot import mentions
from bot.crash import Point, crash_point
from bot.errors import ChatError
from bot.house import House
from bot.masking import masked_post
from bot.model.conversations import Conversation
from bot.model.dispatches import LIVE, Dispatch
from bot.model.posts import (
    FORMS,
    SENT_AGAIN,
    Button,
    ButtonAction,
    ButtonView,
    OutboxRow,
    OutboxState,
    Part,
    PartRow,
    Post,
    PostKind,
    Style,
)
from bot.model.questions import Question, QuestionState
from bot.model.work_items import Kind, WorkItem
from bot.ports import Chat, Unit
from bot.reports import with_age

_log = structlog.get_logger("outbox")

STALE_AFTER: Final = timedelta(minutes=15)
"""Notices older than this are not sent any more; results, answers and open questions always are."""

RETRY_AFTER_S: Final = 5.0
"""How long a conversation rests when its platform failed without saying for how long."""


def post_item(conversation: str, suffix: str, seq: int) -> WorkItem:
    return WorkItem(Kind.POST, f"post:{conversation}:{suffix}", conversation, conversation, max(seq, 1))


async def post(
    unit: Unit,
    house: House,
    conversation_id: str,
    content: Post,
    kind: PostKind,
    *,
    dispatch: str | None = None,
    question: str | None = None,
    edits: str | None = None,
    instead_of: str | None = None,
    id: str | None = None,
) -> OutboxRow:
    """Promise a post in the caller's transaction; a local conversation has it as soon as that commits."""
    conversation = await unit.get(Conversation, conversation_id, lock=True)
    assert conversation is not None, conversation_id  # noqa: S101  a post belongs to a stored conversation
    seq = conversation.last_post + 1
    await unit.change(conversation, last_post=seq)
    local = conversation.chat in house.local_chats
    row = OutboxRow(
        id=id or house.new_id(),
        conversation=conversation.id,
        seq=seq,
        kind=kind,
        post=masked_post(content, house.redact),
        created_at=house.now(),
        dispatch=dispatch,
        question=question,
        state=OutboxState.SENT if local else OutboxState.PENDING,
        edits=edits,
        instead_of=instead_of,
    )
    await unit.add(row)
    if not local:
        await unit.enqueue(post_item(conversation.id, row.id, seq))
    return row


async def button(
    unit: Unit,
    house: House,
    conversation: str,
    action: ButtonAction,
    object: str,
    label: str,
    *,
    argument: str = "",
    style: Style = Style.PLAIN,
    outbox: str | None = None,
    person: str | None = None,
    expires_at: datetime | None = None,
) -> ButtonView:
    """A button's row and what a chat shows of it; only the random id ever travels."""
    row = Button(
        id=house.new_token(),
        conversation=conversation,
        action=action,
        object=object,
        label=house.redact(label),
        created_at=house.now(),
        argument=argument,
        outbox=outbox,
        person=person,
        expires_at=expires_at,
    )
    await unit.add(row)
    return ButtonView(row.id, label, style, form=action in FORMS)


async def redraw(unit: Unit, old: Dispatch, new: Dispatch) -> None:
    """Promise one redraw when the card goes from clean to dirty; later changes ride along with it."""
    if old.card and old.drawn == old.revision and new.revision > new.drawn:
        conversation = new.conversation
        await unit.enqueue(post_item(conversation, f"card:{new.id}:{new.revision}", 1))


@dataclass(frozen=True, slots=True)
class _Sending:
    """The oldest thing that a conversation has not been sent."""

    conversation: Conversation
    chat: Chat
    row: OutboxRow
    part: PartRow | None = None  # None: an edit of what was sent before
    last: bool = True
    opens: bool = False  # first of all a topic is opened for what it is about


Returned = Callable[[Conversation, OutboxRow, ChatError], Awaitable[None]]
"""Sees to a post that its platform refuses for good; raises ChatError when that has to wait."""


class Topics(Protocol):
    """Gives work a topic of its own before it first speaks."""

    async def wanted(self, unit: Unit, place: Conversation, row: OutboxRow) -> bool:
        """Whether the row is the first word of a dispatch where that may be done."""
        ...

    async def open(self, place: Conversation, row: OutboxRow) -> bool:
        """True: the row goes on there; raises ChatError when that has to wait."""
        ...


class Outbox:
    """Sends what was promised; one drain at a time per conversation (the engine sees to that)."""

    def __init__(
        self,
        house: House,
        chats: Mapping[str, Chat],
        card: Callable[[Dispatch], Post],
        later: Callable[[str, datetime], None],
        returned: Returned,
        topics: Topics,
    ) -> None:
        self._house = house
        self._chats = chats
        self._card = card
        self._later = later  # (conversation, when): look again then
        self._returned = returned
        self._topics = topics
        self._edited_at: dict[str, datetime] = {}

    async def drain(self, conversation_id: str) -> None:
        """Send every unsent part of the conversation, then redraw its cards; returns early while on hold."""
        async with self._house.store.transaction() as unit:
            sending = await self._next(unit, conversation_id)
        while sending is not None:
            try:
                sending = await self._deliver(sending)
            except ChatError as error:
                if not await self._failed(sending, error):
                    return
                async with self._house.store.transaction() as unit:
                    sending = await self._next(unit, conversation_id)
        await self._draw_cards(conversation_id)

    async def _next(self, unit: Unit, conversation_id: str) -> _Sending | None:
        """What is to be sent now, its try counted."""
        conversation = await unit.get(Conversation, conversation_id)
        rows = await unit.find(OutboxRow, conversation=conversation_id, state=OutboxState.PENDING, limit=1)
        if conversation is None or not rows:
            return None
        if conversation.hold_until and conversation.hold_until > self._house.now():
            self._later(conversation.id, conversation.hold_until)
            return None
        chat = self._chats.get(conversation.chat)
        if chat is None:
            _log.warning("post.no_chat", conversation=conversation.id, chat=conversation.chat)
            return None
        if await self._is_stale(unit, rows[0]):
            await unit.change(rows[0], state=OutboxState.DROPPED)
            return await self._next(unit, conversation_id)
        sending = _Sending(conversation, chat, rows[0])
        if await self._topics.wanted(unit, conversation, rows[0]):
            return replace(sending, opens=True)
        return await self._counted(unit, sending)

    async def _counted(self, unit: Unit, sending: _Sending) -> _Sending:
        """With the first unsent part; all are rendered before the first try, so a restart sends the same."""
        row = sending.row
        if row.edits is not None:
            return sending
        parts = await unit.find(PartRow, outbox=row.id)
        if not parts:
            parts = await self._rendered(unit, sending)
            await unit.add(*parts)
            return replace(sending, part=parts[0], last=len(parts) == 1)
        unsent = [part for part in parts if part.message_id is None]
        if unsent[0].tries and not sending.chat.abilities.lookup:
            await unit.next_number(SENT_AGAIN)
        part = await unit.change(unsent[0], tries=unsent[0].tries + 1)
        return replace(sending, part=part, last=len(unsent) == 1)

    async def _rendered(self, unit: Unit, sending: _Sending) -> list[PartRow]:
        row = sending.row
        content = await self._content(unit, row)
        called = await mentions.account(unit, self._house, sending.conversation, row)
        content = replace(content, mention=called)
        return [
            PartRow(outbox=row.id, n=n, key=f"{row.id}.{n}", part=part, tries=1 if n == 0 else 0)
            for n, part in enumerate(sending.chat.parts(content))
        ]

    async def _deliver(self, sending: _Sending) -> _Sending | None:
        """Send it, note that, and say what is next."""
        if sending.opens:
            return await self._open_topic(sending)
        where, row, part = sending.conversation, sending.row, sending.part
        if part is None:
            await self._send_edit(sending)
            async with self._house.store.transaction() as unit:
                await unit.change(row, state=OutboxState.SENT)
                return await self._next(unit, where.id)
        crash_point(Point.BEFORE_SEND)
        message_id = await sending.chat.send(where.address, part.part, part.key, part.tries > 1)
        crash_point(Point.AFTER_SEND)
        async with self._house.store.transaction() as unit:
            await unit.change(part, message_id=message_id, sent_at=self._house.now())
            if sending.last:
                await unit.change(row, state=OutboxState.SENT)
            if where.lost:
                await unit.change(where, lost=False, lost_why="")
            following = await self._next(unit, where.id)
        crash_point(Point.AFTER_MARK)
        return following

    async def _open_topic(self, sending: _Sending) -> _Sending | None:
        """Where none may be opened, the row is sent as every other, and nobody asks again."""
        opened = await self._topics.open(sending.conversation, sending.row)
        async with self._house.store.transaction() as unit:
            if opened:
                return await self._next(unit, sending.conversation.id)
            return await self._counted(unit, replace(sending, opens=False))

    async def _is_stale(self, unit: Unit, row: OutboxRow) -> bool:
        age = self._house.now() - row.created_at
        if age < STALE_AFTER or row.kind in (PostKind.RESULT, PostKind.REPLY):
            return False
        if row.kind is PostKind.QUESTION and row.question:
            question = await unit.get(Question, row.question)
            return row.edits is None and question is not None and question.state is not QuestionState.OPEN
        if row.kind is PostKind.CARD and row.dispatch:
            dispatch = await unit.get(Dispatch, row.dispatch)
            return dispatch is None or dispatch.status not in LIVE
        return True

    async def _content(self, unit: Unit, row: OutboxRow) -> Post:
        if row.kind is PostKind.CARD and row.dispatch:
            dispatch = await unit.get(Dispatch, row.dispatch, lock=True)
            if dispatch is not None and dispatch.conversation == row.conversation:
                await unit.change(dispatch, drawn=dispatch.revision)
                return replace(self._card(dispatch), buttons=row.post.buttons)
        age = self._house.now() - row.created_at
        return with_age(row.post, age) if age >= STALE_AFTER else row.post

    async def _send_edit(self, sending: _Sending) -> None:
        if sending.chat.abilities.edit:
            async with self._house.store.reading() as unit:
                sent = await unit.find(PartRow, outbox=sending.row.edits)
            parts = sending.chat.parts(replace(sending.row.post, mention=None))
            await self._edit_parts(sending.conversation, sending.chat, sent, parts)

    async def _edit_parts(
        self, conversation: Conversation, chat: Chat, sent: Sequence[PartRow], parts: Sequence[Part]
    ) -> None:
        for old, new in zip(sent, parts, strict=False):
            if old.message_id is not None:
                await chat.edit(conversation.address, old.message_id, new)

    async def _failed(self, sending: _Sending, error: ChatError) -> bool:
        """True when the next row may follow."""
        conversation, row = sending.conversation, sending.row
        _log.warning("post.failed", conversation=conversation.id, outbox=row.id, error=str(error))
        try:
            if error.is_final:
                await self._returned(conversation, row, error)
                return True
        except ChatError as later:
            error = later
        untried = None if error.ambiguous else sending.part
        await self._hold(conversation.id, error.retry_after_s or RETRY_AFTER_S, untried)
        return False

    async def _hold(self, conversation_id: str, seconds: float, untried: PartRow | None = None) -> None:
        """``untried``: what surely did not arrive, so that its next try is its first."""
        until = self._house.now() + timedelta(seconds=seconds)
        async with self._house.store.transaction() as unit:
            if untried is not None:
                await unit.change(untried, tries=untried.tries - 1)
            conversation = await unit.get(Conversation, conversation_id, lock=True)
            if conversation is not None:
                await unit.change(conversation, hold_until=until)
        self._later(conversation_id, until)

    async def _draw_cards(self, conversation_id: str) -> None:
        async with self._house.store.reading() as unit:
            conversation = await unit.get(Conversation, conversation_id)
            dirty = await unit.dirty_cards(conversation_id)
        if conversation is None or (chat := self._chats.get(conversation.chat)) is None:
            return
        if dirty and conversation.hold_until and conversation.hold_until > self._house.now():
            self._later(conversation.id, conversation.hold_until)
            return
        for dispatch_id in dirty:
            await self._draw_card(conversation, chat, dispatch_id)

    async def _draw_card(self, conversation: Conversation, chat: Chat, dispatch_id: str) -> None:
        async with self._house.store.reading() as unit:
            dispatch = await unit.get(Dispatch, dispatch_id)
            sent = await unit.find(PartRow, outbox=dispatch.card) if dispatch and dispatch.card else []
            card = await unit.get(OutboxRow, dispatch.card) if dispatch and dispatch.card else None
        if dispatch is None or card is None or not sent or sent[0].message_id is None:
            return
        next_at = self._next_edit(dispatch.id, chat.abilities.edit_every_s)
        if next_at > self._house.now():
            self._later(conversation.id, next_at)
            return
        content = self._card(dispatch)
        if dispatch.status in LIVE:
            content = replace(content, buttons=card.post.buttons)
        try:
            if chat.abilities.edit:
                await self._edit_parts(conversation, chat, sent, chat.parts(content))
        except ChatError as error:
            _log.warning("card.failed", dispatch=dispatch.id, error=str(error))
            if not error.is_final:
                await self._hold(conversation.id, error.retry_after_s or RETRY_AFTER_S)
                return
        self._edited_at[dispatch.id] = self._house.now()
        await self._drawn(dispatch)

    def _next_edit(self, dispatch: str, every_s: float) -> datetime:
        last = self._edited_at.get(dispatch)
        return self._house.now() if last is None else last + timedelta(seconds=every_s)

    async def _drawn(self, seen: Dispatch) -> None:
        async with self._house.store.transaction() as unit:
            dispatch = await unit.get(Dispatch, seen.id, lock=True)
            if dispatch is None or dispatch.drawn >= seen.revision:
                return
            drawn = await unit.change(dispatch, drawn=seen.revision)
            if drawn.revision > drawn.drawn:  # it changed while we drew: the last state is always drawn
                await unit.enqueue(
                    post_item(dispatch.conversation, f"card:{dispatch.id}:{drawn.revision}", 1)
                )
