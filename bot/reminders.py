"""One reminder for an open question, where its person is: in their ``notify`` chat, else where it was asked.

due ─▶ quiet hours? ─▶ wait          anew, with buttons of its own ─▶ arrived in time?
 └───▶ in the notify chat? ─▶ yes ─▶ ┘                                  └ no ─▶ where it was asked
                            └ no ──────────────────────────────────────────────▶ ┘
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import structlog

from bot import people, policy, questions, reports
from bot.house import House
from bot.lifecycle import reread
from bot.model.conversations import Address, Conversation
from bot.model.dispatches import Dispatch
from bot.model.posts import OutboxRow, OutboxState
from bot.model.questions import Question, QuestionState
from bot.ports import Chat, Unit
from bot.whereabouts import Whereabouts, is_private

_log = structlog.get_logger("reminders")

QUIET_STEP: Final = timedelta(minutes=15)
"""A reminder that falls into somebody's quiet hours is looked at again after this."""

ARRIVES_WITHIN: Final = timedelta(minutes=5)
"""A reminder that the other chat has not taken by then is given in the question's own conversation too."""


class Reminders:
    def __init__(self, house: House, chats: Mapping[str, Chat]) -> None:
        """Without ``chats`` this process does not talk with people, and leaves it to those that do."""
        self._house = house
        self._chats = chats
        self._whereabouts = Whereabouts(house, chats)

    async def remind(self, question_id: str) -> None:
        """Once, by whichever process comes first; the platform is asked before the transaction begins."""
        if not self._chats:
            return
        async with self._house.store.reading() as unit:
            item = await unit.get(Question, question_id)
            dispatch = await unit.get(Dispatch, item.dispatch) if item else None
        if item is None or dispatch is None or not self._is_due(item):
            return
        there = None if item.also_in else await self._where(item, dispatch)
        async with self._house.store.transaction() as unit:
            dispatch = await reread(unit, dispatch.id)
            item = await unit.get(Question, item.id, lock=True) or item
            if self._is_due(item):
                await self._remind(unit, item, dispatch, there)

    def _is_due(self, item: Question) -> bool:
        due = item.remind_at is not None and item.remind_at <= self._house.now()
        return due and item.state is QuestionState.OPEN

    async def _remind(self, unit: Unit, item: Question, dispatch: Dispatch, there: Address | None) -> None:
        now = self._house.now()
        if await people.is_quiet(unit, self._house.settings, dispatch.person, now):
            await unit.change(item, remind_at=now + QUIET_STEP)
        elif item.also_in:
            await self._make_sure(unit, item, dispatch)
        elif there and (private := await self._whereabouts.open(unit, there, dispatch.person)):
            await self._remind_in(unit, private, item, dispatch)
        else:
            await questions.remind(unit, self._house, item, dispatch)

    async def _remind_in(self, unit: Unit, place: Conversation, item: Question, dispatch: Dispatch) -> None:
        """Anew, with buttons of its own."""
        now = self._house.now()
        head = f"{reports.still_open(item, now)}."
        row = await questions.announce(unit, self._house, item, dispatch, where=place.id, head=head)
        arrived = row.state is OutboxState.SENT
        await unit.change(item, also_in=place.id, remind_at=None if arrived else now + ARRIVES_WITHIN)
        _log.info("reminder.posted", question=item.id, person=dispatch.person, chat=place.chat)

    async def _make_sure(self, unit: Unit, item: Question, dispatch: Dispatch) -> None:
        """The other chat has taken it by now, or it is given where the question was asked."""
        posts = await unit.find(OutboxRow, question=item.id, conversation=item.also_in, edits=None)
        if posts and posts[-1].state is OutboxState.SENT:
            await unit.change(item, remind_at=None)
            return
        _log.warning("reminder.not_delivered", question=item.id, person=dispatch.person)
        await questions.remind(unit, self._house, item, dispatch)

    # ── where the person is ──────────────────────────────────────────────────────────────────────────────

    async def _where(self, item: Question, dispatch: Dispatch) -> Address | None:
        """The person's private conversation in their ``notify`` chat; None: where it was asked."""
        person, settings = dispatch.person, self._house.settings
        async with self._house.store.reading() as unit:
            known = await people.known(unit, settings, person)
            if known is None or known.notify is None:
                return None
            accounts = await people.accounts_on(unit, settings, person, known.notify)
            asked_in = await unit.get(Conversation, item.conversation)
            if asked_in is None or (asked_in.chat == known.notify and is_private(asked_in, person)):
                return None
        there = await self._whereabouts.on(known.notify, person) if accounts else None
        if there is None:
            _log.warning("reminder.not_reachable", question=item.id, person=person, chat=known.notify)
        elif not policy.may_be_named(settings, dispatch.project, there):
            _log.info("reminder.not_to_be_named", question=item.id, person=person, chat=known.notify)
            return None
        return there
