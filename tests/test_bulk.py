"""One task over many items: every item ends once, nothing is paid twice, whatever is killed."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from adapters.rehearsal.model_server import Fault, FaultKind
from adapters.specialists.completion.entry import completion_settings
from adapters.specialists.completion.specialist import Completion
from bot.app import open_desk, open_house
from bot.desk import Desk
from bot.instance import InstanceLock
from bot.model.dispatches import Status
from bot.model.items import Item, ItemState
from bot.model.kinds import KindOfWork
from bot.model.log import AuditRow, EventRow
from bot.settings import load
from tests.bulks import TASK, Moody, configure
from tests.servings import serving
from tests.visitors import Visitor

ENVIRONMENT = {"OPENAI_API_KEY": "sk-planted"}
PATIENCE_S = 100.0


@asynccontextmanager
async def house(root: Path, items: int, moody: Moody, usd: float = 2.0) -> AsyncGenerator[Visitor]:
    async with moody.server() as server, opened(configure(root, items, server.openai_url, usd)) as ann:
        yield ann


@asynccontextmanager
async def opened(path: Path) -> AsyncGenerator[Visitor]:
    """Without the pauses between tries that a provider needs."""
    settings = load(str(path), environ={"HOME": str(path.parent), **ENVIRONMENT})
    settings.home.mkdir(mode=0o700, exist_ok=True)
    plain = Completion(replace(completion_settings(settings, "completion"), pause_s=0.01))
    try:
        with InstanceLock(settings.home):
            async with open_house(settings, specialists={"completion": plain}, drain_s=0.0) as running:
                yield Visitor(running.desk)
    finally:
        await plain.close()


async def items_of(desk: Desk) -> list[Item]:
    async with desk.house.store.reading() as unit:
        return await unit.find(Item, list="d1.1")


async def handed_over(ann: Visitor) -> list[list[str]]:
    (file,) = [file for row in await ann.posts() for file in row.post.files]
    assert file.name == "reviews.done.csv"
    return list(csv.reader(io.StringIO((await ann.blob(file.sha256)).decode())))


async def test_a_small_list_comes_back_with_a_result_for_each(tmp_path: Path) -> None:
    """Told in words, from a file of the project; the card counts, the result names what failed."""
    moody = Moody(never=lambda n: n == 7)
    async with house(tmp_path, 12, moody) as ann:
        await ann.says(TASK)
        await ann.is_done()
        result = await ann.hears("11 of 12 items have a result, 1 an error")
        table = await handed_over(ann)
        moody.judge(await items_of(ann.desk), 12)
        (run,) = await ann.runs()
        async with ann.desk.house.store.reading() as unit:
            seen = await unit.find(EventRow, dispatch="d1", kind="Worked")
    assert "- item 7: The model openai:gpt-oss-120b did not answer" in result.markdown
    assert table[0] == ["number", "text", "result", "error"]
    assert table[3] == ["3", "It was number 3.", "mood 3", ""]
    assert table[7][2] == ""
    assert "did not answer" in table[7][3]
    assert run.cost_usd
    assert len(seen) > 2


async def test_what_failed_is_asked_again_on_request_and_nothing_else(tmp_path: Path) -> None:
    """By the words that the result names."""
    broken = {3}
    moody = Moody(fails=lambda _: 0, never=lambda n: n in broken)
    async with house(tmp_path, 5, moody) as ann:
        await ann.says(TASK)
        await ann.is_done()
        before = dict(moody.asked)
        broken.clear()
        await ann.says("retry d1")
        await ann.is_done(run=2)
        await ann.hears("5 of 5 items have a result;")
    assert moody.asked[3] == before[3] + 1
    assert {n: count for n, count in moody.asked.items() if n != 3} == {1: 1, 2: 1, 4: 1, 5: 1}


async def test_at_its_dollar_limit_it_keeps_what_is_finished_and_offers_the_ways_on(tmp_path: Path) -> None:
    """complaints row 11: [Add $N] goes on with the rest, nothing is asked twice."""
    moody = Moody(fails=lambda _: 0, never=lambda _: False)
    async with house(tmp_path, 30, moody, usd=0.006) as ann:
        await ann.says(TASK)
        parked = await ann.hears("are left; what is finished is kept")
        labels = [button.label for button in parked.buttons]
        (first,) = await ann.runs()
        assert labels[1:] == ["Finish with what is there", "Stop"]
        assert labels[0].startswith("Add $")
        assert 0 < (first.cost_usd or 0) <= 0.006
        finished = [item.n for item in await items_of(ann.desk) if item.state is ItemState.DONE]
        assert 0 < len(finished) < 30
        await ann.presses("Finish with what is there")
        await ann.is_done(run=2)
        table = await handed_over(ann)
    assert [row[0] for row in table[1:] if row[2]] == [str(n) for n in finished]
    assert {row[3] for row in table[1:] if not row[2]} == {"not asked"}
    assert moody.calls == len(finished)


async def test_a_key_that_is_refused_ends_the_list_at_once(tmp_path: Path) -> None:
    """Not a thousand times; a retry goes on with all of them."""
    moody = Moody(fails=lambda _: 0, never=lambda _: False)
    async with moody.server() as server:
        server.fail_next(Fault(FaultKind.STATUS, status=401))
        async with opened(configure(tmp_path, 40, server.openai_url)) as ann:
            await ann.says(TASK)
            await ann.hears("it refuses its key")
            assert moody.calls <= 16
            await ann.presses("Retry")
            await ann.is_done(run=2)
            await ann.hears("40 of 40 items have a result")


async def test_a_model_that_does_not_work_is_replaced_by_a_press(tmp_path: Path) -> None:
    """Another of the file's models, for this work only; the card names it from then on."""
    moody = Moody(fails=lambda _: 0, never=lambda _: False)
    async with moody.server() as server:
        server.fail_next(Fault(FaultKind.STATUS, status=401))
        path = configure(tmp_path, 3, server.openai_url)
        with path.open("a") as file:
            file.write(f'[models.other]\nmodel = "openai:gpt-5-mini"\nbase_url = "{server.openai_url}"\n')
        async with opened(path) as ann:
            await ann.says(TASK)
            failed = await ann.hears("it refuses its key")
            assert [button.label for button in failed.buttons][:2] == ["Retry", "Use other this time"]
            await ann.presses("Use other this time")
            await ann.is_done(run=2)
            assert (await ann.dispatch()).model == "other"
            await ann.hears("3 of 3 items have a result")
    assert {request.model for request in list(server.journal)[1:]} == {"gpt-5-mini"}


