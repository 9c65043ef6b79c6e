"""Search services in the file's order: one that does not answer is passed over, and its reason is shown.

::

    first ──▶ hits
      │ refused, exhausted, down, too slow, unreadable: the reason is kept
      ▼
    second ──▶ hits, "searched with brave; searxng answered with status 429"
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import httpx

from adapters.web.providers import ENGINES, Call, hits
from adapters.web.records import Hit, WebError

KEPT_S: Final = 6 * 3_600.0
MAX_KEPT: Final = 1_000
MAX_ANSWER_BYTES: Final = 2_000_000
MAX_WORDS_CHARS: Final = 400
MAX_HITS: Final = 10

_STATUS_WORDS: Final = {
    202: "is asked too often",
    401: "refuses its key",
    402: "wants to be paid",
    403: "refuses its key, or its JSON format is switched off (search.formats in SearXNG's settings)",
    404: "has no search at that address",
    422: "refuses the question",
    429: "is asked too often, or its account is used up",
}


@dataclass(frozen=True, slots=True)
class Provider:
    """One configured service; raises ValueError for one that is not known or not complete."""

    kind: str
    url: str = ""
    key: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        engine = ENGINES.get(self.kind)
        if engine is None:
            raise ValueError(f"There is no search service {self.kind}; there are {', '.join(ENGINES)}.")
        if engine.needs_key and not self.key:
            raise ValueError(f"The search service {self.kind} needs a key.")
        if not (self.url or engine.url):
            raise ValueError(f"The search service {self.kind} needs a url.")


@dataclass(frozen=True, slots=True)
class Found:
    hits: tuple[Hit, ...]
    by: str  # the service's kind
    passed_over: tuple[str, ...] = ()  # a sentence for each service that gave nothing before it


class Searching:
    """``providers`` in the order in which they are asked."""

    def __init__(
        self,
        providers: Sequence[Provider],
        *,
        timeout_s: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._providers = tuple(providers)
        self._timeout_s = timeout_s
        self._clock = clock
        self._kept: dict[tuple[str, int], tuple[float, Found]] = {}

    async def search(self, words: str, most: int = 5) -> Found:
        """At most ``most`` hits; raises WebError with every service's reason when none answered.

        An answer is kept for six hours. That a service found nothing is an answer.
        """
        words, most = " ".join(words.split())[:MAX_WORDS_CHARS], max(1, min(most, MAX_HITS))
        if not words:
            raise WebError("There are no words to search for.")
        kept = self._kept.get((words, most))
        if kept is not None and self._clock() - kept[0] < KEPT_S:
            return kept[1]
        found = await self._ask_in_order(words, most)
        if len(self._kept) >= MAX_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[words, most] = self._clock(), found
        return found

    async def _ask_in_order(self, words: str, most: int) -> Found:
        reasons: list[str] = []
        for provider in self._providers:
            try:
                return Found(tuple(await self._ask(provider, words, most)), provider.kind, tuple(reasons))
            except WebError as error:
                reasons.append(str(error))
        raise WebError(" ".join(reasons) or "No search service is configured.")

    async def _ask(self, provider: Provider, words: str, most: int) -> list[Hit]:
        engine = ENGINES[provider.kind]
        call = engine.call((provider.url or engine.url).rstrip("/"), provider.key, words, most)
        return found(provider.kind, await self._answer(provider.kind, call), most)

    async def _answer(self, kind: str, call: Call) -> bytes:
        here = urlsplit(call.url).hostname in ("127.0.0.1", "localhost", "::1")
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                httpx.AsyncClient(timeout=self._timeout_s, trust_env=not here) as client,
                client.stream(
                    call.method, call.url, headers=dict(call.headers), params=dict(call.query), json=call.body
                ) as response,
            ):
                if response.status_code != 200:
                    status = response.status_code
                    raise WebError(
                        f"{kind} {_STATUS_WORDS.get(status, f'answered with status {status}')} ({status})."
                    )
                return await _capped(response, kind)
        except (TimeoutError, httpx.TimeoutException):
            raise WebError(f"{kind} did not answer within {self._timeout_s:g} s.") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise WebError(f"{kind} cannot be reached ({type(error).__name__}).") from None


async def _capped(response: httpx.Response, kind: str) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise WebError(f"The answer of {kind} does not end.")
    return bytes(body)


def found(kind: str, answer: bytes, most: int) -> list[Hit]:
    """What that kind of service has answered; raises WebError when it is no list of results."""
    try:
        return hits(ENGINES[kind], ENGINES[kind].read(answer), most)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise WebError(f"{kind} answered with what is no list of results.") from error
