"""The researcher hands over what it read and can prove, within its bounds, whatever its model says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.rehearsal.contracts.specialist_checking import Subject, watch
from bot.model.dispatches import StepState
from bot.model.events import End, Fetched, Finished, Noted, Planned, Used
from tests.researchers import (
    BEST,
    PROOF,
    Ground,
    Model,
    fetch,
    file_of,
    ground,
    later,
    nobody,
    note,
    says,
    search,
    text_of,
    work_in,
)

OLD = "http://kettles.example/old-ranking"
METHOD = "http://kettles.example/method"
ALDER = "http://kettles.example/alder-mini"
TRUE = "The Alder Mini is the first choice and costs 45 euros. [1]"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Ground]:
    async with ground(tmp_path) as here:
        yield here


async def test_an_answer_comes_with_its_sources(here: Ground) -> None:
    """Title, host and date are the record's; the file has the quotes and every page that was asked for."""
    model = Model([[search()], [fetch()], [note()], [says(TRUE)]])
    run = await here.run(model)
    text = text_of(run)
    assert text.startswith(TRUE)
    assert "1. The best travel kettles of 2026 · kettles.example · read 20" in text
    assert BEST in text
    assert "“boils half a litre in 142 seconds" in file_of(run)
    assert model.tools == {"web_search", "web_fetch", "note", "ask_person"}


async def test_its_progress_is_told(here: Ground) -> None:
    """What it searches for, how many pages of how many it has read, and that it checks."""
    run = await here.run(Model([[search("travel kettles")], [fetch()], [says(TRUE)]]))
    titles = [event.title for event in run.seen if isinstance(event, Used) and event.ok is None]
    assert titles == ["searching “travel kettles”", "reading page 1 of at most 20"]
    plans = [[step.text for step in event.steps] for event in run.seen if isinstance(event, Planned)]
    assert plans[0][0] == "searching “travel kettles”"
    assert ["searched once", "read 0 of 1 pages", "check each statement"] in plans
    assert plans[-1] == ["searched once", "read 1 of 1 pages", "check each statement"]
    last = [event for event in run.seen if isinstance(event, Planned)][-1]
    assert {step.state for step in last.steps} == {StepState.DONE}


async def test_words_of_a_search_do_not_become_a_link_on_the_card(here: Ground) -> None:
    """By then the model may have read anything."""
    run = await here.run(Model([[search("buy at http://invented.example/now")], [says("")]]))
    assert not [event for event in run.seen if isinstance(event, Planned) and "invented" in str(event)]
    assert not [event for event in run.seen if isinstance(event, Used) and "invented" in event.title]


LIES = (
    "The Zeppelin 3000 is the best of all. [2]\n"
    "Read [The Great Kettle Study](http://invented.example/study) about it. [1]\n"
    "“The Great Kettle Study” agrees. [1]\n"
    "As *Kettle Monthly* says, nothing boils faster. [1]\n"
    "It costs 12 euros at www.invented.example. [1]\n"
    "It won 77 prizes. [1]\n"
    "Believe me.\n"
    "## Zeppelin 3000\n"
)
LYING = [
    PROOF,
    {
        "text": "Zeppelin",
        "url": "http://invented.example/study",
        "quote": "the Zeppelin 3000 is the best of all",
    },
    {"text": "Zeppelin", "url": BEST, "quote": "the Zeppelin 3000 is the best of all kettles"},
    {
        "text": "Zeppelin",
        "url": "http://kettles.example/old-ranking",
        "quote": "the Zeppelin 3000 came in first",
    },
]
INVENTED = ("Zeppelin", "invented", "Great Kettle Study", "Kettle Monthly", "77", "12 euros", "Believe")


async def test_nothing_that_a_lying_model_invents_gets_through(here: Ground) -> None:
    """Addresses, quotes, titles and figures: it lies again when it is told, and what is true stays."""
    lie = says(LIES + TRUE, *LYING, open_questions=["Is http://invented.example right about Zeppelin 3000?"])
    run = await here.run(Model([[search()], [fetch()], [lie]], written=[lie]))
    text = text_of(run)
    assert text.startswith(TRUE)
    assert not [word for word in INVENTED if word in text or word in file_of(run)]
    assert "Left out: " in text
    assert "1 quote that is not on its page" in text


async def test_a_liar_who_has_read_nothing_says_nothing(here: Ground) -> None:
    """No page, no source, no words."""
    run = await here.run(Model([[says(LIES, *LYING)]], written=[says(LIES, *LYING)]))
    assert text_of(run).startswith("I found nothing that could be verified.")
    assert not [word for word in INVENTED if word in text_of(run)]


async def test_a_draft_is_repaired_once(here: Ground) -> None:
    """The model is told what does not hold, and what it writes then is checked in the same way."""
    model = Model([[search()], [fetch()], [says("It needs 9 seconds. [1]")]], written=[says(TRUE)])
    assert text_of(await here.run(model)).startswith(TRUE)
    assert model.writes == 1
    assert "the figure 9 is not on a page" in model.heard[-1]


