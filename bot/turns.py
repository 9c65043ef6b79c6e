"""One message's turn: decide once, keep the decision, then apply it in one transaction with all that follows.

Whatever goes wrong, the turn ends: a conversation is never blocked by one message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final
from weakref import WeakValueDictionary

import structlog
from pydantic import TypeAdapter

from bot import actions, offers, people, reports, rules
from bot.attachments import Attachments
from bot.brief import Brief, Line
from bot.briefs import brief_of
from bot.crash import Point, crash_point
from bot.errors import AttachmentError, Conflict, HearingError, SecretaryError, StoreError
from bot.hearing import Hearing
from bot.house import House
from bot.joining import Joining
from bot.ledger import charge
from bot.model.conversations import Conversation, FileRef, Message, MessageState
from bot.model.decisions import Decision, Written
from bot.model.dispatches import Billing
from bot.model.log import LedgerRow, Tokens
from bot.model.people import Person
from bot.model.posts import OutboxRow, OutboxState, PartRow, Post, PostKind
from bot.outbox import post
from bot.ports import Unit
from bot.replying import reply

_log = structlog.get_logger("turn")

STORE_TRIES: Final = 60
"""Once a second: how long a turn waits for the database."""

SECRETARY: Final = "secretary"

Decide = Callable[[Brief], Awaitable[Decision]]
Summarise = Callable[[Sequence[Line], str], Awaitable[Written]]
"""(what was said since, the summary so far) → the new summary."""

SUMMARISE_EVERY: Final = 20
"""Messages after which the older ones go into the summary; the last few stay as they were."""
KEPT: Final = 12


AT_ONCE: Final = 2
"""Turns of one person that are worked on at the same time: a flood of theirs leaves room for the others."""

LOOK_UPS: Final = 50
LOOK_UP_EVERY_S: Final = 0.2
"""Ten seconds; a platform that does not answer for longer leaves it to the secretary to understand."""


class Turns:
    def __init__(
        self,
        house: House,
        decide: Decide,
        summarise: Summarise | None = None,
        hearing: Hearing | None = None,
        joining: Joining | None = None,
        attachments: Attachments | None = None,
    ) -> None:
        self._house = house
        self._decide = decide
        self._summarise = summarise  # None: nobody needs a memory of what was said long ago
        self._joining = joining  # None: nobody looks at what was said before we were asked
        self._hearing = hearing  # None: no chat of this house hands over voice notes
        self._attachments = attachments  # None: nor any other file
        self._lines: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def take(self, message_id: str) -> None:
        """The body of the turn workflow: safe to call again at any time, for any message."""
        try:
            await self._take_patiently(message_id)
        except StoreError:
            raise  # nothing was committed; the sweep comes back to it
        except Exception:  # noqa: BLE001  a turn must end, and the person must hear of it
            error_id = self._house.new_id()[:8]
            _log.exception("turn.failed", message=message_id, error=error_id)
            words = reports.UNDELIVERABLE_TURN.format(id=error_id)
            await give_up(self._house, message_id, words)

    async def _take_patiently(self, message_id: str) -> None:
        """Outlast a database that is away: a turn that gave up would be overtaken by the next one."""
        for left in range(STORE_TRIES, -1, -1):
            try:
                await self._take(message_id)
            except (StoreError, Conflict):
                if left == 0:
                    raise
                await asyncio.sleep(1.0)
            else:
                return

    async def _take(self, message_id: str) -> None:
        message, brief = await self._look(message_id)
        if message is None:
            return
        line = self._lines.setdefault(message.person or "", asyncio.Semaphore(AT_ONCE))
        waits = line.locked()
        async with line:
            if waits:  # the world went on
                message, brief = await self._look(message_id)
            while message and message.state is MessageState.WAITING and not await self._taken(message, brief):
                message, brief = await self._look(message_id)

    async def _taken(self, message: Message, brief: Brief | None) -> bool:
        """False when the message was edited meanwhile, or has words, or a history, only now."""
        if brief is None:
            await give_up(self._house, message.id, reports.REMOVED.format(person=message.sender))
            return True
        if self._hearing and (note := self._hearing.due(brief)):
            await self._hear(self._hearing, message, note)
            return False
        if self._joining and await self._joining.read(message):
            return False
        decision = await self._decision(message, brief)
        files = self._attachments.due(brief, decision) if self._attachments and decision else ()
        if self._attachments and files and not await self._fetched(self._attachments, message, files):
            return True
        if decision is None or not await self._applied(message, brief.person, decision):
            return False
        crash_point(Point.AFTER_APPLY)
        await self._remember(message)
        return True

    async def _hear(self, hearing: Hearing, message: Message, note: FileRef) -> None:
        """Its words become the message's, for its person to confirm; or its turn ends."""
        try:
            await hearing.hear(message, note)
        except HearingError as error:
            await give_up(self._house, message.id, str(error))

    async def _fetched(self, attachments: Attachments, message: Message, files: tuple[FileRef, ...]) -> bool:
        """False when its turn ended, because they could not be had."""
        try:
            await attachments.fetch(message, files)
        except AttachmentError as error:
            await give_up(self._house, message.id, str(error))
            return False
        return True

    async def _applied(self, seen: Message, person: Person, decision: Decision) -> bool:
        """False when the message was edited meanwhile."""
        async with self._house.store.transaction() as unit:
            message = await unit.get(Message, seen.id, lock=True)
            if message is None or message.state is not MessageState.WAITING:
                return True
            if message.decision is None and message.text != seen.text:
                return False
            await self._apply(unit, message, person, decision)
            return True

    async def _look(self, message_id: str) -> tuple[Message | None, Brief | None]:
        """The message and what is known around it.

        A crash can cut off the sending of a post that people see and reply to; it is looked up soon.
        """
        looks = 0
        while True:
            async with self._house.store.reading() as unit:
                message = await unit.get(Message, message_id)
                if message is None:
                    return None, None
                if looks == LOOK_UPS or not await _replies_to_unknown(unit, message):
                    return message, await brief_of(unit, self._house, message)
            looks += 1
            await asyncio.sleep(LOOK_UP_EVERY_S)

    async def _remember(self, message: Message) -> None:
        """Fold what is about to leave the brief into the conversation's summary."""
        if self._summarise is None:
            return
        async with self._house.store.reading() as unit:
            conversation = await unit.get(Conversation, message.conversation)
            if conversation is None or message.seq - conversation.summary_upto < SUMMARISE_EVERY + KEPT:
                return
            upto = message.seq - KEPT
            said = await unit.find(
                Message,
                conversation=conversation.id,
                seq=tuple(range(conversation.summary_upto + 1, upto + 1)),
            )
        summary = await self._summarise(said, conversation.summary)
        async with self._house.store.transaction() as unit:
            current = await unit.get(Conversation, conversation.id, lock=True)
            if current is None or current.summary_upto >= upto:
                return
            await unit.change(current, summary=summary.text, summary_upto=upto)
            if summary.cost_usd != 0:
                await self._charge(unit, message, summary.cost_usd, summary.by, summary.tokens)

    async def _decision(self, message: Message, brief: Brief) -> Decision | None:
        """The stored decision, else a new one; what was paid for is stored before anything follows from it.

        What cost nothing is stored together with what follows. None when the message was edited meanwhile:
        it is decided again, by what it says now.
        """
        if message.decision is not None:
            return load(message.decision)
        decision = await propose(brief, self._asked, self._house.redact)
        return decision if _is_free(decision) else await self._kept(message, decision)

    async def _asked(self, brief: Brief) -> Decision:
        with self._house.meter.span("decide", message=brief.message.id):
            return await self._decide(brief)

    async def _kept(self, message: Message, decision: Decision) -> Decision | None:
        async with self._house.store.transaction() as unit:
            current = await unit.get(Message, message.id, lock=True)
            if current is None or current.decision is not None:
                return load(current.decision) if current and current.decision else decision
            await self._charge(unit, message, decision.cost_usd, decision.by, decision.tokens)
            if current.text != message.text:
                return None
            await unit.change(current, decision=dump(decision), cost_usd=decision.cost_usd)
        crash_point(Point.AFTER_MODEL)
        return decision

    async def _charge(
        self, unit: Unit, message: Message, cost_usd: float | None, model: str, tokens: Tokens | None
    ) -> None:
        row = LedgerRow(
            id=self._house.new_id(),
            at=self._house.now(),
            person=message.person or "",
            project=SECRETARY,
            object=message.id,
            usd=cost_usd,
            billing=Billing.ESTIMATED,
            model=model,
            conversation=message.conversation,
            input_tokens=tokens.input if tokens else None,
            cached_tokens=tokens.cached if tokens else None,
            output_tokens=tokens.output if tokens else None,
        )
        await charge(unit, self._house, row)

    async def _apply(self, unit: Unit, message: Message, person: Person, decision: Decision) -> None:
        conversation = await unit.get(Conversation, message.conversation, lock=True)
        if conversation is None:
            return
        if message.seq < conversation.void_before:
            await unit.change(message, state=MessageState.VOID)
            await post(unit, self._house, conversation.id, Post(reports.NOT_STARTED), PostKind.REPLY)
            return
        now = await people.known(unit, self._house.settings, person.id)
        if now is None:  # removed while somebody thought about it
            await unit.change(message, state=MessageState.DONE)
            await self._say(unit, conversation, reports.REMOVED.format(person=person.name))
            return
        await reply(unit, self._house, conversation, message, decision)
        outcomes = [
            await actions.apply(unit, self._house, conversation, message, now, action)
            for action in decision.actions
        ]
        await self._say(unit, conversation, *outcomes)
        kept = message.decision or dump(decision)
        cost_usd = decision.cost_usd if message.decision is None else message.cost_usd
        await unit.change(message, state=MessageState.DONE, decision=kept, cost_usd=cost_usd)

    async def _say(self, unit: Unit, conversation: Conversation, *words: str) -> None:
        if text := "\n\n".join(part for part in words if part):
            await post(unit, self._house, conversation.id, Post(text), PostKind.REPLY)


