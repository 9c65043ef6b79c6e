"""The miniature web as a server on loopback, with the network that leads to it."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from adapters.rehearsal.miniature_web.content import SITES, Paper
from adapters.rehearsal.miniature_web.network import RehearsedNetwork
from adapters.rehearsal.miniature_web.site import Sites
from adapters.rehearsal.wire import Loopback


class MiniatureWeb:
    """``async with MiniatureWeb() as web``: its pages are there until the block ends."""

    def __init__(self, sites: Mapping[str, Mapping[str, Paper]] = SITES, *, json_format: bool = True) -> None:
        self.sites = Sites(sites, json_format=json_format)
        self.search_url = ""  # of its search engine; asked as an operator's own, without the guard
        self._loopback = Loopback(self.sites.respond, max_body_bytes=100_000)

    @property
    def asked(self) -> list[str]:
        """Host and path of every request that came in, first to last."""
        return self.sites.asked

    async def __aenter__(self) -> Self:
        self.search_url = await self._loopback.open()
        where = urlsplit(self.search_url)
        self.network = RehearsedNetwork(self.sites.sites, (str(where.hostname), int(where.port or 0)))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._loopback.close()
