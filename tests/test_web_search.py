"""Search services are asked in the file's order, and who was passed over is said with the reason."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from adapters.rehearsal.miniature_web import MiniatureWeb
from adapters.rehearsal.wire import Answer, Connection, Incoming, Loopback
from adapters.web.records import Hit, WebError
from adapters.web.searching import KEPT_S, Provider, Searching

RESULT = {"title": "A kettle", "url": "http://kettles.example/best"}
ANSWERS = {
    "searxng": {"results": [RESULT | {"content": "boils"}]},
    "brave": {"web": {"results": [RESULT | {"description": "boils"}]}},
    "tavily": {"results": [RESULT | {"content": "boils", "score": 0.9}]},
    "serper": {"organic": [{"title": "A kettle", "link": RESULT["url"], "snippet": "boils"}]},
    "exa": {"results": [RESULT | {"summary": "boils"}]},
    "serpapi": {"organic_results": [{"title": "A kettle", "link": RESULT["url"], "snippet": "boils"}]},
}
KEY_IN = {
    "searxng": ("authorization", "Bearer k"),
    "brave": ("x-subscription-token", "k"),
    "tavily": ("authorization", "Bearer k"),
    "serper": ("x-api-key", "k"),
    "exa": ("x-api-key", "k"),
}


class Service:
    """A search service that answers with what it is told, and keeps what it was asked."""

    def __init__(self, status: int, body: str) -> None:
        self.asked: list[Incoming] = []
        self._status, self._body = status, body
        self._loopback = Loopback(self._respond, max_body_bytes=10_000)

    async def __aenter__(self) -> Service:
        self.url = await self._loopback.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._loopback.close()

    async def _respond(self, _: Connection, incoming: Incoming) -> Answer:
        self.asked.append(incoming)

        async def content() -> AsyncIterator[bytes]:
            yield self._body.encode()

        return Answer(self._status, {"Content-Type": "application/json"}, content())


@pytest.mark.parametrize("kind", ANSWERS)
async def test_each_service_is_asked_in_its_own_way(kind: str) -> None:
    """Its key goes where its documentation says, its answer becomes the same hits."""
    async with Service(200, json.dumps(ANSWERS[kind])) as service:
        found = await Searching([Provider(kind, service.url, "k")]).search("travel kettle")
    assert found.hits == (Hit("A kettle", "http://kettles.example/best", "boils"),)
    if kind == "serpapi":
        assert "api_key=k" in service.asked[0].query
    else:
        header, value = KEY_IN[kind]
        assert service.asked[0].headers[header] == value
    assert "kettle" in service.asked[0].query + service.asked[0].body.decode()


@pytest.mark.parametrize("status", [401, 402, 403, 404, 429, 500, 503])
async def test_a_service_that_refuses_is_passed_over_with_its_reason(status: int) -> None:
    """The next one answers, and the reason names the first without its key."""
    async with Service(status, "no") as first, Service(200, json.dumps(ANSWERS["tavily"])) as second:
        providers = [Provider("brave", first.url, "planted"), Provider("tavily", second.url, "k")]
        found = await Searching(providers).search("kettle")
    assert found.by == "tavily"
    assert found.passed_over[0].startswith("brave ")
    assert str(status) in found.passed_over[0]
    assert "planted" not in found.passed_over[0]


@pytest.mark.parametrize(
    "body", ["", "{}", "[]", '{"results": 3}', '{"results": ["x"]}', "<html>", "[" * 100_000]
)
async def test_an_answer_of_another_form_is_a_reason(body: str) -> None:
    """What a broken service sends never breaks the search."""
    async with Service(200, body) as service:
        with pytest.raises(WebError, match="searxng answered with what is no list"):
            await Searching([Provider("searxng", service.url)]).search("kettle")


async def test_a_search_engine_without_json_says_which_line_is_missing() -> None:
    """SearXNG answers 403 until its operator allows the format."""
    async with MiniatureWeb(json_format=False) as web:
        with pytest.raises(WebError, match=r"search\.formats"):
            await Searching([Provider("searxng", web.search_url)]).search("kettle")


async def test_the_same_search_is_asked_once_in_six_hours() -> None:
    """Searches cost more than the tokens that read them."""
    time_s = [0.0]
    async with MiniatureWeb() as web:
        searching = Searching([Provider("searxng", web.search_url)], clock=lambda: time_s[0])
        first = await searching.search("travel  kettle")
        assert await searching.search("travel kettle ") == first
        assert len(web.asked) == 1
        time_s[0] = KEPT_S + 1
        await searching.search("travel kettle")
    assert len(web.asked) == 2
    assert first.hits[0].url.startswith("http://kettles.example/")


DUCK = """<div class="result"><h2><a rel="nofollow" class="result__a"
 href="//duckduckgo.com/l/?uddg=http%3A%2F%2Fkettles.example%2Fbest&amp;rut=1">A <b>kettle</b></a></h2>
 <a class="result__snippet" href="//duckduckgo.com/l/?uddg=x">boils <b>well</b></a></div>"""


async def test_a_page_of_results_is_read_without_a_key() -> None:
    """Best effort: addresses are taken out of its own links."""
    async with Service(200, DUCK) as service:
        found = await Searching([Provider("duckduckgo", service.url)]).search("kettle")
    assert found.hits == (Hit("A kettle", "http://kettles.example/best", "boils well"),)


@pytest.mark.parametrize(
    ("status", "words"), [(202, "is asked too often"), (200, "answered with what is no list")]
)
async def test_a_captcha_instead_of_results_is_a_reason(status: int, words: str) -> None:
    """It answers 202 when it has had enough, or another page."""
    async with Service(status, "<form>Are you a robot?</form>") as service:
        with pytest.raises(WebError, match=f"duckduckgo {words}"):
            await Searching([Provider("duckduckgo", service.url)]).search("kettle")


async def test_no_service_at_all_is_a_sentence() -> None:
    """Nothing is configured, or nobody is there."""
    with pytest.raises(WebError, match="No search service is configured"):
        await Searching([]).search("kettle")
    async with Service(200, "{}") as service:
        gone = service.url
    with pytest.raises(WebError, match="searxng cannot be reached"):
        await Searching([Provider("searxng", gone)]).search("kettle")


@pytest.mark.parametrize(("kind", "url"), [("gugel", "http://x"), ("brave", ""), ("searxng", "")])
def test_an_incomplete_service_is_refused_at_once(kind: str, url: str) -> None:
    """Unknown, without its key, without its address."""
    with pytest.raises(ValueError, match=kind):
        Provider(kind, url)
