"""A question in a chat is researched by the whole house: rehearsed model, real rows and posts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.rehearsal.contracts import specialist as contract
from adapters.rehearsal.contracts.specialist import Check, Subject
from adapters.rehearsal.miniature_web import MiniatureWeb
from adapters.rehearsal.miniature_web.researcher import make as on_the_miniature_web
from adapters.rehearsal.model_server import ModelServer, Script, Use, rule, step
from adapters.rehearsal.model_server.script import Decide, Rule
from adapters.specialists.web_research.entry import make, research_settings
from adapters.specialists.web_research.settings import ResearchSettings
from adapters.specialists.web_research.specialist import WebResearch
from adapters.web.fetching import Fetcher
from bot.app import open_house
from bot.errors import SettingsError
from bot.house import utc_now
from bot.instance import InstanceLock
from bot.model.purging import Purge
from bot.model.result_cache import CachedResult, CacheState
from bot.settings import Settings, load
from tests.researchers import BEST, PROOF, QUICK, SITES_AND_MORE, ground, work_in
from tests.visitors import WATCHER, Visitor

CONFIGURATION = """
[frontdesk]
home = "{home}"
[secretary]
model = "rules"
[questions]
grace_s = {grace_s}
[people.ann]
role = "user"
[people.dora]
role = "admin"
[projects.shop]
directory = "{directory}"
specialist = "web-research"
max_usd_per_dispatch = {usd}
[specialists.web-research]
kind = "{kind}"
model = "openai:gpt-5-mini"
base_url = "{model}"
search = ["searxng"]
searxng_url = "{search}"
"""

TRUE = "The Alder Mini is the first choice and costs 45 euros. [1]"
NOTE = Use("note", {"claim": PROOF["text"], "url": BEST, "quote": PROOF["quote"]})
GATHER = [Use("web_search", {"query": "best travel kettles"}), Use("web_fetch", {"url": BEST}), NOTE]


def report(answer: str, *claims: dict[str, str]) -> Decide:
    return Decide(
        {"answer": answer, "claims": list(claims or (PROOF,)), "open_questions": [], "confidence": "high"}
    )


@asynccontextmanager
async def house(
    root: Path, rules: Sequence[Rule], *, usd: float = 2.0, grace_s: float = 120.0
) -> AsyncGenerator[tuple[Visitor, MiniatureWeb]]:
    async with ModelServer(Script(rules=tuple(rules))) as server, MiniatureWeb(SITES_AND_MORE) as web:
        settings = configured(root, server.openai_url, web.search_url, usd, grace_s=grace_s)
        settings.home.mkdir(mode=0o700, exist_ok=True)
        fetcher = Fetcher(QUICK, network=web.network)
        researcher = WebResearch(research_settings(settings, "web-research"), fetcher=fetcher)
        try:
            with InstanceLock(settings.home):
                made = open_house(settings, specialists={"web-research": researcher}, drain_s=0.0)
                async with made as running:
                    yield Visitor(running.desk), web
        finally:
            await researcher.close()


def configured(
    root: Path,
    model: str,
    search: str,
    usd: float = 2.0,
    *,
    kind: str = "web-research",
    grace_s: float = 120.0,
) -> Settings:
    (root / "shop").mkdir(exist_ok=True)
    text = CONFIGURATION.format(
        home=root / "home",
        directory=root / "shop",
        model=model,
        search=search,
        usd=usd,
        kind=kind,
        grace_s=grace_s,
    )
    (root / "frontdesk.toml").write_text(text)
    return load(str(root / "frontdesk.toml"), environ={"HOME": str(root), "OPENAI_API_KEY": "sk-planted"})


async def handed_over(ann: Visitor) -> str:
    """The words of every file in the conversation."""
    files = [file for row in await ann.posts() for file in row.post.files]
    assert {file.name for file in files} == {"report.md"}
    return "".join([(await ann.blob(file.sha256)).decode() for file in files])


async def test_a_question_in_a_chat_becomes_an_answer_with_sources(tmp_path: Path) -> None:
    """By `/run @project` in rules mode: progress on the card, money, numbered sources, a follow-up."""
    rules = [
        rule("And its price", [report(TRUE)]),
        rule("best travel kettle", [*GATHER, report(TRUE)]),
    ]
    async with house(tmp_path, rules) as (ann, web):
        await ann.starts("find the best travel kettle")
        await ann.is_done()
        result = await ann.hears(TRUE)
        assert "1. The best travel kettles of 2026 · kettles.example" in result.markdown
        assert "$" in result.footer
        assert "“boils half a litre" in await handed_over(ann)
        asked = list(web.asked)
        await ann.says("/continue d1 And its price?")
        await ann.is_done(run=2)
        assert web.asked == asked
        detail = await ann.desk.show(WATCHER, "d1")
        assert [(page.run, page.url, page.status) for page in detail.fetches] == [("d1/1", BEST, 200)]
        assert [note.quote for note in detail.findings] == [PROOF["quote"]]
        costs = [run.cost_usd or 0.0 for run in await ann.runs()]
        assert min(costs) > 0
        gone = await ann.desk.keeping.purge(WATCHER, Purge(utc_now() + timedelta(days=1)))
        assert (gone.rows["fetches"], gone.rows["findings"]) == (1, 1)


async def test_a_lying_model_gets_nothing_into_the_chat(tmp_path: Path) -> None:
    """In no post, no card and no file: what it invented is counted, never repeated."""
    invented = "http://invented.example/study"
    lie = report(
        f"The Zeppelin 3000 wins. [2]\n“The Great Zeppelin Study” says so. [1]\nSee {invented} [1]\n{TRUE}",
        PROOF,
        {"text": "Zeppelin", "url": invented, "quote": "the Zeppelin 3000 wins every test"},
    )
    rules = [rule("do not hold", [lie]), rule("best travel kettle", [*GATHER, lie])]
    async with house(tmp_path, rules) as (ann, _):
        await ann.starts("find the best travel kettle")
        await ann.is_done()
        await ann.hears(TRUE)
        assert await states_of(ann) == [CacheState.GOOD]
        report_file = await handed_over(ann)
        words = await ann.text() + report_file
    assert TRUE in report_file
    assert "Left out:" in words
    assert "Zeppelin" not in words
    assert "invented.example" not in words


async def states_of(ann: Visitor) -> list[CacheState]:
    """Of results that would answer the same request."""
    async with ann.desk.house.store.reading() as unit:
        return [row.state for row in await unit.find(CachedResult)]


async def test_at_its_dollar_limit_a_partial_answer_is_given(tmp_path: Path) -> None:
    """complaints row 11 (elasticclaw #121): money ends the loop, and what was gathered is handed over."""
    rules = [
        rule("You have no tools any more", [report(TRUE)]),
        rule("best travel kettle", [*GATHER, *GATHER * 10, report(TRUE)]),
    ]
    async with house(tmp_path, rules, usd=0.002) as (ann, _):
        await ann.starts("find the best travel kettle")
        await ann.is_done()
        result = await ann.hears("Partial answer")
        assert await states_of(ann) == [CacheState.OVER]
    assert "its limit of $" in result.markdown
    assert TRUE in result.markdown


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('search = ["brave"]', "BRAVE_API_KEY"),
        ('search = ["gugel"]', "There is no search service gugel"),
        ('search = ["searxng"]', "searxng_url"),
        ("", "search is missing"),
    ],
)
def test_an_incomplete_researcher_says_what_is_missing(line: str, words: str, tmp_path: Path) -> None:
    """Before anything starts."""
    text = f'[specialists.web-research]\nmodel = "openai:gpt-5-mini"\n{line}\n'
    (tmp_path / "frontdesk.toml").write_text(text)
    settings = load(str(tmp_path / "frontdesk.toml"), environ={"HOME": str(tmp_path)})
    with pytest.raises(SettingsError, match=words):
        make(settings, "web-research")


