"""Puts a changed configuration in force without a restart: checked whole, taken whole or refused whole.

    file changed, SIGHUP ─▶ read and check ─▶ make new specialists ─▶ swap ─▶ every room sees it at once
                                │ wrong            │ wrong
                                └──────────────────┴──▶ the old one stays; log and `status` say why

What a process cannot change under its own feet keeps its old value and is named until the next start. Runs
that are going on keep the limits they began with.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from bot import in_force
from bot.errors import FrontdeskError, SettingsError
from bot.house import House
from bot.in_force import InForce

if TYPE_CHECKING:
    from bot.settings import Settings

_log = structlog.get_logger("configuration")

LOOK_EVERY_S: Final = 2.0
"""A look is one stat of each file."""
SETTLE_S: Final = 0.5
"""A file is read when two looks in a row saw it the same: an editor may be in the middle of it."""

_FIXED: Final = ("home", "database", "node")
_CHAT_SECRETS: Final = ("SLACK_", "TELEGRAM_")


class Reload:
    """Beside the house until it closes; ``prepare`` makes what new settings need, or raises SettingsError."""

    def __init__(
        self,
        house: House,
        reread: Callable[[Settings], Settings],
        prepare: Callable[[Settings], Awaitable[None]],
    ) -> None:
        self._house = house
        self._begun_with = house.settings
        self._reread = reread
        self._prepare = prepare
        self._bell = asyncio.Event()
        self._asked = False
        self._seen = self._last = in_force.stamp_of(house.settings)

    def glance(self) -> None:
        """Look now whether a file has changed."""
        self._bell.set()

    def ask(self) -> None:
        """Read it again now, whether it has changed or not."""
        self._asked = True
        self._bell.set()

    async def run(self) -> None:
        """Until cancelled."""
        self._keep(InForce(self._seen))
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S if self._last == self._seen else SETTLE_S):
                    await self._bell.wait()
            self._bell.clear()
            await self._look()

    async def _look(self) -> None:
        stamp = in_force.stamp_of(self._house.settings)
        settled, self._last = stamp == self._last, stamp
        if self._asked or (settled and stamp != self._seen):
            self._asked = False
            self._seen = stamp
            self._keep(await self._reload())

    async def _reload(self) -> InForce:
        stamp = self._seen
        try:
            read = await asyncio.to_thread(self._reread, self._house.settings)
            new, restart = kept_until_restart(self._begun_with, read)
            stamp = in_force.stamp_of(new)
            await self._prepare(new)
        except SettingsError as error:
            return self._refused(str(error), stamp)
        except Exception as error:  # noqa: BLE001 - an adapter can be anybody's; the house goes on as it was
            why = f"An adapter cannot be made with it ({type(error).__name__}: {error})."
            return self._refused(why, stamp)
        self._house.current.settings = new
        self._seen = self._last = in_force.stamp_of(new)
        _log.info("configuration.reloaded", file=str(new.file), restart=list(restart))
        return InForce(self._seen, restart=restart)

    def _refused(self, why: str, stamp: str) -> InForce:
        mistakes = tuple(self._house.redact(line) for line in why.splitlines())
        _log.error("configuration.refused", mistakes=list(mistakes))
        return InForce(stamp, refused=mistakes)

    def _keep(self, found: InForce) -> None:
        try:
            in_force.keep(self._house.settings.home, found)
        except FrontdeskError as error:
            _log.warning("configuration.not_noted", error=str(error))


def kept_until_restart(old: Settings, new: Settings) -> tuple[Settings, tuple[str, ...]]:
    """The new settings with the old values of what cannot change while the house runs, and what those are."""
    fixed = {name: getattr(old.house, name) for name in _FIXED}
    waiting = [f"frontdesk.{name}" for name, value in fixed.items() if getattr(new.house, name) != value]
    waiting += [f"chats.{name}" for name in sorted(old.chats.keys() ^ new.chats.keys())]
    waiting += [name for name in sorted({*old.secrets, *new.secrets}) if _is_changed_token(name, old, new)]
    waiting += ["health.port"] if old.health != new.health else []
    waiting += ["telemetry.otlp_endpoint"] if old.telemetry != new.telemetry else []
    limits = new.limits
    if limits.runs_at_once > old.limits.runs_at_once:  # the engine's places are made at its start
        waiting.append("limits.runs_at_once")
        limits = limits.model_copy(update={"runs_at_once": old.limits.runs_at_once})
    chats = {name: new.chats.get(name, table) for name, table in old.chats.items()}
    house = new.house.model_copy(update=fixed)
    return replace(new, house=house, chats=chats, limits=limits), tuple(waiting)


def _is_changed_token(name: str, old: Settings, new: Settings) -> bool:
    return name.startswith(_CHAT_SECRETS) and old.secrets.get(name) != new.secrets.get(name)
