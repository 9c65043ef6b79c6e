"""A lease in the database: which process may do what only one may do, by a clock that all machines share."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from bot.errors import FrontdeskError
from bot.holding import signature
from bot.model.leases import Lease
from bot.ports import Store
from bot.settings.home import write_private


class Claim:
    """This process's claim to the lease ``id``; it ends by itself ``lasts`` after its last renewal."""

    def __init__(self, store: Store, id: str, home: Path, lasts: timedelta) -> None:
        self._store = store
        self._lasts = lasts
        self.mine = Lease(id, uuid4().hex, _identity(home), signature(home), datetime.now(UTC))

    async def take(self, *, from_predecessor: bool = False) -> Lease | None:
        """Take or renew it; the lease that stands in the way.

        ``from_predecessor``: this process holds the state directory's own lock, so whoever held the lease
        from there is dead.
        """
        mine = self.mine
        async with self._store.transaction() as unit:
            held = await unit.get(Lease, mine.id, lock=True)
            now = await unit.clock()
            heir = from_predecessor and held is not None and mine.home == held.home
            if held is None:
                await unit.add(replace(mine, until=now + self._lasts))
            elif mine.holder == held.holder or held.until < now or heir:
                new = {"holder": mine.holder, "home": mine.home, "process": mine.process}
                await unit.change(held, until=now + self._lasts, **new)
            else:
                return held
        return None

    async def give_back(self) -> None:
        """Let a successor begin at once; while the database is away, the lease ends by itself."""
        with suppress(FrontdeskError):
            async with self._store.transaction() as unit:
                held = await unit.get(Lease, self.mine.id, lock=True)
                if held is not None and held.holder == self.mine.holder:
                    await unit.change(held, until=await unit.clock())


def _identity(home: Path) -> str:
    """Of the state directory; written once."""
    path = home / "identity"
    if not path.exists():
        write_private(path, f"{uuid4().hex}\n")
    return path.read_text().strip()