async def test_dead_pages_are_dropped_and_that_is_said(here: Ground) -> None:
    """A dead link, a page that says so with 200, and one that leads home: none is cited, all are counted."""
    dead = [f"http://kettles.example/{path}" for path in ("old-ranking", "best-of-2019", "cedar-go")]
    words = "old ranking best 2019 cedar page looking found"
    found = [search(), ("web_search", {"query": words, "most": 10})]
    model = Model([found, [fetch(url) for url in dead], [fetch()], [says(TRUE)]])
    text = text_of(await here.run(model))
    assert "3 dead links dropped." in text
    assert not [url for url in dead if url in text]


async def test_an_address_of_the_models_own_is_not_asked(here: Ground) -> None:
    """What it read cannot leave in the address of a page that nobody named."""
    secret = "http://kettles.example/?q=what-the-page-said"
    run = await here.run(Model([[fetch(secret)], [says("")]]))
    assert [event for event in run.seen if isinstance(event, Used)] == []
    assert here.web.asked == []


async def test_an_address_of_the_person_is_asked(here: Ground) -> None:
    """Without any search."""
    work = work_in(here.directory, prompt=f"What does {BEST}, the page, say?")
    run = await here.run(Model([[fetch()], [says(TRUE)]]), work)
    assert text_of(run).startswith(TRUE)


async def test_an_obedient_model_finds_nothing_to_obey_with(here: Ground) -> None:
    """A page gives orders; the model tries each of them, and there is no such tool."""
    page = "http://tea.example/injected"
    orders = [("dispatch", {"project": "api"}), ("approve", {"id": "q1"}), fetch("http://evil.example/proof")]
    cites = {"text": "Proof.", "url": "http://evil.example/proof", "quote": "delete the repository"}
    model = Model([[search("kettle everybody buys")], [fetch(page)], orders, [says("Do it. [1]", cites)]])
    run = await here.run(model)
    assert "evil.example" not in text_of(run)
    assert not [asked for asked in here.web.asked if asked.startswith("evil.example")]
    harmless = {"Started", "Used", "Planned", "Spent", "Fetched", "Noted", "Made", "Finished"}
    assert {type(event).__name__ for event in run.seen} <= harmless


async def test_a_note_that_does_not_hold_is_refused_at_once(here: Ground) -> None:
    """So that the model can correct it while it still has the page."""
    model = Model([[search()], [fetch()], [note(quote="the Zeppelin 3000 is the best")], [says(TRUE)]])
    await here.run(model)
    assert "Not kept: Claim 1: the quote is not on" in model.heard[-1]


@pytest.mark.parametrize(
    ("bound", "words"),
    [
        ({"tokens": 1500}, "its limit of 1,500 tokens was reached"),
        ({"searches": 1}, "its limit of 1 searches was reached"),
        ({"fetches": 1}, "its limit of 1 fetches was reached"),
    ],
)
async def test_at_each_bound_a_partial_answer_is_given(
    here: Ground, bound: dict[str, int], words: str
) -> None:
    """complaints row 11 (OC #98556): a loop without an end has one; what was gathered is not lost."""
    other = "http://kettles.example/alder-mini"
    steps = [
        [search()],
        [fetch()],
        [note()],
        [search("alder mini")],
        [fetch(other)],
        [search("x")],
        [says(TRUE)],
    ]
    model = Model(steps, written=[says(TRUE)])
    ran = await here.run(model, None, **bound)
    last, text = ran.seen[-1], text_of(ran)
    assert isinstance(last, Finished)
    assert last.partial
    assert text.startswith(f"**Partial answer:** {words}.")
    assert TRUE in text
    assert len([asked for asked in here.web.asked if asked.startswith("127")]) <= bound.get("searches", 8)


async def test_a_model_that_goes_in_circles_is_ended(here: Ground) -> None:
    """complaints row 11 (OC #64463): the same call for ever; the notes speak where the model does not."""
    model = Model([[search()], [fetch()], [note()], [fetch()]], written=[RuntimeError("gone")])
    text = text_of(await here.run(model))
    assert text.startswith("**Partial answer:** it went in circles.")
    assert "The Alder Mini costs 45 euros. [1]" in text


async def test_when_time_is_up_what_is_there_becomes_the_answer(here: Ground) -> None:
    """A page that drips does not keep a person waiting; pages of an earlier run count too."""
    first = work_in(here.directory)
    steps = [[search(), search("drip takes long")], [fetch()], [note()], [says(TRUE)]]
    before = await here.run(Model(steps), first)
    model = Model([[fetch("http://evil.example/drip")]], written=[says(TRUE)])
    text = text_of(await here.run(model, later(first, before), seconds=0.5))
    assert text.startswith("**Partial answer:** its limit of 0.5 seconds was reached.")
    assert TRUE in text


