"""The secretary of the settings in force: made when a message needs it, anew after they changed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.brief import Brief, Line
from bot.house import House
from bot.model.decisions import Decision, Written

if TYPE_CHECKING:
    from bot.secretary import Secretary
    from bot.settings import Settings


class SecretaryInForce:
    """The libraries are slow to import, and the settings may change meanwhile."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._made: Secretary | None = None
        self._made_of: object = None
        self._retired: list[Secretary] = []  # a turn may still be asking them
        self._making = asyncio.Lock()

    async def decide(self, brief: Brief) -> Decision:
        return await (await self._secretary()).decide(brief)

    async def summarise(self, said: Sequence[Line], previous: str) -> Written:
        return await (await self._secretary()).summarise(said, previous)

    async def report(self, question: str, untrusted: str) -> Written:
        return await (await self._secretary()).report(question, untrusted)

    async def close(self) -> None:
        for secretary in (*self._retired, self._made):
            if secretary is not None:
                await secretary.close()

    async def _secretary(self) -> Secretary:
        async with self._making:
            settings = self._house.settings
            parts = settings.secretary, settings.secrets.values()
            if self._made is None or parts != self._made_of:
                made = await asyncio.to_thread(make_secretary, settings)
                self._retired += [self._made] if self._made else []
                self._made, self._made_of = made, parts
            return self._made


def make_secretary(settings: Settings) -> Secretary:
    """The secretary of the configuration; looks for a local model server, so not in the loop's thread."""
    from bot.secretary import Models, Secretary
    from bot.settings.models import choose_model, keys_of_models

    choice = choose_model(settings)
    fallback = settings.secretary.fallback_model
    keys = keys_of_models(settings, choice.model, fallback)
    return Secretary(Models(choice.model, fallback, choice.base_url, keys))
