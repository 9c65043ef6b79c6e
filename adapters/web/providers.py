"""How each search service is asked, and which part of its answer is a hit."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.web.duckduckgo import results_in
from adapters.web.records import Hit

MAX_SNIPPET_CHARS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a service."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    query: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    body: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Engine:
    """A kind of search service."""

    url: str  # where it is; empty: the configuration must say it
    needs_key: bool
    call: Callable[[str, str | None, str, int], Call]  # url, key, words, most hits
    found: Callable[[Any], Any]  # the list of results in its answer
    names: tuple[str, str, str, str]  # of title, address, snippet, date in one result
    read: Callable[[bytes], Any] = json.loads


def hits(engine: Engine, answer: Any, most: int) -> list[Hit]:
    """Raises LookupError, TypeError or AttributeError for an answer of another form."""
    return [
        _hit(result, engine.names) for result in engine.found(answer)[:most] if result.get(engine.names[1])
    ]


def _hit(result: Mapping[str, Any], names: tuple[str, str, str, str]) -> Hit:
    title, url, snippet, date = (str(result.get(name) or "") for name in names)
    return Hit(" ".join(title.split())[:200], url, " ".join(snippet.split())[:MAX_SNIPPET_CHARS], date[:40])


def _searxng(url: str, key: str | None, words: str, _: int) -> Call:
    """https://docs.searxng.org/dev/search_api.html"""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return Call("GET", f"{url}/search", headers, {"q": words, "format": "json"})


def _brave(url: str, key: str | None, words: str, most: int) -> Call:
    """https://api-dashboard.search.brave.com/app/documentation/web-search/get-started"""
    return Call("GET", url, {"X-Subscription-Token": key or ""}, {"q": words, "count": str(most)})


def _tavily(url: str, key: str | None, words: str, most: int) -> Call:
    """https://docs.tavily.com/documentation/api-reference/endpoint/search"""
    return Call("POST", url, {"Authorization": f"Bearer {key}"}, body={"query": words, "max_results": most})


def _serper(url: str, key: str | None, words: str, most: int) -> Call:
    """https://serper.dev"""
    return Call("POST", url, {"X-API-KEY": key or ""}, body={"q": words, "num": most})


def _exa(url: str, key: str | None, words: str, most: int) -> Call:
    """https://docs.exa.ai/reference/search"""
    return Call("POST", url, {"x-api-key": key or ""}, body={"query": words, "numResults": most})


def _serpapi(url: str, key: str | None, words: str, most: int) -> Call:
    """https://serpapi.com/search-api: the key has its place in the query and nowhere else."""
    return Call("GET", url, query={"engine": "google", "q": words, "num": str(most), "api_key": key or ""})


def _duckduckgo(url: str, _: str | None, words: str, __: int) -> Call:
    """Its page for browsers without scripts, which nobody promises."""
    return Call("GET", url, {"User-Agent": "Mozilla/5.0 (compatible; Frontdesk)"}, {"q": words})


ENGINES: Final[dict[str, Engine]] = {
    "searxng": Engine(
        "", False, _searxng, lambda answer: answer["results"], ("title", "url", "content", "publishedDate")
    ),
    "brave": Engine(
        "https://api.search.brave.com/res/v1/web/search",
        True,
        _brave,
        lambda answer: answer.get("web", {}).get("results", []),
        ("title", "url", "description", "age"),
    ),
    "tavily": Engine(
        "https://api.tavily.com/search",
        True,
        _tavily,
        lambda answer: answer["results"],
        ("title", "url", "content", "published_date"),
    ),
    "serper": Engine(
        "https://google.serper.dev/search",
        True,
        _serper,
        lambda answer: answer.get("organic", []),
        ("title", "link", "snippet", "date"),
    ),
    "exa": Engine(
        "https://api.exa.ai/search",
        True,
        _exa,
        lambda answer: answer["results"],
        ("title", "url", "summary", "publishedDate"),
    ),
    "serpapi": Engine(
        "https://serpapi.com/search.json",
        True,
        _serpapi,
        lambda answer: answer.get("organic_results", []),
        ("title", "link", "snippet", "date"),
    ),
    "duckduckgo": Engine(
        "https://html.duckduckgo.com/html/",
        False,
        _duckduckgo,
        lambda answer: answer,
        ("title", "url", "snippet", "date"),
        results_in,
    ),
}
