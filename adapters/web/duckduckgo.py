"""DuckDuckGo's page of results, read as a browser without scripts gets it; it may change on any day."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Final
from urllib.parse import parse_qs, urlsplit

_TITLE: Final = "result__a"
_SNIPPET: Final = "result__snippet"


def results_in(page: bytes) -> list[dict[str, str]]:
    """Raises ValueError for a page that is no list of results: a captcha, another design."""
    reader = _Reader()
    reader.feed(page.decode("utf-8", "replace"))
    if not reader.results and b"no-results" not in page:
        raise ValueError("no results in this page")
    return reader.results


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.results: list[dict[str, str]] = []
        self._into = ""  # the field that words belong to now

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        classes = (given.get("class") or "").split()
        if tag == "a" and _TITLE in classes:
            self.results.append({"url": _target(given.get("href") or ""), "title": "", "snippet": ""})
            self._into = "title"
        elif _SNIPPET in classes and self.results:
            self._into = "snippet"

    def handle_endtag(self, tag: str) -> None:
        if tag in ("a", "div"):
            self._into = ""

    def handle_data(self, data: str) -> None:
        if self._into:
            self.results[-1][self._into] += data


def _target(href: str) -> str:
    """Its links lead over a page of its own, with the address in the query."""
    return parse_qs(urlsplit(href).query).get("uddg", [href])[0]
