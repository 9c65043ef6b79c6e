"""Where everything comes in: nothing is acknowledged before it is committed, and nothing counts twice.

Messages that wait are committed together: the first waiter takes the lock and up to ``GROUP`` of the others
with it, so that a burst costs one transaction and not one each; when more wait, each person's in turn.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import structlog

from bot import (
    composing,
    dashboard,
    immediate,
    listings,
    pairing,
    people,
    policy,
    presses,
    rates,
    reactions,
    reports,
    retrying,
)
from bot.addresses import add_conversation, find_conversation
from bot.crash import Point, crash_point
from bot.errors import FrontdeskError, StoreError
from bot.house import House
from bot.model.acts import Act
from bot.model.conversations import (
    Address,
    Conversation,
    Deleted,
    Edited,
    Inbound,
    Message,
    MessageState,
    Opened,
    Origin,
    Outcome,
    Pressed,
    Reacted,
    Receipt,
    Stopped,
    Submitted,
    Summoned,
    Wrote,
)
from bot.model.log import Arrival, Refusal
from bot.model.people import Identity, Person
from bot.model.posts import Post, PostKind
from bot.model.work_items import Kind, WorkItem
from bot.outbox import post
from bot.ports import Unit

_log = structlog.get_logger("inbox")

GROUP: Final = 50
LATE_AFTER: Final = timedelta(minutes=10)
"""What was written longer ago, while nobody was here, is asked about before it is worked on."""

_TOO_MUCH: Final = Receipt(Outcome.REFUSED, too_much=True)

MAX_CHARS: Final = 100_000
"""Of one message's text; the rest is cut, and the text says so."""


@dataclass(slots=True)
class _Waiting:
    inbound: Inbound
    receipt: asyncio.Future[Receipt]


class Inbox:
    def __init__(self, house: House) -> None:
        self._house = house
        self._waiting: list[_Waiting] = []
        self._turn = asyncio.Lock()
        self._throttle = rates.Throttle(house)

    async def receive(self, inbound: Inbound) -> Receipt:
        """Keep the event; returns after the commit, raises StoreError when nothing was kept."""
        if self._throttle.hold_back(inbound) and not _takes_effect_at_once(inbound):
            return _TOO_MUCH
        mine = _Waiting(inbound, asyncio.get_running_loop().create_future())
        mine.receipt.add_done_callback(_seen)
        self._waiting.append(mine)
        try:
            async with self._turn:
                while not mine.receipt.done():
                    await self._commit_group()
        except asyncio.CancelledError:
            if mine in self._waiting:
                self._waiting.remove(mine)
            raise
        return await mine.receipt

    async def _commit_group(self) -> None:
        if len(self._waiting) > GROUP:
            self._waiting = _fairly(self._waiting)
        group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
        try:
            receipts = await self._commit(group)
        except FrontdeskError as error:
            if len(group) == 1:
                _fail(group[0], error)
                return
            for one in group:  # one bad event must not take the others with it
                await self._commit_alone(one)
            return
        except BaseException:  # the first waiter was cancelled: the others cannot know and try again
            for one in group:
                _fail(one, StoreError("Nothing is known of the commit; the same event may be sent again."))
            raise
        crash_point(Point.AFTER_INSERT)
        for one, receipt in zip(group, receipts, strict=True):
            if receipt.too_much:
                self._throttle.note(one.inbound)
            if not one.receipt.done():
                one.receipt.set_result(receipt)
        self._house.live.wake_all()

    async def _commit_alone(self, one: _Waiting) -> None:
        try:
            (receipt,) = await self._commit([one])
        except FrontdeskError as error:
            _fail(one, error)
        else:
            one.receipt.set_result(receipt)

    async def _commit(self, group: list[_Waiting]) -> list[Receipt]:
        """Tried again when another process, or a run, was first; else the platform delivers it again."""

        async def attempt() -> list[Receipt]:
            async with self._house.store.transaction(urgent=True) as unit:
                return [await accept(unit, self._house, one.inbound) for one in group]

        return await retrying.on_conflict(attempt)


