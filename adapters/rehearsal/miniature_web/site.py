"""Which request gets which answer; and a search over the pages in SearXNG's form, with its refusals."""

from __future__ import annotations

import html
import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qs

from adapters.rehearsal.miniature_web.content import Paper
from adapters.rehearsal.miniature_web.traps import TRAPS
from adapters.rehearsal.wire import Answer, Connection, Incoming

SEARCH: Final = "search.example"
TRAPPED: Final = "evil.example"


class Sites:
    """``json_format``: whether the search engine's operator has switched that on, which is off by default."""

    def __init__(self, sites: Mapping[str, Mapping[str, Paper]], *, json_format: bool = True) -> None:
        self.sites = sites
        self.json_format = json_format
        self.search_status = 200  # what the search engine answers with
        self.asked: list[str] = []  # host and path of every request

    async def respond(self, _: Connection, incoming: Incoming) -> Answer:
        host = incoming.headers.get("host", "")
        self.asked.append(f"{host}{incoming.path}")
        if incoming.path == "/search":
            return self._search(incoming.query)
        if host == TRAPPED and incoming.path in TRAPS:
            return await TRAPS[incoming.path]()
        return _page(self.sites.get(host, {}).get(incoming.path))

    def _search(self, query: str) -> Answer:
        """https://docs.searxng.org/dev/search_api.html"""
        asked = parse_qs(query)
        if self.search_status != 200:
            return _answer(self.search_status, "text/html", "too many requests")
        if asked.get("format") != ["json"] or not self.json_format:
            return _answer(403, "text/html", "<h1>Forbidden</h1>")
        words = " ".join(asked.get("q", []))
        answer = {"query": words, "results": self._hits(words), "unresponsive_engines": []}
        return _answer(200, "application/json", json.dumps(answer))

    def _hits(self, words: str) -> list[dict[str, Any]]:
        """Pages that share words with the question, the most first; of dead ones the address alone."""
        wanted = set(re.findall(r"\w{3,}", words.lower()))
        found: list[tuple[int, dict[str, Any]]] = []
        for host, papers in self.sites.items():
            for path, paper in papers.items():
                text = f"{paper.title} {_bare(paper.body)} {path}"
                score = len(wanted & set(re.findall(r"\w{3,}", text.lower())))
                if score and paper.found:
                    hit = {"title": paper.title or path, "url": f"http://{host}{path}", "engine": "miniature"}
                    found.append((score, hit | {"content": _bare(paper.body)[:200]}))
        return [hit for _, hit in sorted(found, key=lambda entry: -entry[0])]


def _bare(markup: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", markup).split()))


def _page(paper: Paper | None) -> Answer:
    if paper is None:
        return _answer(404, "text/html", "<h1>Not Found</h1>")
    content = paper.body
    if paper.media_type.startswith("text/html"):
        head = f"<head><title>{paper.title}</title></head>"
        content = f"<!doctype html><html>{head}<body>{_frame(paper.body)}</body></html>"
    answer = _answer(paper.status, paper.media_type, content)
    if paper.location:
        return Answer(answer.status, {**answer.headers, "Location": paper.location}, answer.content)
    return answer


def _frame(body: str) -> str:
    return (
        '<nav><a href="/">Home</a> <a href="/about">About us</a></nav>'
        f"<main>{body}</main><footer>All rights reserved. Subscribe to our letter.</footer>"
    )


def _answer(status: int, media_type: str, words: str) -> Answer:
    async def content() -> AsyncIterator[bytes]:
        yield words.encode(_charset(media_type))

    return Answer(status, {"Content-Type": media_type} if media_type else {}, content())


def _charset(media_type: str) -> str:
    return media_type.partition("charset=")[2] or "utf-8"
