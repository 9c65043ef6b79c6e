"""What a Store answers across rows: spent money, the next moment, cards to draw, words, what to forget."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from adapters.rehearsal.contracts import examples
from adapters.rehearsal.contracts.checking import Checks, OpenStore, a_dispatch, ids
from adapters.rehearsal.contracts.examples import NOON, later
from bot.model.conversations import Address, Conversation, Message, MessageState
from bot.model.dispatches import Dispatch, Run, RunState, Spec, Status
from bot.model.log import Arrival, Blob, EventRow, LedgerRow
from bot.model.posts import FileView, OutboxRow, OutboxState, PartRow, Post
from bot.model.purging import Purge, Rows
from bot.model.questions import Question, QuestionState

checks = Checks()


@checks.add
async def a_platform_message_leads_back_to_its_post(open_store: OpenStore) -> None:
    store = open_store()
    async with store.transaction() as unit:
        for of in ("c1", "c2"):
            await unit.add(examples.conversation(of), examples.outbox_row(1, of))
            await unit.add(examples.part(1, f"{of}o1", message_id="77"))
    async with store.reading() as unit:
        assert await unit.posted("c2", "77") == "c2o1"
        assert await unit.posted("c1", "77") == "c1o1"
        assert await unit.posted("c1", "78") is None


@checks.add
async def a_message_is_found_in_the_threads_of_its_channel(open_store: OpenStore) -> None:
    """Who puts a sign on one is told of with the channel alone."""
    store = open_store()
    async with store.transaction() as unit:
        for id, key in (("c1", "C1/7"), ("c2", "C10/7"), ("c3", "C%/7"), ("c4", "C2")):
            await unit.add(replace(examples.conversation(id), chat="talk", key=key))
            await unit.add(examples.outbox_row(1, id), examples.part(1, f"{id}o1", message_id="77"))
    async with store.reading() as unit:
        assert await unit.posted_at(Address("talk", "C1"), "77") == "c1o1"
        assert await unit.posted_at(Address("talk", "C10/7"), "77") == "c2o1"
        assert await unit.posted_at(Address("talk", "C2"), "77") == "c4o1"
        assert await unit.posted_at(Address("talk", "C%"), "77") == "c3o1"
        assert await unit.posted_at(Address("talk", "C"), "77") is None
        assert await unit.posted_at(Address("talk", "C1", "other"), "77") is None
        assert await unit.posted_at(Address("talk", "C1"), "78") is None


@checks.add
async def a_card_is_dirty_while_it_shows_less_than_it_should(open_store: OpenStore) -> None:
    store = open_store()
    await a_dispatch(store, examples.conversation("c2"))
    async with store.transaction() as unit:
        await unit.add(examples.dispatch(10, revision=3, drawn=2, card="o1"))
        await unit.add(examples.dispatch(2, revision=1, card="o2"))
        await unit.add(examples.dispatch(3, revision=4, drawn=4, card="o3"))
        await unit.add(examples.dispatch(4, conversation="c2", revision=1, card="o4"))
        await unit.add(examples.dispatch(5, revision=1))  # where a card is only a row, it is never behind
    async with store.reading() as unit:
        assert await unit.dirty_cards() == ["d2", "d4", "d10"]
        assert await unit.dirty_cards("c1") == ["d2", "d10"]


@checks.add
async def spent_is_what_was_paid_since_then_and_what_admitted_runs_reserve(open_store: OpenStore) -> None:
    store = open_store()
    await a_dispatch(store, examples.dispatch(2, person="bob", project="web"))
    async with store.transaction() as unit:
        assert await unit.spent_usd(since=NOON) == 0
        await unit.add(examples.ledger_row(1), examples.ledger_row(2, usd=None), examples.ledger_row(3))
        await unit.add(examples.ledger_row(4, person="bob", project="web", usd=8.0))
        await unit.add(
            examples.run(1, reserved_usd=1.0, state=RunState.QUEUED), examples.run(2, reserved_usd=64.0)
        )
        await unit.add(examples.run(1, "d2", reserved_usd=2.0, state=RunState.RUNNING))
        await unit.add(examples.run(2, "d2", reserved_usd=64.0, state=RunState.FINISHED))
    async with store.reading() as unit:
        assert await unit.spent_usd(since=NOON) == 11.5
        assert await unit.spent_usd(since=later(3)) == 11.25
        assert await unit.spent_usd(since=NOON, person="ann") == 1.5
        assert await unit.spent_usd(since=NOON, project="web") == 10.0
        assert await unit.spent_usd(since=NOON, person="ann", project="web") == 0


@checks.add
async def what_is_not_known_counts_as_what_was_reserved_for_it(open_store: OpenStore) -> None:
    store = open_store()
    await a_dispatch(store)
    async with store.transaction() as unit:
        await unit.add(examples.ledger_row(1), examples.ledger_row(2, usd=None, reserved_usd=2.0))
        await unit.add(examples.ledger_row(3, person="bob", usd=8.0))
        await unit.add(examples.run(2, reserved_usd=1.0, lost_usd=0.5, state=RunState.RUNNING))
    async with store.reading() as unit:
        assert await unit.paid_usd(since=NOON) == 10.25
        assert await unit.paid_usd(since=NOON, person="ann") == 2.25
        assert await unit.spent_usd(since=NOON, person="ann") == 3.75


@checks.add
async def the_ledger_is_read_between_two_moments_oldest_first(open_store: OpenStore) -> None:
    store = open_store()
    rows = [examples.ledger_row(n) for n in (3, 1, 2, 4)] + [
        examples.ledger_row(5, person="bob", at=later(2))
    ]
    async with store.transaction() as unit:
        await unit.add(*rows)
    async with store.reading() as unit:
        found = await unit.paid_rows(since=later(1), until=later(4))
        assert [row.id for row in found] == ["l1", "l2", "l5", "l3"]
        assert [row.id for row in await unit.paid_rows(since=NOON, until=later(9), person="bob")] == ["l5"]


@checks.add
async def what_a_person_asked_for_lately_is_counted(open_store: OpenStore) -> None:
    store = open_store()
    await a_dispatch(store)
    async with store.reading() as unit:
        message, dispatch = await unit.get(Message, "c1m1"), await unit.get(Dispatch, "d1")
        assert message is not None
        assert dispatch is not None
        assert await unit.count_since(Message, "ann", message.received_at) == 1
        assert await unit.count_since(Dispatch, "ann", dispatch.created_at) == 1
        assert await unit.count_since(Message, "ann", message.received_at + timedelta(seconds=1)) == 0
        assert await unit.count_since(Dispatch, "bob", dispatch.created_at) == 0


@checks.add
async def the_next_due_moment_is_the_earliest_of_all_clocks(open_store: OpenStore) -> None:
    store = open_store()
    await a_dispatch(store)
    async with store.transaction() as unit:
        assert await unit.next_due() is None
        await unit.add(examples.question(1, expire_at=later(90)))
        await unit.add(examples.question(2, remind_at=later(1), state=QuestionState.ANSWERED))
        assert await unit.next_due() == later(90)
        await unit.add(examples.dispatch(2, status=Status.PARKED, resume_at=later(80)))
        await unit.add(examples.dispatch(3, status=Status.DONE, resume_at=later(1)))
        assert await unit.next_due() == later(80)
        held = await unit.change(examples.conversation(), hold_until=later(70))
        assert await unit.next_due() == later(80)
        await unit.add(examples.outbox_row())
        assert await unit.next_due() == later(70)
        await unit.change(examples.outbox_row(), state=OutboxState.SENT)
        await unit.add(examples.question(3, remind_at=later(60), expire_at=later(95)))
        assert held.hold_until == later(70)
        assert await unit.next_due() == later(60)


@checks.add
async def what_waits_is_counted_with_its_oldest(open_store: OpenStore) -> None:
    store = open_store()
    await a_dispatch(store)
    async with store.transaction() as unit:
        before = await unit.backlog()
        await unit.add(examples.question(1), examples.question(2, state=QuestionState.ANSWERED))
        await unit.add(examples.outbox_row())
        after = await unit.backlog()
    assert (before.questions_open, before.oldest_question_at, before.posts_unsent) == (0, None, 0)
    assert (after.questions_open, after.oldest_question_at) == (1, examples.question(1).asked_at)
    assert (after.posts_unsent, after.oldest_post_at) == (1, examples.outbox_row().created_at)


@checks.add
async def the_wait_of_a_question_ends_when_it_is_answered(open_store: OpenStore) -> None:
    store = open_store()
    await a_dispatch(store)
    asked = examples.question(1)
    async with store.transaction() as unit:
        await unit.add(asked)
        assert (await unit.figures(later(-1000))).waits_s == ()
        await unit.change(
            asked, state=QuestionState.ANSWERED, closed_at=asked.asked_at + timedelta(seconds=90)
        )
        assert (await unit.figures(later(-1000))).waits_s == (90.0,)
        assert (await unit.figures(asked.asked_at + timedelta(days=1))).waits_s == ()


@checks.add
async def words_are_searched_in_title_goal_and_result_of_any_case(open_store: OpenStore) -> None:
    store = open_store()
    await a_dispatch(store)
    async with store.transaction() as unit:
        await unit.add(examples.dispatch(2, title="Größe ÄNDERN", spec=Spec("Resize 100% of it")))
        await unit.add(examples.dispatch(10, title="größe", result="a_b is not axb"))
    async with store.reading() as unit:
        assert await unit.search("GRÖSSE", 9) == ["d10", "d2"]
        assert await unit.search("größe ändern", 9) == ["d2"]
        assert await unit.search("resize 100%", 9) == ["d2"]
        assert await unit.search("0%o", 9) == await unit.search("b_i", 9) == await unit.search("\\", 9) == []
        assert await unit.search("a_b", 9) == ["d10"]
        assert await unit.search("i", 2) == ["d10", "d2"]


@checks.add
async def purging_forgets_what_ended_and_keeps_what_lives_and_what_was_paid(open_store: OpenStore) -> None:
    store = open_store()
    done = {"state": MessageState.DONE}
    file = FileView("log.txt", "b2", 3)
    async with store.transaction() as unit:
        await unit.add(examples.conversation(), *[examples.message(n, **done) for n in (1, 2, 3)])
        await unit.add(examples.message(4), Arrival("old", "c1", NOON), examples.ledger_row())
        await unit.add(*_whole_dispatch(1, "c1m1", status=Status.DONE))
        await unit.add(*_whole_dispatch(2, "c1m2", status=Status.PARKED))
        await unit.add(examples.outbox_row(8, state=OutboxState.SENT), examples.part(1, "c1o8"))
        await unit.add(examples.outbox_row(9, post=Post("", files=(file,))))
        await unit.add(
            Blob("b1", 3, b"old", NOON), Blob("b2", 3, b"due", NOON), Blob("b3", 3, b"new", later(99))
        )
    assert (await store.purge(Purge(NOON - timedelta(days=1)))).count == 0
    shown = await store.to_purge(Purge(later(60)))
    assert shown.count > 0
    assert await store.purge(Purge(later(60))) == shown
    async with store.reading() as unit:
        assert await ids(unit, Dispatch) == ["d2"]
        assert await ids(unit, Run) == ["d2/1"]
        assert await ids(unit, Question) == ["q2"]
        assert await ids(unit, OutboxRow) == ["c1o2", "c1o9"]
        assert await ids(unit, PartRow) == ["c1o2:1"]
        assert await ids(unit, Message) == ["c1m2", "c1m4"]
        assert await ids(unit, Blob) == ["b2", "b3"]
        assert await ids(unit, LedgerRow) == ["l1"]
        assert await ids(unit, Conversation) == ["c1"]
        assert await unit.find(EventRow) == await unit.find(Arrival) == []
    assert await store.purge(Purge(later(60))) == Rows()


@checks.add
async def purging_waits_for_a_dispatch_that_has_something_left_to_say(open_store: OpenStore) -> None:
    store = open_store()
    await a_dispatch(store)
    async with store.transaction() as unit:
        await unit.change(examples.dispatch(), status=Status.DONE)
        await unit.add(examples.outbox_row(dispatch="d1"))
    await store.purge(Purge(later(60)))
    async with store.transaction() as unit:
        assert await ids(unit, Dispatch) == ["d1"]
        await unit.change(examples.outbox_row(dispatch="d1"), state=OutboxState.SENT)
    await store.purge(Purge(later(60)))
    async with store.reading() as unit:
        assert await ids(unit, Dispatch) == []


@checks.add
async def purging_for_one_takes_nothing_of_others(open_store: OpenStore) -> None:
    store = open_store()
    done = {"state": MessageState.DONE}
    shared, own = FileView("both.txt", "b1", 4), FileView("own.txt", "b2", 3)
    async with store.transaction() as unit:
        await unit.add(examples.conversation(), *[examples.message(n, **done) for n in (1, 2, 3)])
        await unit.add(examples.message(4, person="bob", **done), Arrival("old", "c1", NOON))
        await unit.add(*_whole_dispatch(1, "c1m1", status=Status.DONE))
        await unit.add(*_whole_dispatch(2, "c1m2", status=Status.DONE))
        await unit.add(*_whole_dispatch(3, "c1m3", status=Status.PARKED))
        await unit.add(
            examples.outbox_row(8, dispatch="d1", state=OutboxState.SENT, post=Post("", files=(shared, own))),
            examples.outbox_row(9, dispatch="d2", state=OutboxState.SENT, post=Post("", files=(shared,))),
            Blob("b1", 4, b"both", NOON),
            Blob("b2", 3, b"own", NOON),
        )
    for purge in (Purge(later(60), dispatch="d1"), Purge(later(60), person="bob"), Purge(later(60), "ann")):
        shown = await store.to_purge(purge)
        assert await store.purge(purge) == shown
        async with store.reading() as unit:
            left = [await ids(unit, kind) for kind in (Dispatch, Message, Blob)]
        match purge:
            case Purge(dispatch="d1"):
                assert left == [["d2", "d3"], ["c1m2", "c1m3", "c1m4"], ["b1"]]
                assert (shown.by_table["blobs"], shown.file_bytes) == (1, 3)
            case Purge(person="bob"):
                assert left == [["d2", "d3"], ["c1m2", "c1m3"], ["b1"]]
            case _:
                assert left == [["d3"], ["c1m3"], []]
    async with store.reading() as unit:
        assert await ids(unit, Arrival) == ["old"]


def _whole_dispatch(n: int, cause: str, *, status: Status) -> tuple[object, ...]:
    """A dispatch with one of everything that belongs to it."""
    id = f"d{n}"
    return (
        examples.dispatch(n, cause=cause, status=status),
        examples.run(1, id, question=f"q{n}"),
        examples.event(1, of=f"{id}/1"),
        examples.question(n, dispatch=id),
        examples.outbox_row(n, dispatch=id, state=OutboxState.SENT),
        examples.part(1, f"c1o{n}"),
        examples.button(n, object=id, outbox=f"c1o{n}"),
    )
