"""One person asks for far too much: money ends at the cap, others are served as if nothing were."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot import rules
from bot.brief import Brief
from bot.budgets import micros
from bot.inbox import GROUP
from bot.model.conversations import Message, Outcome
from bot.model.decisions import Decision
from bot.model.dispatches import Dispatch, Run, RunState, Status
from bot.model.log import LedgerRow
from bot.model.posts import OutboxRow
from bot.turns import AT_ONCE
from tests.houses import Household, open_household, tables, wrote

CAP_USD = 1.0
PLAY: dict[str, Any] = {
    "rules": [
        {"when": r"part (?P<n>\w+) please", "steps": [{"spend": 0.3}, {"say": "Part {{n}} is done."}]},
    ]
}
BUDGETS = {"person_day_usd": CAP_USD, "total_day_usd": 100.0, "total_month_usd": 100.0}


def configuration(directory: Path, **limits: int) -> dict[str, Any]:
    """ann and bob may work, each in a directory of their own."""
    configured = tables(directory, budgets=BUDGETS, limits={"per_person": 2, **limits})
    project = configured["projects"]["api"] | {"max_usd_per_dispatch": 0.32}
    for name in ("api", "web"):
        (directory / name).mkdir(exist_ok=True)
    configured["projects"] = {name: project | {"directory": name} for name in ("api", "web")}
    configured["people"]["bob"]["role"] = "user"
    return configured


async def flood(house: Household, requests: int) -> None:
    """All from one person, in ten conversations."""
    for n in range(requests):
        await house.running.desk.receive(wrote(f"/run @api part a{n} please", where=f"room{n % 10}"))


@pytest.mark.full
async def test_a_flood_beyond_the_rates_is_refused_and_bounded(tmp_path: Path) -> None:
    """1,000 requests leave a bounded queue: no more messages, dispatches or posts than the limits say
    (openclaw/openclaw #98556, #86324: no cap on what one person starts)."""
    limits = {"messages_per_minute": 20, "waiting_per_person": 5, "dispatches_per_hour": 15}
    async with open_household(tmp_path, configuration(tmp_path, **limits), play=PLAY) as house:
        await flood(house, 1000)
        await house.running.desk.receive(wrote("/run @web part b please", by="bob", where="bob's"))
        await _bob_is_served(house)
        kept = [row for row in await house.rows(Message) if row.person == "ann"]
        minutes = 1 + (kept[-1].received_at - kept[0].received_at).total_seconds() // 60
        assert len(kept) <= 20 * (minutes + 1)
        assert len(await house.rows(Dispatch, person="ann")) <= 15
        assert len(await house.rows(Dispatch, person="ann", status=Status.WAITING)) <= 5
        refusals = [row for row in await house.rows(OutboxRow) if "messages in a minute" in row.post.markdown]
        assert len(refusals) <= 10 * (minutes + 1)


async def test_what_is_too_much_stands_in_nobodys_way(tmp_path: Path) -> None:
    """Who was refused is refused again at once, however busy the database is; elsewhere they are heard."""
    async with open_household(tmp_path, configuration(tmp_path, messages_per_minute=1)) as house:
        receive = house.running.desk.receive
        await receive(wrote("hello"))
        assert (await receive(wrote("hello?"))).outcome is Outcome.REFUSED
        async with house.running.desk.house.store.transaction():
            assert (await receive(wrote("hello??"))).outcome is Outcome.REFUSED
            stopping = asyncio.create_task(receive(wrote("stop")))
            elsewhere = asyncio.create_task(receive(wrote("hello", where="side")))
            await asyncio.wait([stopping, elsewhere], timeout=0.01)
            assert not stopping.done()
            assert not elsewhere.done()
        assert (await stopping).outcome is Outcome.ACCEPTED
        assert (await elsewhere).outcome is Outcome.REFUSED


async def test_one_person_has_two_turns_at_a_time(tmp_path: Path) -> None:
    """However many conversations they write in at once; somebody else's turn comes beside them."""
    thinking: list[str] = []
    bobs, go_on = asyncio.Event(), asyncio.Event()

    async def decide(brief: Brief) -> Decision:
        thinking.append(brief.message.text)
        if brief.person.id == "bob":
            bobs.set()
        await go_on.wait()
        return rules.decide(brief)

    async with open_household(tmp_path, configuration(tmp_path), decide=decide) as house:
        for n in range(5):
            await house.running.desk.receive(wrote(f"tell me {n}", where=f"room{n}"))
        await house.running.desk.receive(wrote("tell me", by="bob", where="bob's"))
        await asyncio.wait_for(bobs.wait(), 60)
        assert len(thinking) <= 1 + AT_ONCE
        go_on.set()
        for n in range(5):
            await house.platform.until(lambda n=n: bool(house.shown(f"room{n}")), 60)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("requests", [30, pytest.param(1000, marks=pytest.mark.full)])
async def test_however_much_is_asked_for_the_cap_holds_and_others_go_first(
    tmp_path: Path, requests: int
) -> None:
    """With no other limit in the way, a long line of one person costs the cap at most, and somebody else's
    work is done while it waits (elasticclaw/elasticclaw #121, 5dive/5dive #17)."""
    many = {"messages_per_minute": 9999, "waiting_per_person": 9999, "dispatches_per_hour": 9999}
    async with open_household(tmp_path, configuration(tmp_path, **many), play=PLAY) as house:
        await flood(house, requests)
        await house.running.desk.receive(wrote("/run @web part b please", by="bob", where="bob's"))
        await _bob_is_served(house)
        await house.until_rows(partial(_ann_is_at_her_cap, requests), patience_s=600)
        paid = [row for row in await house.rows(LedgerRow) if row.person == "ann"]
        assert micros(sum(row.usd or 0 for row in paid)) == 900_000  # three runs; a fourth would not fit
        told = [row for row in await house.rows(OutboxRow) if "waits for money" in row.post.markdown]
        assert len(told) <= 10  # once in each conversation


async def _bob_is_served(house: Household) -> None:
    await house.platform.until(lambda: any("Part b is done." in text for text in house.shown("bob's")), 60)


async def _ann_is_at_her_cap(requests: int, unit: Any) -> bool:
    """Every request was treated, and nothing of hers runs any more."""
    treated = len(await unit.find(Dispatch, person="ann")) == requests
    running = await unit.find(Run, state=(RunState.QUEUED, RunState.RUNNING))
    return treated and not running and len(await unit.find(LedgerRow, person="ann")) >= 3


async def test_nobody_stands_behind_another_persons_flood(tmp_path: Path) -> None:
    """Of what waits to be committed everybody's first goes first; each conversation keeps its order."""
    async with open_household(tmp_path, configuration(tmp_path, messages_per_minute=1000)) as house:
        receive = house.running.desk.receive
        async with asyncio.TaskGroup() as group, house.running.desk.house.store.transaction():
            for n in range(300):
                group.create_task(receive(wrote(f"{n:03}", where=f"room{n % 3}")))
            group.create_task(receive(wrote("me too", by="bob", where="bob's")))
            await asyncio.sleep(0)  # all have arrived, and nobody can commit
        kept = sorted(await house.rows(Message), key=lambda row: row.received_at)
        assert [row.person for row in kept].index("bob") <= GROUP
        for room in {row.conversation for row in kept}:
            said = [(row.seq, row.text) for row in kept if row.conversation == room]
            assert said == sorted(said)
            assert [text for _, text in said] == sorted(text for _, text in said)