async def test_it_asks_parks_and_goes_on_with_the_answer(tmp_path: Path) -> None:
    """The question waits as a row; the next run has pages, notes and the answer, and reads nothing again."""
    question = Use("ask_person", {"question": "For which voltage?", "options": ["110 volts", "230 volts"]})
    rules = [
        rule(r"best travel kettle[\s\S]*They answered: 230 volts", [report(TRUE)]),
        rule("best travel kettle", [*GATHER, question], answers="any"),
    ]
    async with house(tmp_path, rules, grace_s=0.0) as (ann, web):
        await ann.starts("find the best travel kettle")
        await ann.parks()
        asked = list(web.asked)
        assert (await ann.question(1)).text == "For which voltage?"
        await ann.presses("230 volts")
        await ann.is_done(run=2)
        await ann.hears(TRUE)
        assert web.asked == asked
        assert [run.n for run in await ann.runs()] == [1, 2]


def test_the_miniature_web_is_on_this_machine(tmp_path: Path) -> None:
    """Its names lead to loopback and nowhere else, whatever the file says."""
    settings = configured(tmp_path, "http://127.0.0.1:9/v1", "http://search.example:8080")
    with pytest.raises(SettingsError, match=r"must be where the miniature web listens"):
        on_the_miniature_web(settings, "web-research")


