"""What a site asks of programs: read once an hour, by the same guarded way as its pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.robotparser import RobotFileParser

from adapters.web import addresses
from adapters.web.addresses import Target
from adapters.web.asking import Response

AGENT: Final = "Frontdesk"
KEPT_S: Final = 3_600.0
MAX_SITES: Final = 500
MAX_REDIRECTS: Final = 5
"""RFC 9309 asks for at least as many; each of them is checked as a page's would be."""

Ask = Callable[[Target], Awaitable[Response]]


class Robots:
    def __init__(self, ask: Ask, clock: Callable[[], float]) -> None:
        self._ask, self._clock = ask, clock
        self._known: dict[str, tuple[float, RobotFileParser]] = {}

    async def allow(self, target: Target) -> bool:
        """No file allows all; a server that fails allows nothing (RFC 9309). Raises WebError."""
        kept = self._known.get(target.origin)
        if kept is None or self._clock() - kept[0] > KEPT_S:
            kept = self._clock(), await self._read(target)
            if len(self._known) >= MAX_SITES:
                self._known.clear()
            self._known[target.origin] = kept
        return kept[1].can_fetch(AGENT, target.url)

    async def _read(self, target: Target) -> RobotFileParser:
        answer = await self._followed(Target(target.scheme, target.host, target.port, "/robots.txt"))
        rules = RobotFileParser()
        if 200 <= answer.status < 300:
            rules.parse(answer.body.decode("utf-8", "replace").splitlines())
        else:
            rules.parse(["User-agent: *", "Disallow: /" if answer.status >= 500 else "Disallow:"])
        return rules

    async def _followed(self, target: Target) -> Response:
        for _ in range(MAX_REDIRECTS):
            answer = await self._ask(target)
            if not (300 <= answer.status < 400 and "location" in answer.headers):
                return answer
            target = addresses.target(target.beside(answer.headers["location"]))
        return await self._ask(target)
