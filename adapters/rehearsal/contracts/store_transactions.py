"""What a Store keeps about transactions: all or nothing, promises included, whatever fails or cancels."""

from __future__ import annotations

import asyncio

from adapters.rehearsal.contracts import examples
from adapters.rehearsal.contracts.checking import Checks, OpenStore, a_dispatch, ids, raises
from bot.errors import Conflict, StoreError
from bot.model.conversations import Conversation, Message
from bot.model.work_items import Kind, WorkItem
from bot.ports import Enqueue, Store

ITEM = WorkItem(Kind.TURN, "turn:1", "c1m1", "c1", 1)

checks = Checks()


@checks.add
async def what_fails_leaves_nothing_and_wakes_nobody(open_store: OpenStore) -> None:
    woken: list[object] = []
    store = open_store(keep([]), woken.append)
    for failure in (Conflict("no"), asyncio.CancelledError(), ValueError("no")):
        await raises(type(failure), fail_after_writing(store, failure))
    async with store.reading() as unit:
        assert await unit.find(Conversation) == []
    assert woken == []


@checks.add
async def promises_are_made_inside_and_woken_after_the_commit(open_store: OpenStore) -> None:
    story: list[object] = []
    store = open_store(keep(story), lambda items: story.append([*items]))
    async with store.transaction() as unit:
        await unit.add(examples.conversation())
        await unit.enqueue(ITEM)
        story.append("end of block")
    assert story == [ITEM, "end of block", [ITEM]]
    async with store.transaction() as unit:
        await unit.add(examples.message())
    assert len(story) == 3


@checks.add
async def a_promise_that_cannot_be_made_undoes_the_rows(open_store: OpenStore) -> None:
    def refuse(_connection: object, _item: WorkItem) -> None:
        raise StoreError("The engine has no room.")

    store = open_store(refuse)

    async def promise() -> None:
        async with store.transaction() as unit:
            await unit.add(examples.conversation())
            await unit.enqueue(ITEM)

    await raises(StoreError, promise())
    async with store.reading() as unit:
        assert await unit.find(Conversation) == []


@checks.add
async def a_client_without_the_engine_still_wakes_it(open_store: OpenStore) -> None:
    woken: list[WorkItem] = []
    store = open_store(None, woken.extend)
    async with store.transaction() as unit:
        await unit.enqueue(ITEM)
    assert woken == [ITEM]


@checks.add
async def a_reading_sees_one_moment_and_blocks_no_writer(open_store: OpenStore) -> None:
    store, other = open_store(), open_store()
    await a_dispatch(store)
    async with store.reading() as reading:
        before = await reading.find(Message)
        async with other.transaction() as unit:
            await unit.add(examples.message(2))
        async with store.transaction() as unit:
            await unit.add(examples.message(3))
        assert await reading.find(Message) == before
    async with store.reading() as reading:
        assert await ids(reading, Message) == ["c1m1", "c1m2", "c1m3"]


@checks.add
async def a_reading_refuses_to_write(open_store: OpenStore) -> None:
    store = open_store()
    async with store.reading() as unit:
        await raises(StoreError, unit.add(examples.conversation()))
        await raises(StoreError, unit.change(examples.conversation(), summary="x"))
        await raises(StoreError, unit.next_number("dispatch"))
        await raises(StoreError, unit.enqueue(ITEM))
        await raises(StoreError, unit.get(Conversation, "c1", lock=True))


@checks.add
async def being_cancelled_at_any_moment_leaves_all_or_nothing(open_store: OpenStore) -> None:
    woken: list[WorkItem] = []
    store = open_store(keep([]), woken.extend)
    for n in range(100):
        writing = asyncio.create_task(write_a_conversation(store, f"k{n}"))
        await asyncio.wait([writing], timeout=n / 10_000)
        writing.cancel()
        await asyncio.wait([writing])
    async with store.reading() as unit:
        conversations = {row.id for row in await unit.find(Conversation)}
        assert conversations == {row.conversation for row in await unit.find(Message)}
    assert conversations == {item.argument for item in woken}


@checks.add
async def a_healthy_store_says_so_in_one_sentence(open_store: OpenStore) -> None:
    sentence = await open_store().check()
    assert sentence.endswith(".")
    assert "\n" not in sentence


def keep(story: list[object]) -> Enqueue:
    return lambda _connection, item: story.append(item)


async def fail_after_writing(store: Store, failure: BaseException) -> None:
    async with store.transaction() as unit:
        await unit.add(examples.conversation())
        await unit.enqueue(ITEM)
        raise failure


async def write_a_conversation(store: Store, id: str) -> None:
    async with store.transaction() as unit:
        await unit.add(examples.conversation(id))
        await unit.enqueue(WorkItem(Kind.POST, f"post:{id}", id, id, 1))
        await unit.add(examples.message(1, of=id))
