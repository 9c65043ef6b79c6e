"""How a contract is checked: a list of checks, stores that are closed, and what the checks share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from adapters.rehearsal.contracts import examples
from bot.ports import Enqueue, Store, Unit, Woken

N = TypeVar("N")


class OpenStore(Protocol):
    """Opens one more client of the same database."""

    def __call__(self, enqueue: Enqueue | None = None, woken: Woken | None = None) -> Store: ...


Check = Callable[[OpenStore], Awaitable[None]]


class Checks(list[Check]):
    def add(self, check: Check) -> Check:
        self.append(check)
        return check


async def raises(kind: type[BaseException], work: Awaitable[object]) -> None:
    try:
        await work
    except kind:
        return
    raise AssertionError(f"should have raised {kind.__name__}")


async def ids(unit: Unit, kind: type[Any], **find: Any) -> list[str]:
    return [row.id for row in await unit.find(kind, **find)]


async def one(unit: Unit, kind: type[N], id: str) -> N:
    found = await unit.get(kind, id)
    assert found is not None, f"no {kind.__name__} {id}"
    return found


async def a_dispatch(store: Store, *nouns: object) -> None:
    """Write a conversation, its message and dispatch d1, then ``nouns``."""
    async with store.transaction() as unit:
        await unit.add(examples.conversation(), examples.message(), examples.dispatch(), *nouns)
