"""The rows of bulk work: what a run says of its items, what a later one finds, and the files it was given."""

from __future__ import annotations

from typing import Final

from bot.house import House
from bot.lifecycle import change
from bot.model import events as ev
from bot.model.conversations import Message
from bot.model.dispatches import Dispatch
from bot.model.items import GivenFile, Item, ItemList, ItemState
from bot.model.log import Blob
from bot.ports import Given, Unit

BAR: Final = 10
AGAIN: Final = "again"
"""The prompt that asks about failed items once more."""


def bar(done: int, failed: int, total: int) -> str:
    """▰▰▰▰▱▱▱▱▱▱ 412 of 1,000, 8 failed."""
    ended = done + failed
    filled = BAR * ended // total if total else BAR
    words = f"{'▰' * filled}{'▱' * (BAR - filled)} {ended:,} of {total:,}"
    return f"{words}, {failed:,} failed" if failed else words


async def listed(unit: Unit, house: House, dispatch: Dispatch, event: ev.Listed) -> None:
    before = await unit.find(ItemList, dispatch=dispatch.id)
    id, total = f"{dispatch.id}.{len(before) + 1}", len(event.items)
    await unit.add(ItemList(id, dispatch.id, event.name, event.task, event.shape, total, house.now()))
    if event.items:
        rows = [Item(f"{id}.{n:06d}", id, dispatch.id, n, text) for n, text in enumerate(event.items, 1)]
        await unit.add(*rows)
    await change(unit, dispatch, activity=bar(0, 0, total), activity_at=house.now(), silent_since=None)


async def worked(unit: Unit, house: House, dispatch: Dispatch, event: ev.Worked) -> None:
    """Each item that was sent or ended, and the bar on the card."""
    current = await newest(unit, dispatch.id)
    ends = {end.n: end for end in event.ended}
    numbers = tuple({*event.sent, *ends})
    rows = await unit.find(Item, list=current.id, n=numbers) if current else []
    for item in rows:
        after = item
        if item.n in event.sent:
            after = await unit.change(after, state=ItemState.SENT, tries=after.tries + 1)
        if end := ends.get(item.n):
            state = ItemState.DONE if end.ok else ItemState.FAILED
            await unit.change(after, state=state, answer=end.text)
    line = bar(event.done, event.failed, event.total)
    usd = event.usd if event.usd is not None else dispatch.running_usd
    await change(unit, dispatch, activity=line, activity_at=house.now(), silent_since=None, running_usd=usd)


async def newest(unit: Unit, dispatch: str) -> ItemList | None:
    """The list that the dispatch works on."""
    found = await unit.find(ItemList, dispatch=dispatch, newest=True, limit=1)
    return found[0] if found else None


async def items_of(unit: Unit, dispatch: str) -> tuple[ItemList | None, tuple[Item, ...]]:
    current = await newest(unit, dispatch)
    return current, tuple(await unit.find(Item, list=current.id)) if current else ()


async def some_failed(unit: Unit, dispatch: str) -> bool:
    current = await newest(unit, dispatch)
    return bool(current and await unit.find(Item, list=current.id, state=ItemState.FAILED, limit=1))


async def give(unit: Unit, house: House, dispatch: Dispatch, message: Message) -> None:
    """The files of the message that were fetched go with its words."""
    for file in message.files:
        if file.sha256:
            row = (house.new_id(), dispatch.id, file.name, file.sha256, file.size, house.now())
            await unit.add(GivenFile(*row))


async def given_to(unit: Unit, dispatch: str) -> tuple[Given, ...]:
    """The files of the conversation; of several with one name the newest."""
    rows = {row.name: row for row in await unit.find(GivenFile, dispatch=dispatch)}
    blobs = [(row, await unit.get(Blob, row.sha256)) for row in rows.values()]
    return tuple(Given(row.name, blob.data) for row, blob in blobs if blob is not None)
