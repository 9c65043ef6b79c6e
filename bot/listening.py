"""Of several processes one listens to a chat whose platform hands its events to one; the others stand by.

    stand by ──▶ the lease is free ──▶ listen ──▶ it was lost, or could not be renewed in time ──▶ stand by

A lease for each chat: losing it stops only that chat's listening, and the process goes on with all else.
"""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog

from bot.errors import FrontdeskError
from bot.leases import Claim
from bot.model.leases import CHAT
from bot.ports import Chat, Receive, Store

_log = structlog.get_logger("listening")

LASTS: Final = timedelta(seconds=8)
"""How soon after its last sign of life a dead listener is replaced."""

RENEW_S: Final = 2.0
LOOK_EVERY_S: Final = 1.0


class Listening:
    """To one chat, for as long as this process is the one."""

    def __init__(self, store: Store, home: Path, chat: Chat) -> None:
        self._chat = chat
        self._claim = Claim(store, f"{CHAT}{chat.name}", home, LASTS)

    async def listen(self, receive: Receive) -> None:
        """Until cancelled."""
        try:
            await self._stand_by(from_predecessor=True)
            while True:
                _log.info("chat.listening", chat=self._chat.name)
                await self._listen(receive)
                _log.warning("chat.standing_by", chat=self._chat.name)
                await self._stand_by()
        finally:
            await self._claim.give_back()

    async def _stand_by(self, *, from_predecessor: bool = False) -> None:
        """Until the lease is ours."""
        while not await self._take(from_predecessor=from_predecessor):  # noqa: ASYNC110  others tell nobody
            await asyncio.sleep(LOOK_EVERY_S)

    async def _take(self, *, from_predecessor: bool = False) -> bool:
        try:
            return await self._claim.take(from_predecessor=from_predecessor) is None
        except FrontdeskError as error:  # the database is away, or another was first
            _log.info("chat.lease_not_taken", chat=self._chat.name, error=str(error))
            return False

    async def _listen(self, receive: Receive) -> None:
        """Until the lease is lost; an adapter that fails is reported by its own task's end."""
        listening = asyncio.ensure_future(self._chat.listen(receive))
        keeping = asyncio.ensure_future(self._keep())
        try:
            await asyncio.wait([listening, keeping], return_when=asyncio.FIRST_COMPLETED)
            if listening.done():
                await listening
        finally:
            for task in (listening, keeping):
                task.cancel()
            await asyncio.wait([listening, keeping])

    async def _keep(self) -> None:
        """Renew until that has not worked for as long as the lease lasts: then somebody else may have it."""
        good_until = time.monotonic() + LASTS.total_seconds()
        while time.monotonic() < good_until:
            await asyncio.sleep(RENEW_S)
            asked_at = time.monotonic()
            try:
                async with asyncio.timeout(max(good_until - asked_at, 0.0)):
                    other = await self._claim.take()
            except (FrontdeskError, TimeoutError):
                continue
            if other is not None:
                return
            good_until = asked_at + LASTS.total_seconds()