async def propose(brief: Brief, decide: Decide, redact: Callable[[str], str] = str) -> Decision:
    """What is to happen with the message: by what it plainly is, else by ``decide``, else by rules."""
    if brief.message.own:  # it was decided once, and a specialist was too much
        decision = None
    else:
        decision = offers.still_wanted(brief) if brief.message.late else rules.shortcut(brief)
    if decision is not None:
        return decision
    try:
        return await decide(brief)
    except SecretaryError as error:
        return replace(rules.decide(brief), note=redact(str(error)))


def _is_free(decision: Decision) -> bool:
    """No model was asked."""
    return decision.by == "rules" and decision.cost_usd == 0


async def _replies_to_unknown(unit: Unit, message: Message) -> bool:
    """Whether it answers a message that is not known here while a post may have arrived unnoticed."""
    if message.reply_to is None or await unit.posted(message.conversation, message.reply_to):
        return False
    sending = await unit.find(
        OutboxRow, conversation=message.conversation, state=OutboxState.PENDING, limit=1
    )
    parts = await unit.find(PartRow, outbox=sending[0].id) if sending else []
    return any(part.tries > 0 and part.message_id is None for part in parts)


async def give_up(house: House, message_id: str, words: str) -> None:
    """End a turn that cannot be taken, and say so in its conversation."""
    async with house.store.transaction() as unit:
        message = await unit.get(Message, message_id, lock=True)
        if message is None or message.state is not MessageState.WAITING:
            return
        await unit.change(message, state=MessageState.DONE)
        await post(unit, house, message.conversation, Post(words), PostKind.REPLY)


_DECISION: Final = TypeAdapter(Decision)


def dump(decision: Decision) -> str:
    """As the message keeps it."""
    return _DECISION.dump_json(decision).decode()


def load(text: str) -> Decision:
    return _DECISION.validate_json(text)
