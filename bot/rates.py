"""How much one person may ask for in a while; what is beyond is refused with one sentence and costs nothing.

`stop`, `cancel`, `/approve`, `/deny` and presses are never refused here: they take effect before.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from bot.house import House
from bot.model.conversations import Address, Conversation, Inbound, Message, Wrote
from bot.model.dispatches import Dispatch, Status
from bot.model.log import Refusal
from bot.model.people import Identity, Person
from bot.ports import Unit

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
MOMENT: Final = timedelta(seconds=1)


async def of_messages(unit: Unit, house: House, person: Person) -> str:
    """Why a further message of that person is not read, as a sentence; empty when it is."""
    most = house.settings.limits.messages_per_minute
    if await unit.count_since(Message, person.id, house.now() - MINUTE) < most:
        return ""
    return (
        f"That is more than {most} messages in a minute, {person.name}, so I do not read what comes next. "
        "Write again in a minute; `stop` always works."
    )


async def of_dispatches(unit: Unit, house: House, person: Person) -> str:
    """Why that person may not start more work now, as a sentence; empty when they may."""
    limits = house.settings.limits
    most = limits.dispatches_per_hour
    if await unit.count_since(Dispatch, person.id, house.now() - HOUR) >= most:
        return f"You have started {most} pieces of work within an hour, so I start no more until later."
    waiting = await unit.find(
        Dispatch, person=person.id, status=Status.WAITING, limit=limits.waiting_per_person
    )
    if len(waiting) >= limits.waiting_per_person:
        return f"{len(waiting)} pieces of your work are in line already; I start no more until some are done."
    return ""


async def said_once(unit: Unit, house: House, person: Person, conversation: Conversation, words: str) -> str:
    """The sentence, at most once a minute in one conversation; empty when it was said there already."""
    id = f"rate:{person.id}:{conversation.id}:{house.now():%Y-%m-%dT%H:%M}"
    if await unit.get(Refusal, id) is not None:
        return ""
    await unit.add(Refusal(id, house.now()))
    return words


class Throttle:
    """Who wrote too much just now, and where: for a moment more of it is refused without any transaction.

    Else a flood that is refused message by message would still stand in everybody's way to the database.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._until: dict[tuple[Identity, Address], datetime] = {}

    def note(self, inbound: Inbound) -> None:
        """It was too much, which was said there."""
        now = self._house.now()
        self._until = {place: until for place, until in self._until.items() if until > now}
        self._until[inbound.identity, inbound.where] = now + MOMENT

    def hold_back(self, inbound: Inbound) -> bool:
        if not isinstance(inbound, Wrote):
            return False
        until = self._until.get((inbound.identity, inbound.where))
        return until is not None and self._house.now() < until
