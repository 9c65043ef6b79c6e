"""What a Chat keeps about messages: an id for each, in order, edited in place."""

from __future__ import annotations

import asyncio
from typing import Final

from adapters.rehearsal.contracts.chat_rig import ChatCheck, PlatformRig, Rig, error_of
from bot.errors import ChatError
from bot.model.conversations import FileRef, Inbound, Outcome, Receipt
from bot.model.posts import Part, Post


def part_of(rig: Rig, text: str) -> Part:
    (part,) = rig.chat.parts(Post(text))
    return part


async def sending_returns_an_id(rig: Rig) -> None:
    assert await rig.chat.send(rig.where, part_of(rig, "hello"), "k1", again=False)


async def what_was_sent_is_shown_in_order(rig: PlatformRig) -> None:
    first = await rig.chat.send(rig.where, part_of(rig, "first"), "k1", again=False)
    second = await rig.chat.send(rig.where, part_of(rig, "second"), "k2", again=False)
    assert [id for id, _ in rig.shown()] == [first, second]
    assert ["first" in rig.shown()[0][1], "second" in rig.shown()[1][1]] == [True, True]


async def an_edit_replaces_the_message_where_it_stands(rig: PlatformRig) -> None:
    first = await rig.chat.send(rig.where, part_of(rig, "first"), "k1", again=False)
    await rig.chat.send(rig.where, part_of(rig, "second"), "k2", again=False)
    await rig.chat.edit(rig.where, first, part_of(rig, "changed"))
    assert rig.shown()[0][0] == first
    assert "changed" in rig.shown()[0][1]
    assert "first" not in rig.shown()[0][1]
    assert len(rig.shown()) == 2


async def the_same_edit_twice_is_no_error(rig: PlatformRig) -> None:
    id = await rig.chat.send(rig.where, part_of(rig, "first"), "k1", again=False)
    for _ in range(2):
        await rig.chat.edit(rig.where, id, part_of(rig, "changed"))
    assert "changed" in rig.shown()[0][1]


async def a_conversation_that_was_deleted_is_gone(rig: PlatformRig) -> None:
    id = await rig.chat.send(rig.where, part_of(rig, "hello"), "k1", again=False)
    rig.closes()
    for error in (
        await error_of(rig.chat.send(rig.where, part_of(rig, "more"), "k2", again=False)),
        await error_of(rig.chat.edit(rig.where, id, part_of(rig, "changed"))),
    ):
        assert error.gone
        assert error.retry_after_s is None
        assert not error.ambiguous


async def what_was_deleted_goes_on_elsewhere_or_nowhere(rig: PlatformRig) -> None:
    """In a new thread, or in what the old one lay in; a chat that knows neither says so with None."""
    rig.closes()
    there = await rig.chat.reopen(rig.where, "d7 · Fix the parser")
    if there is not None:
        assert there != rig.where
        assert there.chat == rig.chat.name
        assert await rig.chat.send(there, part_of(rig, "hello"), "k1", again=False)


async def a_topic_is_a_place_of_its_own_or_there_is_none(rig: PlatformRig) -> None:
    """It can be written to, and no topic lies in it."""
    topic = await rig.chat.open_topic(rig.where, "d7 · Fix the parser")
    if topic is not None:
        assert topic.address != rig.where
        assert topic.address.chat == rig.chat.name
        assert await rig.chat.send(topic.address, part_of(rig, "hello"), "k1", again=False)
        assert await rig.chat.open_topic(topic.address, "d8 · Write the docs") is None
    assert rig.shown() == []


async def small_courtesies_never_fail_on_a_healthy_platform(rig: Rig) -> None:
    """Where the platform has none they do nothing."""
    id = await rig.chat.send(rig.where, part_of(rig, "hello"), "k1", again=False)
    await rig.chat.react(rig.where, id, "👀")
    await rig.chat.typing(rig.where)


async def a_private_conversation_is_always_the_same_place_on_this_chat(rig: Rig) -> None:
    """A chat that has none says so with None; where there is one, it can be written to."""
    there = await rig.chat.direct(rig.account)
    assert there == await rig.chat.direct(rig.account)
    if there is not None:
        assert there.chat == rig.chat.name
        assert await rig.chat.send(there, part_of(rig, "hello"), "k1", again=False)


async def a_file_that_does_not_exist_is_a_chat_error(rig: Rig) -> None:
    error = await error_of(rig.chat.fetch(FileRef("no such file", "a.txt", 10), 1000))
    assert not error.ambiguous


async def sending_the_same_key_again_is_the_same_message(rig: Rig) -> None:
    """A local chat has nothing to send, so nothing can be doubled."""
    ids = {
        await rig.chat.send(rig.where, part_of(rig, "hello"), "k1", again=again) for again in (False, True)
    }
    assert len(ids) == 1
    await rig.chat.edit(rig.where, ids.pop(), part_of(rig, "changed"))


async def listening_ends_only_when_cancelled(rig: Rig) -> None:
    """A local chat's own program hands its lines to the desk; there is no platform to listen to."""

    async def receive(inbound: Inbound) -> Receipt:
        raise ChatError(f"Nobody could have sent {inbound}.")

    listening = asyncio.create_task(rig.chat.listen(receive))
    await asyncio.wait([listening], timeout=0.05)
    assert not listening.done()
    listening.cancel()
    await asyncio.wait([listening])
    assert listening.cancelled()


ACCEPTED: Final = Receipt(Outcome.ACCEPTED)

_everywhere: Final[tuple[ChatCheck, ...]] = (
    sending_returns_an_id,
    small_courtesies_never_fail_on_a_healthy_platform,
    a_private_conversation_is_always_the_same_place_on_this_chat,
    a_file_that_does_not_exist_is_a_chat_error,
)
checks: Final[tuple[ChatCheck, ...]] = (
    *_everywhere,
    what_was_sent_is_shown_in_order,
    an_edit_replaces_the_message_where_it_stands,
    the_same_edit_twice_is_no_error,
    a_conversation_that_was_deleted_is_gone,
    what_was_deleted_goes_on_elsewhere_or_nowhere,
)
with_topics: Final[tuple[ChatCheck, ...]] = (a_topic_is_a_place_of_its_own_or_there_is_none,)
local_checks: Final[tuple[ChatCheck, ...]] = (
    *_everywhere,
    sending_the_same_key_again_is_the_same_message,
    listening_ends_only_when_cancelled,
)
