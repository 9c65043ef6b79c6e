"""A page, asked for safely: every redirect is checked anew, and one deadline is over all of it."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from adapters.web import addresses, missing
from adapters.web.addresses import Target
from adapters.web.asking import Response, ask
from adapters.web.network import Internet, Network
from adapters.web.pages import Page, read_html, read_text
from adapters.web.pdf import read_pdf
from adapters.web.records import WebError
from adapters.web.robots import Robots
from bot.model.events import Fetched

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
READ_AT_ONCE: Final = 2
"""Pages that are parsed at a time: a second and a half of one core for each megabyte."""

MAX_HOSTS: Final = 500
"""Whose last request is remembered."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    deadline_s: float = 15.0  # of one page with all its redirects
    max_bytes: int = 5_000_000  # unpacked
    max_chars: int = 200_000  # of text that is kept
    max_redirects: int = 5
    at_once: int = 4  # pages together
    per_host: int = 2  # pages of one host
    pause_s: float = 0.5  # between two requests to one host
    robots: bool = True


class Fetcher:
    """``network`` is for the rehearsal; it is an argument, so that no configuration can name another."""

    def __init__(
        self,
        limits: FetchLimits | None = None,
        *,
        network: Network | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._limits = limits or FetchLimits()
        self._network = network or Internet()
        self._clock, self._now = clock, now
        self._robots = Robots(self._asked, clock)
        self._all = asyncio.Semaphore(self._limits.at_once)
        self._reading = asyncio.Semaphore(READ_AT_ONCE)
        self._hosts: dict[str, _Host] = {}

    async def fetch(self, url: str) -> Fetched:
        """The record of it, also where it came to nothing; raises only when it is cancelled."""
        record = Fetched(url, url, self._now())
        try:
            async with self._all, asyncio.timeout(self._limits.deadline_s):
                return await self._fetched(record)
        except WebError as error:
            return replace(record, problem=str(error))
        except TimeoutError:
            return replace(record, problem=f"The page took longer than {self._limits.deadline_s:g} s.")

    async def _fetched(self, record: Fetched) -> Fetched:
        target = addresses.target(record.url)
        for _ in range(self._limits.max_redirects + 1):
            if self._limits.robots and not await self._robots.allow(target):
                raise WebError(f"{target.host} asks programs not to read this page (robots.txt).")
            response = await self._asked(target)
            if response.status not in REDIRECTS or "location" not in response.headers:
                return await self._read(replace(record, final_url=target.url), response)
            target = addresses.target(target.beside(response.headers["location"]))
        raise WebError("The page leads from one address to the next without an end.")

    async def _asked(self, target: Target) -> Response:
        if len(self._hosts) >= MAX_HOSTS:
            self._hosts = {name: host for name, host in self._hosts.items() if host.at_once.locked()}
        host = self._hosts.setdefault(target.host, _Host(self._limits.per_host))
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(host.at_once)
            wait_s = host.next_at - self._clock()
            host.next_at = max(host.next_at, self._clock()) + self._limits.pause_s
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            return await ask(self._network, target, max_bytes=self._limits.max_bytes)

    async def _read(self, record: Fetched, response: Response) -> Fetched:
        record = replace(
            record, status=response.status, sha256=hashlib.sha256(response.body).hexdigest(), at=self._now()
        )
        if not 200 <= response.status < 300:
            return replace(record, problem=f"The page answered with status {response.status}.")
        until = self._clock() + self._limits.deadline_s
        async with self._reading:
            page = await asyncio.to_thread(self._page, response, lambda: self._clock() < until)
        text = page.text.replace("\0", "")
        return replace(
            record,
            title=page.title,
            text=text[: self._limits.max_chars],
            links=_absolute(record.final_url, page.links),
            truncated=len(text) > self._limits.max_chars,
            missing=missing.says_not_found(page.title, text)
            or missing.sent_home(record.url, record.final_url),
        )

    def _page(self, response: Response, go_on: Callable[[], bool]) -> Page:
        kind, charset = _kind(response)
        if kind in ("text/html", "application/xhtml+xml"):
            return read_html(response.body, charset)
        if kind == "application/pdf":
            return read_pdf(response.body, self._limits.max_chars, go_on)
        if kind.startswith("text/") and b"\0" not in response.body[:4096]:
            return read_text(response.body, charset)
        raise WebError(f"The page is neither HTML nor text nor PDF ({kind[:60] or 'it does not say'}).")


class _Host:
    """How politely one host is treated."""

    def __init__(self, at_once: int) -> None:
        self.at_once = asyncio.Semaphore(at_once)
        self.next_at = 0.0


def _kind(response: Response) -> tuple[str, str | None]:
    """Media type and charset; a PDF is known by its first bytes, whatever it calls itself."""
    header = response.headers.get("content-type", "")
    charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", header, re.IGNORECASE)
    kind = header.partition(";")[0].strip().lower()
    if response.body.startswith(b"%PDF-"):
        kind = "application/pdf"
    return kind, charset.group(1) if charset else None


def _absolute(url: str, links: tuple[str, ...]) -> tuple[str, ...]:
    """Those that could be fetched."""
    page, found = addresses.target(url), dict[str, None]()
    for link in links:
        try:
            found[addresses.target(page.beside(link)).url] = None
        except (WebError, ValueError):
            continue
    return tuple(found)
