"""What a Chat says when its platform fails, and that nothing is lost or, with look-up by key, doubled."""

from __future__ import annotations

from typing import Final

from adapters.rehearsal.contracts.chat_posts import part_of
from adapters.rehearsal.contracts.chat_rig import ChatCheck, PlatformRig, error_of
from adapters.rehearsal.scripted_chat.faults import Fault


async def a_busy_platform_says_how_long_to_wait(rig: PlatformRig) -> None:
    rig.fails_next(Fault.RATE_LIMIT)
    error = await error_of(rig.chat.send(rig.where, part_of(rig, "hello"), "k1", again=False))
    assert error.retry_after_s is not None
    assert error.retry_after_s > 0
    assert (error.ambiguous, error.gone, error.forbidden) == (False, False, False)
    assert not rig.shown()


async def a_busy_platform_says_so_about_edits_too(rig: PlatformRig) -> None:
    id = await rig.chat.send(rig.where, part_of(rig, "hello"), "k1", again=False)
    rig.fails_next(Fault.RATE_LIMIT)
    error = await error_of(rig.chat.edit(rig.where, id, part_of(rig, "changed")))
    assert error.retry_after_s is not None
    await rig.chat.edit(rig.where, id, part_of(rig, "changed"))
    assert "changed" in rig.shown()[0][1]


async def a_refusal_is_final(rig: PlatformRig) -> None:
    """Neither to be tried again nor to be looked up."""
    rig.fails_next(Fault.REFUSE)
    error = await error_of(rig.chat.send(rig.where, part_of(rig, "hello"), "k1", again=False))
    assert error.retry_after_s is None
    assert not error.ambiguous
    assert not rig.shown()


async def a_broken_connection_leaves_it_open_whether_the_message_arrived(rig: PlatformRig) -> None:
    for key, fault in (("k1", Fault.LOSE), ("k2", Fault.APPLY_THEN_DROP)):
        rig.fails_next(fault)
        error = await error_of(rig.chat.send(rig.where, part_of(rig, "hello"), key, again=False))
        assert error.ambiguous
    assert len(rig.shown()) == 1


async def a_late_answer_is_an_answer(rig: PlatformRig) -> None:
    rig.fails_next(Fault.APPLY_THEN_SLOW)
    id = await rig.chat.send(rig.where, part_of(rig, "hello"), "k1", again=False)
    assert [shown for shown, _ in rig.shown()] == [id]


async def what_never_arrived_is_sent_again(rig: PlatformRig) -> None:
    rig.fails_next(Fault.LOSE)
    await error_of(rig.chat.send(rig.where, part_of(rig, "hello"), "k1", again=False))
    id = await rig.chat.send(rig.where, part_of(rig, "hello"), "k1", again=True)
    assert [shown for shown, _ in rig.shown()] == [id]


async def what_had_arrived_is_found_by_its_key(rig: PlatformRig) -> None:
    await rig.chat.send(rig.where, part_of(rig, "other"), "k0", again=False)
    rig.fails_next(Fault.APPLY_THEN_DROP)
    await error_of(rig.chat.send(rig.where, part_of(rig, "hello"), "k1", again=False))
    id = await rig.chat.send(rig.where, part_of(rig, "hello"), "k1", again=True)
    assert id == rig.shown()[1][0]
    assert len(rig.shown()) == 2


async def what_had_arrived_is_doubled_rather_than_lost(rig: PlatformRig) -> None:
    """Without look-up by key nobody can know better."""
    rig.fails_next(Fault.APPLY_THEN_DROP)
    await error_of(rig.chat.send(rig.where, part_of(rig, "hello"), "k1", again=False))
    id = await rig.chat.send(rig.where, part_of(rig, "hello"), "k1", again=True)
    assert [shown for shown, _ in rig.shown()][-1] == id
    assert len(rig.shown()) == 2


checks: Final[tuple[ChatCheck, ...]] = (
    a_busy_platform_says_how_long_to_wait,
    a_busy_platform_says_so_about_edits_too,
    a_refusal_is_final,
    a_broken_connection_leaves_it_open_whether_the_message_arrived,
    a_late_answer_is_an_answer,
    what_never_arrived_is_sent_again,
)
with_lookup: Final[tuple[ChatCheck, ...]] = (what_had_arrived_is_found_by_its_key,)
without_lookup: Final[tuple[ChatCheck, ...]] = (what_had_arrived_is_doubled_rather_than_lost,)
