"""People's own pages, kept as things are: each change is shown, at a pace, and the last state always.

Who opened theirs, and what it shows, are rows. No platform says when a page is closed, so one that was opened
within ``OPEN_FOR`` counts as open; and after a restart, when everything may have changed, each is compared
with its row and shown anew where it differs. The next opening shows it in any case.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from typing import Final

import structlog

from bot import dashboard, people, policy
from bot.errors import ChatError, Conflict, FrontdeskError
from bot.house import House
from bot.model.acts import Act
from bot.model.conversations import Conversation
from bot.model.dashboards import Dashboard, Home, Section
from bot.model.people import Identity
from bot.overviews import Viewer
from bot.ports import Chat
from bot.ports.surfaces import HasHome

_log = structlog.get_logger("homes")

OPEN_FOR: Final = timedelta(hours=12)
MOST: Final = 50
"""Pages that are kept; the newest. Slack takes about a hundred views a minute."""
REST_S: Final = 1.0
"""After a look: what happens meanwhile is shown together."""
LOOK_EVERY_S: Final = 300.0
"""What changes by the clock only, as a day's budget does."""
RETRY_S: Final = 10.0

REMOVED: Final = Dashboard((Section("Frontdesk", empty="I only work for people I know; ask an admin."),))


class Homes:
    def __init__(self, house: House, chats: Mapping[str, Chat], rest_s: float = REST_S) -> None:
        self._house = house
        self._pages = {name: chat for name, chat in chats.items() if isinstance(chat, HasHome)}
        self._rest_s = rest_s
        self._bell = asyncio.Event()

    def ring(self) -> None:
        """Something may have changed; from the loop's own thread."""
        self._bell.set()

    async def run(self) -> None:
        """Until cancelled."""
        wait_s = 0.0
        while self._pages:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._bell.wait()
            self._bell.clear()
            wait_s = await self._look()
            await asyncio.sleep(self._rest_s)

    async def _look(self) -> float:
        """When to look again by oneself."""
        try:
            waits = [await self._kept(home) for home in await self._open()]
        except FrontdeskError as error:  # the database is away
            _log.warning("homes.not_seen_to", error=str(error))
            return RETRY_S
        return min([LOOK_EVERY_S, *waits])

    async def _open(self) -> list[Home]:
        since = self._house.now() - OPEN_FOR
        async with self._house.store.reading() as unit:
            found = [home for home in await unit.find(Home) if home.opened_at >= since]
        found.sort(key=lambda home: home.opened_at)
        return found[-MOST:]

    async def _kept(self, home: Home) -> float:
        chat, _, account = home.id.partition(":")
        page = self._pages.get(chat)
        if page is None:
            return LOOK_EVERY_S
        board = await self._board(home, Identity(chat, account))
        shown = sha256(repr(board).encode()).hexdigest()
        if shown == home.shown:
            return LOOK_EVERY_S
        try:
            await page.show_home(account, board)
        except ChatError as error:
            _log.warning("home.not_shown", home=home.id, error=str(error))
            return LOOK_EVERY_S if error.is_final else (error.retry_after_s or RETRY_S)
        with suppress(Conflict):  # opened again meanwhile
            async with self._house.store.transaction() as unit:
                await unit.change(home, shown=shown)
        return LOOK_EVERY_S

    async def _board(self, home: Home, identity: Identity) -> Dashboard:
        """As it should be now; whoever is not known any more sees nothing of it."""
        house = self._house
        async with house.store.transaction() as unit:
            person = await people.by_account(unit, house.settings, identity)
            place = await unit.get(Conversation, home.conversation)
            if person is None or place is None or policy.authorize(house.settings, person, Act.TALK):
                return REMOVED
            return await dashboard.build(Viewer(unit, house, person, place))
