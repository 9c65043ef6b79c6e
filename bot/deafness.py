"""A chat that hears nothing for minutes: admins are told where they can be reached, and when it is over.

Once for each such time. Who is told by the deaf chat itself would not read it before it hears again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot import people, reports
from bot.errors import FrontdeskError
from bot.house import House
from bot.model.conversations import Address
from bot.model.people import Role
from bot.model.posts import Post, PostKind
from bot.outbox import post
from bot.ports import Chat
from bot.whereabouts import Whereabouts, known

_log = structlog.get_logger("deafness")

TOLD_AFTER: Final = timedelta(minutes=5)
LOOK_EVERY_S: Final = 5.0


def deaf(chat: str, duration: str, problem: str) -> str:
    return (
        f"I have heard nothing from {chat} for {duration}: {problem} `frontdesk status` says how it stands."
    )


def hears_again(chat: str, duration: str) -> str:
    return f"I hear {chat} again, after {duration}."


class Deafness:
    def __init__(self, house: House, chats: Mapping[str, Chat]) -> None:
        self._house = house
        self._chats = chats
        self._whereabouts = Whereabouts(house, chats)
        self._since: dict[str, datetime] = {}
        self._told: set[str] = set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except FrontdeskError as error:  # the database is away: tried again
                _log.warning("deafness.not_told", error=str(error))
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        for name, chat in self._chats.items():
            if not chat.abilities.local:
                await self._look_at(name, chat)

    async def _look_at(self, name: str, chat: Chat) -> None:
        now = self._house.now()
        if problem := _problem(chat, now):
            since = self._since.setdefault(name, now)
            if now - since >= TOLD_AFTER and name not in self._told:
                minutes = reports.duration((now - since).total_seconds())
                await self._tell_admins(name, deaf(name, minutes, problem))
                self._told.add(name)
            return
        since = self._since.pop(name, now)
        if name in self._told:
            await self._tell_admins(name, hears_again(name, reports.duration((now - since).total_seconds())))
            self._told.discard(name)

    async def _tell_admins(self, deaf: str, words: str) -> None:
        """Each in one other chat, the one for their reminders first."""
        _log.warning("chat.deafness", chat=deaf, said=words)
        async with self._house.store.reading() as unit:
            everybody = await people.everybody(unit, self._house.settings)
        for admin in (one.id for one in everybody if one.role is Role.ADMIN):
            there = await self._elsewhere(admin, deaf)
            if there is None:
                continue
            async with self._house.store.transaction() as unit:
                place = await self._whereabouts.open(unit, there, admin)
                if place is not None:
                    await post(unit, self._house, place.id, Post(words), PostKind.REPLY)

    async def _elsewhere(self, admin: str, deaf: str) -> Address | None:
        async with self._house.store.reading() as unit:
            person = await people.known(unit, self._house.settings, admin)
            notify = (person.notify,) if person and person.notify else ()
            names = [name for name in dict.fromkeys((*notify, *self._chats)) if name != deaf]
            remote = [name for name in names if name not in self._house.local_chats]
            for name in remote:
                if there := await known(unit, name, admin):
                    return there
        for name in remote:
            if name in self._chats and (there := await self._whereabouts.on(name, admin)):
                return there
        return None


def _problem(chat: Chat, now: datetime) -> str:
    """Why it hears nothing; empty also where another process listens."""
    known = chat.connection
    if known.problem:
        return known.problem
    if known.since is None or known.quiet_s is None or known.heard_at is None:
        return ""
    silent_s = (now - known.heard_at).total_seconds()
    return f"Nothing was heard from it for {silent_s:.0f} s." if silent_s > known.quiet_s else ""
