"""Whom a post calls by name: whoever waits for it, where others read along.

In private everything notifies. In a channel a question always calls; what ends a run does when its person
cannot be expected to be looking any more.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from bot import people
from bot.house import House
from bot.model.conversations import Conversation
from bot.model.dispatches import Run
from bot.model.posts import OutboxRow, PostKind
from bot.ports import Unit

LOOKED_AWAY_AFTER: Final = timedelta(minutes=2)
"""Whoever asked less long ago is still looking."""


async def account(unit: Unit, house: House, place: Conversation, row: OutboxRow) -> str | None:
    """Of the person to call, on the chat of ``place``; None: nobody is called."""
    person = row.post.mention
    if person is None or place.direct or row.post.silent or row.edits is not None:
        return None
    if row.question is None and not await _took_long(unit, row):
        return None
    accounts = await people.accounts_on(unit, house.settings, person, place.chat)
    return accounts[0] if accounts else None


async def _took_long(unit: Unit, row: OutboxRow) -> bool:
    if row.dispatch is None or row.kind not in (PostKind.RESULT, PostKind.REPLY):
        return False
    runs = await unit.find(Run, dispatch=row.dispatch, newest=True, limit=1)
    return bool(runs) and row.created_at - runs[0].created_at > LOOKED_AWAY_AFTER