def _takes_effect_at_once(inbound: Inbound) -> bool:
    return isinstance(inbound, Wrote) and immediate.parse(inbound.text) is not None


def _fairly(waiting: list[_Waiting]) -> list[_Waiting]:
    """Everybody's first, then everybody's second: nobody stands behind another person's flood.

    Within a conversation all stay in the order in which they came.
    """
    of_person: Counter[Identity] = Counter()
    in_conversation: dict[Address, int] = {}
    rounds: list[int] = []
    for one in waiting:
        person, where = one.inbound.identity, one.inbound.where
        rounds.append(max(of_person[person], in_conversation.get(where, 0)))
        of_person[person] += 1
        in_conversation[where] = rounds[-1]
    return [waiting[n] for n in sorted(range(len(waiting)), key=rounds.__getitem__)]


def _seen(receipt: asyncio.Future[Receipt]) -> None:
    """An adapter that was cancelled asks no more: its failure needs no complaint in the log."""
    if not receipt.cancelled():
        receipt.exception()


def _fail(one: _Waiting, error: FrontdeskError) -> None:
    if not one.receipt.done():
        one.receipt.set_exception(error)


async def accept(unit: Unit, house: House, inbound: Inbound) -> Receipt:
    """One event, inside a transaction: who is it, is it new, may they, and what follows at once."""
    person = await people.by_account(unit, house.settings, inbound.identity)
    if person is None or policy.authorize(house.settings, person, Act.TALK):
        return await _refuse_stranger(unit, house, inbound)
    if await unit.get(Arrival, inbound.key) is not None:
        return Receipt(Outcome.DUPLICATE)
    if isinstance(inbound, Reacted):
        return await reactions.react(unit, house, person, inbound)
    conversation = await _conversation(unit, house, person, inbound)
    if conversation is None:
        return _nowhere(inbound)
    await unit.add(Arrival(inbound.key, conversation.id, house.now()))
    match inbound:
        case Wrote():
            return await _wrote(unit, house, conversation, person, inbound)
        case Edited():
            return await _edited(unit, house, conversation, person, inbound)
        case Deleted(of=of):
            return await _deleted(unit, house, person, of)
        case Pressed(token=token):
            return _receipt(await presses.press(unit, house, conversation, person, token))
        case Submitted(token=token, values=values):
            pressing = await presses.press(unit, house, conversation, person, token, values)
            if pressing.wrote is not None:
                return await _composed(unit, house, person, pressing.wrote)
            return _receipt(pressing)
        case Summoned():
            return await composing.open_form(unit, house, conversation, person, inbound)
        case Stopped():
            words = Wrote(inbound.identity, inbound.where, inbound.key, "stop", inbound.sender)
            return await _wrote(unit, house, conversation, person, words)
        case Opened(page=True):
            await dashboard.opened(unit, house, inbound.identity, conversation, person)
            return Receipt(Outcome.ACCEPTED)
        case Opened():
            usable = policy.usable(house.settings, person, conversation.address)
            return Receipt(Outcome.ACCEPTED, examples=listings.examples(usable[1:]))
        case _:
            return Receipt(Outcome.IGNORED)


async def _composed(unit: Unit, house: House, person: Person, wrote: Wrote) -> Receipt:
    """Nothing of it stands in the conversation yet, so that is posted for those who read there."""
    conversation = await _conversation(unit, house, person, wrote)
    assert conversation is not None  # noqa: S101  words open one
    content = Post(composing.said(person, wrote), silent=True)
    await post(unit, house, conversation.id, content, PostKind.REPLY)
    conversation = await unit.get(Conversation, conversation.id, lock=True) or conversation
    return await _wrote(unit, house, conversation, person, wrote)


