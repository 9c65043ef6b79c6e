"""What people ask to see in a conversation: work, money, sessions, and where their words would go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from bot import costs, listings, moving, policy, reports
from bot.budgets import budgets, month_began
from bot.house import House
from bot.model.conversations import Conversation
from bot.model.dispatches import LIVE, Dispatch, Status
from bot.model.people import Person
from bot.model.questions import Question, QuestionState
from bot.ports import Unit

RECENT: Final = 5
"""Ended pieces of work that a list still shows."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, and where they stand: what they are shown depends on both."""

    unit: Unit
    house: House
    person: Person
    place: Conversation

    async def status(self) -> str:
        """What goes on here and, in private, everything of this person wherever it speaks."""
        here = [*await self.work_here(), *await self._in_topics()]
        known = {item.id for item in here}
        away = [item for item in await self._own() if item.id not in known]
        shown = [*here, *away] if self.place.direct else here
        asked = await self.unit.find(
            Question, dispatch=tuple(item.id for item in shown), state=QuestionState.OPEN
        )
        words = listings.status_list(shown, asked, self.house.now(), await self._places(shown))
        hidden = [item for item in away if item.status in LIVE] if not self.place.direct else []
        return f"{words}\n\n{listings.more_elsewhere(len(hidden))}" if hidden else words

    async def work_here(self) -> list[Dispatch]:
        """Live work of this conversation and what ended last, as far as it may be named here."""
        of_here: dict[str, Any] = {"conversation": self.place.id}
        live = await self.unit.find(Dispatch, status=tuple(LIVE), **of_here)
        recent = await self.unit.find(Dispatch, newest=True, limit=RECENT, **of_here)
        return self._to_be_named((*live, *reversed(recent)))

    async def _in_topics(self) -> list[Dispatch]:
        """Live work in the topics of this group: whoever reads here reads there."""
        live = [] if self.place.direct else await self.unit.find(Dispatch, status=tuple(LIVE))
        ids = tuple({item.conversation for item in live})
        places = await self.unit.find(Conversation, id=ids, chat=self.place.chat, account=self.place.account)
        inside = {each.id for each in places if each.key.startswith(f"{self.place.key}/")}
        return self._to_be_named(tuple(item for item in live if item.conversation in inside))

    async def _own(self) -> list[Dispatch]:
        own: dict[str, Any] = {"person": self.person.id}
        live = await self.unit.find(Dispatch, status=tuple(LIVE), **own)
        recent = await self.unit.find(Dispatch, newest=True, limit=RECENT, **own)
        return self._to_be_named((*live, *reversed(recent)))

    def _to_be_named(self, found: tuple[Dispatch, ...]) -> list[Dispatch]:
        settings, address = self.house.settings, self.place.address
        once = {item.id: item for item in found}
        return [item for item in once.values() if policy.may_be_named(settings, item.project, address)]

    async def _places(self, shown: list[Dispatch]) -> dict[str, str]:
        """Where each piece of work speaks that does not speak here."""
        ids = {item.conversation for item in shown} - {self.place.id}
        places = {id: await self.unit.get(Conversation, id) for id in ids}
        names = {id: moving.place_words(place) for id, place in places.items() if place}
        return {item.id: names[item.conversation] for item in shown if item.conversation in names}

    async def spent(self) -> str:
        """One's own, since the month began."""
        house = self.house
        until = house.now() + timedelta(seconds=1)
        rows = await self.unit.paid_rows(since=month_began(house), until=until, person=self.person.id)
        return costs.in_words(costs.summed(rows, costs.By.PROJECT, house.settings.timezone))

    async def usage(self, ids: tuple[str, ...]) -> str:
        """How full the sessions here are, and what they have cost."""
        found = [item for item in await self.work_here() if item.session and (not ids or item.id in ids)]
        return listings.usage_list(found) if found else "There is no session here yet."

    async def sessions(self) -> list[Dispatch]:
        """What can be continued here."""
        found = [item for item in await self.work_here() if item.status is not Status.CANCELLED]
        return [item for item in found if item.session]

    async def welcome(self) -> str:
        """Where the person's words would go, what it would cost them, and three examples."""
        settings = self.house.settings
        usable = self.usable()
        usual = self.place.project if self.place.project in usable else None
        project = usual or (usable[0] if len(usable) == 1 else None)
        model = settings.secretary.model or "the first that is found"
        return listings.welcome(
            self.person.name,
            project=project,
            works=_works(self.house, project) if project else "",
            others=tuple(name for name in usable if name != project),
            secretary=model,
            left=await self._left(),
        )

    def usable(self) -> tuple[str, ...]:
        """The projects in which they may start work here."""
        return policy.usable(self.house.settings, self.person, self.place.address)

    async def _left(self) -> str:
        """Of the person's own budget for today, open reservations counted."""
        own, *_ = [one for one in await budgets(self.unit, self.house, self.person.id) if one.person]
        spent_usd = await self.unit.spent_usd(since=own.since, person=self.person.id)
        left_usd = max(own.limit_usd - spent_usd, 0.0)
        return f"{reports.money(left_usd)} of today's {reports.money(own.limit_usd)}"


def _works(house: House, project: str) -> str:
    entry = house.settings.projects[project]
    return ", ".join(filter(None, (entry.specialist, entry.model, entry.permission_mode)))
