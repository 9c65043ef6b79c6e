"""What a Store keeps about rows: they come back as they were, in order, and no two have the same key."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from adapters.rehearsal.contracts import examples
from adapters.rehearsal.contracts.checking import Checks, OpenStore, a_dispatch, ids, raises
from adapters.rehearsal.contracts.examples import later
from bot.errors import Conflict
from bot.model.conversations import Conversation, Message
from bot.model.dispatches import Dispatch, Run, RunState
from bot.model.log import Arrival
from bot.model.posts import OutboxRow, PartRow
from bot.model.questions import Question, QuestionState

checks = Checks()


@checks.add
async def every_noun_comes_back_as_it_was_added(open_store: OpenStore) -> None:
    store = open_store()
    nouns: tuple[Any, ...] = examples.one_of_each()
    async with store.transaction() as unit:
        await unit.add(*nouns)
    async with store.reading() as unit:
        for noun in nouns:
            kind = cast("type[Any]", type(noun))
            assert await unit.get(kind, noun.id) == noun
            assert await unit.find(kind) == [noun]
            assert await unit.get(kind, "no such id") is None


@checks.add
async def text_of_every_kind_is_kept(open_store: OpenStore) -> None:
    """A NUL and half a surrogate pair may be replaced; nothing else may change, nothing is refused."""
    store = open_store()
    kept = ("‮right to left", "'; DROP TABLE messages; --", "%_\\", "🎉é\r\n\t\x1b[31m", "x" * 1_000_000, "")
    async with store.transaction() as unit:
        await unit.add(examples.conversation())
        for n, text in enumerate(kept, 1):
            await unit.add(examples.message(n, text=text))
        await unit.add(examples.message(100, text="a\0b\ud800c"), examples.dispatch(1, title="a\0b\ud800c"))
        await unit.add(examples.outbox_row(post=replace(examples.outbox_row().post, markdown="a\0b\ud800c")))
    async with store.reading() as unit:
        texts = [message.text for message in await unit.find(Message, conversation="c1")]
        assert tuple(texts[:-1]) == kept
        assert (texts[-1][0], texts[-1][-1]) == ("a", "c")
        (row,) = await unit.find(OutboxRow)
        assert (row.post.markdown[0], row.post.markdown[-1]) == ("a", "c")


@checks.add
async def rows_are_found_by_value_by_one_of_several_and_by_none(open_store: OpenStore) -> None:
    store = open_store()
    await a_dispatch(
        store, examples.run(1), examples.run(2, state=RunState.RUNNING), examples.run(3, max_usd=1.0)
    )
    async with store.reading() as unit:
        assert await ids(unit, Run, state=RunState.HELD) == ["d1/1", "d1/3"]
        assert await ids(unit, Run, state=(RunState.QUEUED, RunState.RUNNING)) == ["d1/2"]
        assert await ids(unit, Run, max_usd=None) == ["d1/1", "d1/2"]
        assert await ids(unit, Run, max_usd=(None, 1.0), state=RunState.HELD) == ["d1/1", "d1/3"]
        assert await ids(unit, Run, state=()) == []
        await raises(TypeError, unit.find(Run, no_such_field=1))


@checks.add
async def people_s_numbers_are_ordered_as_numbers(open_store: OpenStore) -> None:
    store = open_store()
    numbers = (10, 2, 1, 9)
    await a_dispatch(store, *[examples.dispatch(n) for n in numbers if n != 1])
    async with store.transaction() as unit:
        await unit.add(*[examples.question(n) for n in numbers], *[examples.run(n) for n in numbers])
        await unit.add(examples.run(1, of="d10"), examples.run(1, of="d9"))
    async with store.reading() as unit:
        assert await ids(unit, Dispatch) == ["d1", "d2", "d9", "d10"]
        assert await ids(unit, Dispatch, newest=True, limit=2) == ["d10", "d9"]
        assert await ids(unit, Question, newest=True) == ["q10", "q9", "q2", "q1"]
        assert await ids(unit, Run) == ["d1/1", "d1/2", "d1/9", "d1/10", "d9/1", "d10/1"]


@checks.add
async def messages_and_posts_are_ordered_by_their_sequence(open_store: OpenStore) -> None:
    store = open_store()
    async with store.transaction() as unit:
        await unit.add(examples.conversation())
        await unit.add(*[examples.message(n) for n in (3, 1, 2)], *[examples.outbox_row(n) for n in (2, 1)])
        await unit.add(*[examples.part(n) for n in (2, 1)])
    async with store.reading() as unit:
        assert [m.seq for m in await unit.find(Message, conversation="c1", limit=2)] == [1, 2]
        assert [row.seq for row in await unit.find(OutboxRow, conversation="c1")] == [1, 2]
        assert [row.n for row in await unit.find(PartRow, outbox="c1o1")] == [1, 2]


# ── what must be unique, what must exist ─────────────────────────────────────────────────────────────────


@checks.add
async def a_second_row_with_the_same_key_conflicts_and_the_transaction_goes_on(open_store: OpenStore) -> None:
    store = open_store()
    twins = (
        examples.conversation("c2", key="c1"),
        examples.message(2, platform_key="c1:1"),
        examples.message(1, id="other", platform_key="other"),
        examples.dispatch(1),
        examples.run(1, id="other"),
        examples.event(1, id="other"),
        examples.question(2, request="toolu_1"),
        examples.outbox_row(1, id="other"),
        examples.part(1),
        examples.button(1),
        Arrival("terminal:1", "c9", later(1)),
    )
    async with store.transaction() as unit:
        await unit.add(*examples.one_of_each())
        for twin in twins:
            await raises(Conflict, unit.add(twin))
        await unit.add(examples.message(2))
    async with store.reading() as unit:
        assert await ids(unit, Message) == ["c1m1", "c1m2"]


@checks.add
async def a_request_may_be_asked_again_once_it_is_closed(open_store: OpenStore) -> None:
    store = open_store()
    await a_dispatch(store, examples.question(1, state=QuestionState.EXPIRED))
    async with store.transaction() as unit:
        await unit.add(examples.question(2, request="toolu_1"))
        await raises(Conflict, unit.add(examples.question(3, request="toolu_1")))


@checks.add
async def several_values_in_one_field_are_changed_as_one(open_store: OpenStore) -> None:
    store = open_store()
    await a_dispatch(store, examples.question())
    async with store.transaction() as unit:
        (before,) = await unit.find(Question)
        await unit.change(before, asks=before.asks * 2)
        await raises(Conflict, unit.change(before, asks=()))
    async with store.reading() as unit:
        assert [row.asks for row in await unit.find(Question)] == [before.asks * 2]


@checks.add
async def rows_added_together_are_added_all_or_none(open_store: OpenStore) -> None:
    store = open_store()
    await a_dispatch(store)
    async with store.transaction() as unit:
        await raises(Conflict, unit.add(examples.message(2), examples.message(3), examples.message(1)))
    async with store.reading() as unit:
        assert await ids(unit, Message) == ["c1m1"]


@checks.add
async def a_dispatch_needs_the_message_that_led_to_it(open_store: OpenStore) -> None:
    store = open_store()

    async def without_cause() -> None:
        async with store.transaction() as unit:
            await unit.add(examples.conversation(), examples.dispatch(cause="nobody said so"))

    await raises(Conflict, without_cause())
    async with store.reading() as unit:
        assert await unit.find(Dispatch) == await unit.find(Conversation) == []