def _nowhere(inbound: Inbound) -> Receipt:
    if isinstance(inbound, Pressed | Submitted):
        return Receipt(Outcome.REFUSED, presses.UNKNOWN)
    return Receipt(Outcome.IGNORED)


def _receipt(pressing: presses.Pressing) -> Receipt:
    if pressing.form is not None:
        return Receipt(Outcome.OPEN_FORM, form=pressing.form)
    return Receipt(Outcome.ACCEPTED if pressing.accepted else Outcome.REFUSED, pressing.text)


async def _conversation(unit: Unit, house: House, person: Person, inbound: Inbound) -> Conversation | None:
    """Words open one, and one's own page; nothing else tells whether others read there."""
    where = inbound.where
    found = await find_conversation(unit, where)
    if found is not None:
        return await unit.get(Conversation, found.id, lock=True) or found
    if isinstance(inbound, Opened | Summoned):
        return await add_conversation(unit, house, where, person=person.id)
    if not isinstance(inbound, Wrote) or not inbound.opens:
        return None
    owner = person.id if inbound.direct else None
    return await add_conversation(unit, house, where, direct=inbound.direct, person=owner)


async def _wrote(
    unit: Unit, house: House, conversation: Conversation, person: Person, inbound: Wrote
) -> Receipt:
    conversation = await unit.change(conversation, last_seq=conversation.last_seq + 1)
    message = _message(house, conversation, person, inbound)
    command = immediate.parse(message.text) if message.addressed else None
    if command is not None and message.origin is Origin.PERSON:
        message = replace(message, state=MessageState.DONE)
        await unit.add(message)
        conversation, words = await immediate.obey(unit, house, conversation, message, person, command)
        if words:
            await post(unit, house, conversation.id, Post(words), PostKind.REPLY)
        return Receipt(Outcome.ACCEPTED, message=message.id)
    if too_much := await rates.of_messages(unit, house, person):
        words = await rates.said_once(unit, house, person, conversation, too_much)
        if words:
            await post(unit, house, conversation.id, Post(words), PostKind.REPLY)
        return _TOO_MUCH
    await unit.add(message)
    await unit.enqueue(turn_item(message))
    return Receipt(Outcome.ACCEPTED, message=message.id)


def turn_item(message: Message) -> WorkItem:
    key = f"turn:{message.platform_key}"
    return WorkItem(Kind.TURN, key, message.id, message.conversation, message.seq)


def _message(house: House, conversation: Conversation, person: Person, inbound: Wrote) -> Message:
    return Message(
        id=house.new_id(),
        conversation=conversation.id,
        seq=conversation.last_seq,
        platform_key=inbound.key,
        person=person.id,
        sender=inbound.sender,
        text=clean(inbound.text),
        received_at=house.now(),
        reply_to=inbound.reply_to,
        origin=Origin.UNTRUSTED if inbound.forwarded else Origin.PERSON,
        addressed=inbound.addressed or inbound.direct,
        files=inbound.files,
        quoted=clean(inbound.quoted),
        late=inbound.sent_at is not None and house.now() - inbound.sent_at > LATE_AFTER,
    )


def clean(text: str) -> str:
    """NUL cannot be stored, lone surrogates cannot be sent; everything else is the person's own."""
    text = text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    if len(text) <= MAX_CHARS:
        return text
    return text[:MAX_CHARS] + f"\n[cut here: the message had {len(text)} characters]"


async def _edited(
    unit: Unit, house: House, conversation: Conversation, person: Person, inbound: Edited
) -> Receipt:
    """A message that still waits is simply changed; a finished one is followed by its correction."""
    found = await unit.find(Message, platform_key=inbound.of)
    if not found or not _may_correct(house, person, found[0]):
        return Receipt(Outcome.IGNORED)
    if found[0].state is MessageState.WAITING and found[0].decision is None:
        await unit.change(found[0], text=clean(inbound.text))
        return Receipt(Outcome.ACCEPTED, message=found[0].id)
    text = f"I corrected what I wrote before; it now says: {inbound.text}"
    words = Wrote(inbound.identity, inbound.where, inbound.key, text, inbound.sender)
    return await _wrote(unit, house, conversation, person, words)