GREETING = "http://hello.example/"
HELLO_PROOF = {"text": "They say hello.", "url": GREETING, "quote": "We say hello to everybody who comes in"}
DOOR_PROOF = {
    "text": "The door has a colour.",
    "url": GREETING,
    "quote": "painted red or blue, as you like it",
}
CONTRACT = [
    rule(
        contract.RECALL,
        [report("They greet: contract, {{first}}. [1]", HELLO_PROOF)],
        find={"first": r"Earlier question: contract: (.+)"},
    ),
    rule(contract.SHORT, [*(Use("web_search", {"query": f"kettle {n}"}) for n in range(4)), report("done")]),
    rule(
        contract.LONG,
        [
            Use("web_search", {"query": "drip takes long"}),
            Use("web_fetch", {"url": "http://evil.example/drip"}),
        ],
        answers="any",
    ),
    rule(
        rf"{contract.COLOUR}[\s\S]*They answered",
        [report("The door is {{colour}}. [1]", DOOR_PROOF)],
        find={"colour": r"They answered: (\w+)"},
    ),
    rule(
        contract.COLOUR,
        [
            Use("web_search", {"query": "greeting hello"}),
            Use("web_fetch", {"url": GREETING}),
            Use("ask_person", {"question": "Which colour?", "options": ["red", "blue"]}),
            step(
                report("The door is {{colour}}. [1]", DOOR_PROOF), only_if=r"They answered: (?P<colour>\w+)"
            ),
        ],
        answers="any",
    ),
    rule(
        contract.HELLO,
        [
            Use("web_search", {"query": "greeting hello"}),
            Use("web_fetch", {"url": GREETING}),
            report("They say hello. [1]", HELLO_PROOF),
        ],
    ),
]
CHECKS = contract.checks_for(WebResearch(ResearchSettings("openai:gpt-5-mini")).abilities)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_the_researcher_keeps(check: Check, tmp_path: Path) -> None:
    """Every check of the shipped suite that its abilities ask for holds."""

    async def leftovers() -> Sequence[str]:
        return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("research.")]

    async with ModelServer(Script(rules=tuple(CONTRACT))) as server, ground(tmp_path) as here:
        made: list[WebResearch] = []

        async def open_subject() -> Subject:
            made.append(here.specialist(None, base_url=server.openai_url, key="sk-planted"))
            return Subject(made[-1], work_in(tmp_path), leftovers)

        try:
            await check(open_subject)
        finally:
            for specialist in made:
                await specialist.close()
