"""The other machines of the house: what a dead one had begun is taken over, and who waits for it is told.

a lease ends ──▶ nobody renews it for a while ──▶ dead: claimed work goes back to its queue,
                                                   work without a session goes to any machine,
                                                   people who wait for a session there are told, once
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from bot import lifecycle, reports
from bot.admission import admit
from bot.errors import FrontdeskError
from bot.house import House
from bot.model.dispatches import Dispatch, Run, RunState, Status
from bot.model.leases import CHAT, Lease
from bot.model.posts import OutboxRow, Post, PostKind
from bot.outbox import post
from bot.ports import Unit

_log = structlog.get_logger("nodes")

LOOK_EVERY_S: Final = 2.5
CONFIRMED_AFTER_S: Final = 10.0
"""A lease that ended while the database was away is renewed well before this; a restart is over, too."""

BATCH: Final = 1000

_OPEN: Final = (RunState.HELD, RunState.QUEUED, RunState.RUNNING)


class Nodes:
    """``take_over`` puts back what the engine of a dead node had claimed."""

    def __init__(
        self,
        house: House,
        take_over: Callable[[str], Awaitable[int]],
        *,
        confirmed_after_s: float = CONFIRMED_AFTER_S,
    ) -> None:
        self._house = house
        self._confirmed_after_s = confirmed_after_s
        self._take_over = take_over
        self._ended: dict[Lease, float] = {}  # since when this process has seen it unrenewed

    async def watch(self, ring: Callable[[], None]) -> None:
        """Until cancelled: call ``ring`` when another node has died."""
        known: set[Lease] = set()
        while True:
            try:
                await self._look()
            except FrontdeskError as error:
                self._ended.clear()  # nobody could renew anything either
                _log.warning("nodes.not_seen", error=str(error))
            dead = set(self._dead())
            if dead - known:
                ring()
            known = dead
            await asyncio.sleep(LOOK_EVERY_S)

    async def _look(self) -> None:
        async with self._house.store.reading() as unit:
            leases = [lease for lease in await unit.find(Lease) if not lease.id.startswith(CHAT)]
            now = await unit.clock()
        seen = time.monotonic()
        ended = [lease for lease in leases if lease.until < now and lease.id != self._house.node]
        self._ended = {lease: self._ended.get(lease, seen) for lease in ended}

    def _dead(self) -> list[Lease]:
        now = time.monotonic()
        return [lease for lease, since in self._ended.items() if now - since >= self._confirmed_after_s]

    async def see_to(self) -> None:
        """Everything that dead nodes have left; safe to call again, by every living one."""
        for lease in self._dead():
            await self._take_over(lease.id)
            async with self._house.store.reading() as unit:
                runs = await unit.find(Run, node=lease.id, state=_OPEN, limit=BATCH)
            for run in runs:
                async with self._house.store.transaction() as unit:
                    await self._see_to_run(unit, run.id, lease)

    async def _see_to_run(self, unit: Unit, run_id: str, lease: Lease) -> None:
        run = await unit.get(Run, run_id)
        if run is None:
            return
        dispatch = await lifecycle.reread(unit, run.dispatch)
        run = await unit.get(Run, run_id, lock=True) or run
        if run.node != lease.id or run.state not in _OPEN or not await _is_still(unit, lease):
            return
        if dispatch.session is not None:
            await self._tell(unit, dispatch, lease)
        elif run.state is RunState.QUEUED:
            await self._release(unit, run, dispatch)

    async def _release(self, unit: Unit, run: Run, dispatch: Dispatch) -> None:
        """It was admitted there and has not begun: any node may do it."""
        _log.warning("run.released", run=run.id, node=run.node)
        await unit.change(run, state=RunState.HELD, reserved_usd=0.0)
        await lifecycle.change(unit, dispatch, status=Status.WAITING, activity="")
        await admit(unit, self._house)

    async def _tell(self, unit: Unit, dispatch: Dispatch, lease: Lease) -> None:
        """Where the work is talked about, once for each outage; the card says so until it goes on."""
        id = hashlib.sha256(f"outage {dispatch.id} {lease.holder}".encode()).hexdigest()[:32]
        if await unit.get(OutboxRow, id) is not None:
            return
        _log.warning("dispatch.waits_for_node", dispatch=dispatch.id, node=lease.id)
        words = reports.waits_for_node(lease.id)
        if dispatch.status in (Status.RUNNING, Status.WAITING):
            await lifecycle.change(unit, dispatch, activity=words)
        content = Post(reports.outage(dispatch, lease.id), mention=dispatch.person)
        await post(
            unit, self._house, dispatch.conversation, content, PostKind.NOTICE, dispatch=dispatch.id, id=id
        )


async def _is_still(unit: Unit, lease: Lease) -> bool:
    """Nobody has renewed or taken it meanwhile."""
    return await unit.get(Lease, lease.id) == lease