def _may_correct(house: House, person: Person, message: Message) -> bool:
    return policy.authorize(house.settings, person, Act.CORRECT, policy.Object(owner=message.person)) is None


async def _deleted(unit: Unit, house: House, person: Person, of: str) -> Receipt:
    found = await unit.find(Message, platform_key=of)
    if not found or not _may_correct(house, person, found[0]):
        return Receipt(Outcome.IGNORED)
    if found[0].state is MessageState.WAITING and found[0].decision is None:
        await unit.change(found[0], state=MessageState.VOID)
    return Receipt(Outcome.ACCEPTED)


async def _refuse_stranger(unit: Unit, house: House, inbound: Inbound) -> Receipt:
    """Nothing of a stranger is kept but that they were told, or the code they were given."""
    words = reports.STRANGER.format(account=_account(inbound.identity))
    if not isinstance(inbound, Wrote):
        return Receipt(Outcome.REFUSED, words)
    if not inbound.opens or not (inbound.addressed or inbound.direct):
        return Receipt(Outcome.IGNORED)
    if _may_pair(house, inbound):
        return await _pair_stranger(unit, house, inbound, words)
    return await _refuse_once(unit, house, inbound, words)


def _may_pair(house: House, inbound: Wrote) -> bool:
    """In private, where accounts are the platform's; a terminal's are whatever somebody types. Where others
    read only who belongs to us by the platform's own word."""
    chat = inbound.where.chat
    table = house.settings.chats.get(chat)
    pairs = chat not in house.local_chats and (table is None or table.pairing)
    return pairs and (inbound.direct or inbound.member) and not inbound.outsider


async def _pair_stranger(unit: Unit, house: House, inbound: Wrote, words: str) -> Receipt:
    if await pairing.has_asked(unit, house, inbound.identity):
        return Receipt(Outcome.REFUSED)
    conversation = await _conversation_of_stranger(unit, house, inbound)
    if await pairing.accept(unit, house, inbound, conversation):
        await unit.add(Arrival(inbound.key, conversation.id, house.now()))
        return Receipt(Outcome.ACCEPTED)
    if (row := await pairing.ask(unit, house, inbound.identity, conversation)) is None:
        return await _refuse_once(unit, house, inbound, words)
    words = await pairing.words(unit, row, direct=inbound.direct)
    await post(unit, house, conversation.id, Post(words), PostKind.REPLY)
    return Receipt(Outcome.REFUSED)


async def _refuse_once(unit: Unit, house: House, inbound: Wrote, words: str) -> Receipt:
    """Once a day in private and once in each channel, however many threads they begin."""
    identity, where = inbound.identity, inbound.where
    place = "private" if inbound.direct else f"{where.account}:{where.key.partition('/')[0]}"
    id = f"{identity.chat}:{identity.account}:{place}:{house.now():%Y-%m-%d}"
    if await unit.get(Refusal, id) is not None:
        return Receipt(Outcome.REFUSED)
    await unit.add(Refusal(id, house.now()))
    conversation = await _conversation_of_stranger(unit, house, inbound)
    await post(unit, house, conversation.id, Post(words), PostKind.REPLY)
    _log.info("stranger.refused", chat=identity.chat, account=identity.account)
    return Receipt(Outcome.REFUSED)


async def _conversation_of_stranger(unit: Unit, house: House, inbound: Wrote) -> Conversation:
    found = await find_conversation(unit, inbound.where)
    return found or await add_conversation(unit, house, inbound.where, direct=inbound.direct)


def _account(identity: Identity) -> str:
    return f'{identity.chat} = "{identity.account}"'