async def test_an_admin_makes_another_model_the_default_by_a_press(tmp_path: Path) -> None:
    """For work of that kind: the file says so from then on, with its comments, and the audit who did it."""
    moody = Moody(fails=lambda _: 0, never=lambda _: False)
    async with moody.server() as server:
        server.fail_next(Fault(FaultKind.STATUS, status=401))
        path = configure(tmp_path, 3, server.openai_url)
        with path.open("a") as file:
            file.write(
                f'# The other one.\n[models.other]\nmodel = "openai:gpt-5-mini"\n'
                f'base_url = "{server.openai_url}"\n'
            )
        before = path.read_text()
        async with opened(path) as ann:
            await ann.says(TASK)
            failed = await ann.hears("it refuses its key")
            labels = [button.label for button in failed.buttons]
            assert labels[:3] == ["Retry", "Use other this time", "Use other from now on"]
            refused = await ann.presses("Use other from now on")
            assert "may not change the configuration" in refused.text
            assert path.read_text() == before
            await ann.presses("Use other from now on", who="dora")
            await ann.is_done(run=2)
            assert (await ann.dispatch()).model == "other"
            async with ann.desk.house.store.reading() as unit:
                (row,) = await unit.find(AuditRow, action="models.configured")
    kind = row.object.removeprefix("[work.").removesuffix("]")
    assert path.read_text() == f'{before.lstrip()}\n[work.{kind}]\ntier = "other"\n'
    assert (
        load(str(path), environ={"HOME": str(tmp_path), **ENVIRONMENT}).work[KindOfWork(kind)].tier == "other"
    )


@pytest.mark.parametrize(
    ("count", "kills", "seed"),
    [(30, 1, 1), pytest.param(1_000, 3, 2, marks=[pytest.mark.full, pytest.mark.timeout(600)])],
)
async def test_killed_again_and_again_every_item_ends_once(
    count: int, kills: int, seed: int, tmp_path: Path
) -> None:
    """A fifth of the items fail at first, SIGKILL at random moments: one result or stated error for each,
    and no more paid calls than items and retries."""
    random = Random(seed)
    moments = sorted(random.sample(range(count // 10, count - count // 10), kills))
    moody = Moody()
    async with moody.server() as server:
        path = configure(tmp_path, count, server.openai_url)
        settings = load(str(path), environ={"HOME": str(tmp_path), **ENVIRONMENT})
        async with open_desk(settings) as desk:
            ann = Visitor(desk)
            for moment in moments:
                async with serving(path, environment=ENVIRONMENT) as served:
                    if moment == moments[0]:
                        await ann.says(TASK)
                    await until(desk, moment)
                    await served.kill()
            bars: set[str] = set()
            async with serving(path, environment=ENVIRONMENT) as served:
                async with asyncio.timeout(PATIENCE_S + count / 5):
                    while (now := await ann.dispatch()).status is not Status.DONE:
                        assert now.status is Status.RUNNING, now
                        bars.add(now.activity)
                        await asyncio.sleep(0.02)
                await ann.hears("items have a result")
                served.terminate()
                await served.ended()
            items = await items_of(desk)
            moody.judge(items, count)
            table = await handed_over(ann)
            (run,) = await ann.runs()
    assert run.attempt == kills + 1
    assert any(f"of {count:,}" in bar and "▰" in bar for bar in bars), bars
    assert [row[0] for row in table[1:]] == [str(n) for n in range(1, count + 1)]
    assert all(bool(row[2]) != bool(row[3]) for row in table[1:])
    print(f"items={count} kills={kills} calls={moody.calls} tries={sum(item.tries for item in items)}")


async def until(desk: Desk, ended: int) -> None:
    """That many items have ended."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = await items_of(desk)
            if sum(item.state in (ItemState.DONE, ItemState.FAILED) for item in found) >= ended:
                return
            await asyncio.sleep(0.01)
