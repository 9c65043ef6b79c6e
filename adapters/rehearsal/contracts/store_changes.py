"""What a Store keeps about changes: compare-and-set, locks and numbers, also between two clients at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from adapters.rehearsal.contracts import examples
from adapters.rehearsal.contracts.checking import Checks, OpenStore, a_dispatch, one, raises
from bot.errors import Conflict
from bot.model.conversations import Conversation, MessageState
from bot.model.dispatches import Dispatch, Status
from bot.ports import Store

checks = Checks()


@checks.add
async def a_change_raises_the_version_and_touches_nothing_else(open_store: OpenStore) -> None:
    store = open_store()
    await a_dispatch(store)
    async with store.transaction() as unit:
        old = examples.dispatch()
        new = await unit.change(old, status=Status.RUNNING, title="Übung")
        assert new == replace(old, status=Status.RUNNING, title="Übung", version=1)
    async with store.reading() as unit:
        assert await unit.get(Dispatch, "d1") == new
        assert await unit.search("übung", 9) == ["d1"]


@checks.add
async def a_change_of_what_somebody_changed_first_conflicts(open_store: OpenStore) -> None:
    store = open_store()
    await a_dispatch(store, examples.run(), examples.question())
    stale: tuple[tuple[Any, dict[str, Any], dict[str, Any]], ...] = (
        (examples.dispatch(), {"activity": "reads"}, {"title": "late"}),
        (examples.run(), {"attempt": 1}, {"cost_usd": 1.0}),
        (examples.question(), {"delivered_run": 2}, {"delivered_run": 2}),
        (examples.conversation(), {"last_seq": 2}, {"last_seq": 2}),
        (examples.message(), {"state": MessageState.DONE}, {"state": MessageState.VOID}),
    )
    async with store.transaction() as unit:
        for old, first, late in stale:
            await unit.change(old, **first)
            await raises(Conflict, unit.change(old, **late))
        await raises(Conflict, unit.change(examples.run(7), node="gone"))
    async with store.reading() as unit:
        assert (await one(unit, Dispatch, "d1")).title == "Piece 1"


@checks.add
async def of_two_changes_at_the_same_time_exactly_one_conflicts(open_store: OpenStore) -> None:
    stores = open_store(), open_store()
    await a_dispatch(stores[0])

    async def rename(store: Store, old: Dispatch, title: str) -> str:
        async with store.transaction() as unit:
            return (await unit.change(old, title=title)).title

    for _ in range(5):
        async with stores[0].reading() as unit:
            old = await one(unit, Dispatch, "d1")
        renaming = rename(stores[0], old, "left"), rename(stores[1], old, "right")
        outcomes = await asyncio.gather(*renaming, return_exceptions=True)
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "str"]
        async with stores[0].reading() as unit:
            assert (await one(unit, Dispatch, "d1")).title in outcomes


@checks.add
async def changes_of_different_fields_both_stay(open_store: OpenStore) -> None:
    store = open_store()
    await a_dispatch(store)
    async with store.transaction() as unit:
        await unit.change(examples.conversation(), summary="talked")
        await unit.change(examples.conversation(), void_before=3)
    async with store.reading() as unit:
        now = await one(unit, Conversation, "c1")
        assert (now.summary, now.void_before) == ("talked", 3)


@checks.add
async def a_locked_row_is_changed_by_one_at_a_time(open_store: OpenStore) -> None:
    stores = open_store(), open_store()
    await a_dispatch(stores[0])

    async def count_up(store: Store) -> None:
        async with store.transaction() as unit:
            row = await unit.get(Conversation, "c1", lock=True)
            assert row is not None
            await unit.change(row, last_seq=row.last_seq + 1)

    await asyncio.gather(*[count_up(stores[n % 2]) for n in range(10)])
    async with stores[0].reading() as unit:
        assert (await one(unit, Conversation, "c1")).last_seq == 10


@checks.add
async def numbers_have_no_gaps_and_no_doubles(open_store: OpenStore) -> None:
    stores = open_store(), open_store()

    async def take(store: Store, *, fail: bool = False) -> int:
        async with store.transaction() as unit:
            number = await unit.next_number("dispatch")
            if fail:
                raise Conflict("never mind")
            return number

    await raises(Conflict, take(stores[0], fail=True))
    assert sorted(await asyncio.gather(*[take(stores[n % 2]) for n in range(12)])) == [*range(1, 13)]
    async with stores[0].transaction() as unit:
        assert await unit.next_number("question") == 1
        assert [await unit.reached(name) for name in ("question", "never")] == [1, 0]