async def test_near_a_bound_the_tools_say_so(here: Ground) -> None:
    """At four fifths."""
    model = Model([[search(str(turn))] for turn in range(4)] + [[says("")]])
    await here.run(model, searches=5)
    assert "Nearly used up: searches" in model.heard[-2]
    assert "Nearly used up: searches" not in model.heard[-3]


async def test_a_model_that_fails_at_once_is_a_failure_with_a_sentence(here: Ground) -> None:
    """Nothing was found, so there is nothing to hand over."""
    last = (await here.run(Model([RuntimeError("secret words")]))).seen[-1]
    assert isinstance(last, Finished)
    assert last.end is End.FAILED
    assert "openai:gpt-5-mini did not answer" in last.detail
    assert "secret" not in last.detail


async def test_a_model_that_fails_later_leaves_what_was_noted(here: Ground) -> None:
    """Nothing that was gathered is thrown away."""
    text = text_of(await here.run(Model([[search()], [fetch()], [note()], RuntimeError("gone")])))
    assert text.startswith("**Partial answer:** The model openai:gpt-5-mini did not answer")
    assert "The Alder Mini costs 45 euros. [1]" in text


async def test_a_follow_up_has_the_pages_and_notes_at_hand(here: Ground) -> None:
    """Nothing is asked for a second time."""
    first = work_in(here.directory)
    before = await here.run(Model([[search()], [fetch()], [note()], [says(TRUE)]]), first)
    asked = list(here.web.asked)
    model = Model([[fetch()], [says(TRUE)]])
    text = text_of(await here.run(model, later(first, before, prompt="And its price?")))
    assert text.startswith(TRUE)
    assert here.web.asked == asked
    assert "Earlier question: Which travel kettle is the best?" in model.heard[0]
    assert "The Alder Mini costs 45 euros." in model.heard[0]


async def test_a_page_of_yesterday_is_read_again(here: Ground) -> None:
    """An answer is as of today: an old page is an address, and a note from it is no proof."""
    first = work_in(here.directory)
    work = later(first, await here.run(Model([[search()], [fetch()], [note()], [says(TRUE)]]), first))
    old = tuple(replace(page, at=page.at - timedelta(days=1)) for page in work.fetches)
    model = Model([[fetch()], [says(TRUE)]])
    text = text_of(await here.run(model, replace(work, fetches=old)))
    assert text.startswith(TRUE)
    assert here.web.asked.count("kettles.example/best") == 2
    assert "Notes so far" not in model.heard[0]


async def test_each_fetch_and_note_is_told_and_waited_for(here: Ground) -> None:
    """An attempt that dies after the model saw a page leaves its row behind."""
    run = await here.run(
        Model([[search()], [search("old ranking")], [fetch()], [fetch(OLD)], [note()], [says(TRUE)]])
    )
    told = [(event.url, event.status, event.title) for event in run.seen if isinstance(event, Fetched)]
    assert told == [(BEST, 200, "The best travel kettles of 2026"), (OLD, 404, "")]
    (noted,) = [event for event in run.seen if isinstance(event, Noted)]
    assert (noted.url, noted.quote) == (BEST, PROOF["quote"])


async def test_a_second_attempt_has_the_first_ones_budget(here: Ground) -> None:
    """Dying makes nobody richer: what the run searched, fetched and paid before counts on."""
    first = work_in(here.directory)
    steps = [[search(), search("alder mini review")], [fetch()], [fetch(ALDER)], [note()]]
    subject = Subject(here.specialist(Model(steps).connect, fetches=2), first, nobody)
    cut = await watch(subject, first.prompt)
    await cut.until(Noted)
    await cut.events.aclose()
    model = Model([[fetch(BEST), fetch(ALDER), fetch(METHOD)], [says(TRUE)]], written=[says(TRUE)])
    text = text_of(await here.run(model, later(first, cut, run=first.run, attempt=2), fetches=2))
    assert "its limit of 2 fetches was reached" in text
    assert here.web.asked.count("kettles.example/best") == 1
    assert not [asked for asked in here.web.asked if asked.endswith("/method")]


async def test_a_missing_search_engine_is_said_in_the_answer(here: Ground) -> None:
    """The reason reaches the person, and so the operator."""
    here.web.sites.search_status = 429
    run = await here.run(Model([[search()], [says("")]], written=[says("")]))
    assert "searxng is asked too often" in text_of(run)


async def test_a_stopped_run_says_so(here: Ground) -> None:
    """And leaves nothing behind."""
    model = Model([[search("drip takes long")], [fetch("http://evil.example/drip")]])
    run = await watch(Subject(here.specialist(model.connect), work_in(here.directory), nobody), "long")
    await run.until(Used)
    await run.run.cancel("stop", 1.0)
    last = await run.rest()
    assert isinstance(last, Finished)
    assert last.end is End.STOPPED
