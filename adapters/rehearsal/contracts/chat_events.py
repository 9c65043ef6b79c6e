"""What a Chat keeps about events: each reaches the desk, and is acknowledged only when the desk has it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Final

from adapters.rehearsal.contracts.chat_posts import ACCEPTED
from adapters.rehearsal.contracts.chat_rig import ChatCheck, PlatformRig
from bot.errors import StoreError
from bot.model.conversations import Inbound, Receipt, Wrote


class _Desk:
    """Takes what it is given once its door is open; fails as often as it is told."""

    def __init__(self, *, failures: int = 0) -> None:
        self.got: list[Inbound] = []
        self.open = asyncio.Event()
        self.open.set()
        self._failures = failures

    async def receive(self, inbound: Inbound) -> Receipt:
        self.got.append(inbound)
        await self.open.wait()
        if self._failures:
            self._failures -= 1
            raise StoreError("The database is locked.")
        return ACCEPTED

    @property
    def texts(self) -> list[str]:
        return [inbound.text for inbound in self.got if isinstance(inbound, Wrote)]


@asynccontextmanager
async def _listening(rig: PlatformRig, desk: _Desk) -> AsyncGenerator[None]:
    listening = asyncio.create_task(rig.chat.listen(desk.receive))
    try:
        yield
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening


async def a_message_arrives_with_its_sender_and_place(rig: PlatformRig) -> None:
    desk = _Desk()
    async with _listening(rig, desk):
        rig.writes("hello there")
        await rig.until(lambda: bool(desk.got))
    (wrote,) = desk.got
    assert isinstance(wrote, Wrote)
    assert wrote.text == "hello there"
    assert wrote.where == rig.where
    assert wrote.identity.chat == rig.chat.name
    assert wrote.identity.account
    assert wrote.key


async def an_event_is_acknowledged_only_after_the_desk_has_it(rig: PlatformRig) -> None:
    desk = _Desk()
    desk.open.clear()
    async with _listening(rig, desk):
        rig.writes("hello")
        await rig.until(lambda: bool(desk.got))
        assert rig.acknowledged() == 0
        desk.open.set()
        await rig.until(lambda: rig.acknowledged() == 1)


async def an_event_that_the_desk_could_not_keep_comes_again(rig: PlatformRig) -> None:
    """With the same key, and before it is acknowledged."""
    desk = _Desk(failures=2)
    async with _listening(rig, desk):
        rig.writes("hello")
        await rig.until(lambda: rig.acknowledged() == 1)
    assert len(desk.got) >= 3
    assert len({inbound.key for inbound in desk.got}) == 1


async def an_event_that_nobody_acknowledged_goes_to_the_next_listener(rig: PlatformRig) -> None:
    dying = _Desk()
    dying.open.clear()
    async with _listening(rig, dying):
        rig.writes("hello")
        await rig.until(lambda: bool(dying.got))
    successor = _Desk()
    async with _listening(rig, successor):
        await rig.until(lambda: rig.acknowledged() == 1)
    assert [inbound.key for inbound in successor.got] == [dying.got[0].key]


async def a_redelivery_has_the_same_key(rig: PlatformRig) -> None:
    desk = _Desk()
    async with _listening(rig, desk):
        rig.writes("hello")
        await rig.until(lambda: rig.acknowledged() == 1)
        rig.redelivers()
        await rig.until(lambda: len(desk.got) == 2)
    assert desk.got[0] == desk.got[1]


async def messages_of_a_conversation_arrive_in_order(rig: PlatformRig) -> None:
    desk = _Desk()
    texts = [f"message {n}" for n in range(50)]
    async with _listening(rig, desk):
        for text in texts:
            rig.writes(text)
        await rig.until(lambda: rig.acknowledged() == len(texts))
    assert desk.texts == texts


async def what_people_write_arrives_as_they_wrote_it(rig: PlatformRig) -> None:
    """It is for the house to make it harmless, not for the wire to change it."""
    desk = _Desk()
    texts = [
        "-rf /",
        "@/etc/passwd",
        "/thread x",
        "{{cwd}} $HOME `id`",
        "x" * 1000,
        "\u202etxt.exe",
        "a\n\nb",
    ]
    async with _listening(rig, desk):
        for text in texts:
            rig.writes(text)
        await rig.until(lambda: rig.acknowledged() == len(texts))
    assert desk.texts == texts


async def it_is_connected_while_it_listens(rig: PlatformRig) -> None:
    """And says so without being asked for more: `status` and the health pages only read it."""
    desk = _Desk()
    assert rig.chat.connection.since is None
    async with _listening(rig, desk):
        rig.writes("hello")
        await rig.until(lambda: rig.acknowledged() == 1)
        known = rig.chat.connection
        assert known.since is not None
        assert known.heard_at is not None
        assert known.since <= known.heard_at
        assert known.problem == ""
    assert rig.chat.connection.since is None


checks: Final[tuple[ChatCheck, ...]] = (
    a_message_arrives_with_its_sender_and_place,
    an_event_is_acknowledged_only_after_the_desk_has_it,
    an_event_that_the_desk_could_not_keep_comes_again,
    an_event_that_nobody_acknowledged_goes_to_the_next_listener,
    a_redelivery_has_the_same_key,
    messages_of_a_conversation_arrive_in_order,
    what_people_write_arrives_as_they_wrote_it,
    it_is_connected_while_it_listens,
)
