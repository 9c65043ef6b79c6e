"""Adapters by entry point: built-ins and strangers come in by the same door, when the file names them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Final, cast

from bot.errors import ChatError, Refused, SettingsError
from bot.installations import installations
from bot.model.conversations import Conversation, Message
from bot.model.log import Blob
from bot.model.setup import Setup
from bot.ports import Chat, Heard, Specialist, Store, Supplies

if TYPE_CHECKING:
    from bot.settings import Settings

MakeChat = Callable[["Settings", str, Supplies], Chat]
MakeSpecialist = Callable[["Settings", str], Specialist]
OpenPhones = Callable[[], AbstractAsyncContextManager[Any]]
"""Of adapters.rehearsal.phones.Phones, which only the demo knows."""


LOOKED_AFTER: Final = 100
"""Conversations in which a chat may look for what it has missed."""


def supplies(store: Store) -> Supplies:
    """What a chat may use of a house with these rows."""

    async def content(sha256: str) -> bytes:
        async with store.reading() as unit:
            blob = await unit.get(Blob, sha256)
        if blob is None:
            raise ChatError("The file is not kept any more.")
        return blob.data

    async def heard(chat: str) -> list[Heard]:
        async with store.reading() as unit:
            newest = await unit.find(Conversation, chat=chat, newest=True, limit=LOOKED_AFTER)
            last = [await unit.find(Message, conversation=each.id, newest=True, limit=1) for each in newest]
            first = [await unit.find(Message, conversation=each.id, limit=1) for each in newest]
        return [
            Heard(each.key, end[0].platform_key, begin[0].platform_key, each.account)
            for each, begin, end in zip(newest, first, last, strict=True)
            if begin and end
        ]

    return Supplies(content, heard, installations(store))


async def chats(stack: AsyncExitStack, settings: Settings, supplies: Supplies) -> dict[str, Chat]:
    """The terminal and every chat that the configuration names."""
    found: dict[str, Chat] = {}
    for name in dict.fromkeys(("terminal", *settings.chats)):
        chat = cast("MakeChat", _load("frontdesk.chats", name, "chats"))(settings, name, supplies)
        stack.push_async_callback(chat.close)
        found[name] = chat
    return found


async def specialists(stack: AsyncExitStack, settings: Settings) -> dict[str, Specialist]:
    """Every specialist that the configuration names; ``kind`` says which adapter plays it."""
    found: dict[str, Specialist] = {}
    for name, table in settings.specialists.items():
        make = cast("MakeSpecialist", _load("frontdesk.specialists", table.kind or name, "specialists"))
        specialist = make(settings, name)
        stack.push_async_callback(specialist.close)
        found[name] = specialist
    return found


def setup(name: str) -> Setup | None:
    """How that chat is set up and examined; None when its adapter does not say."""
    known = {point.name: point for point in entry_points(group="frontdesk.setup")}
    return cast("Setup", loaded(known[name])) if name in known else None


def setups() -> list[str]:
    """Chats that ``init`` can set up."""
    return sorted(point.name for point in entry_points(group="frontdesk.setup"))


def rehearsal(name: str) -> OpenPhones:
    """A place on the stand-in for that chat's platform; raises Refused when there is none."""
    known = {point.name: point for point in entry_points(group="frontdesk.rehearsals")}
    if name not in known:
        names = ", ".join(sorted(known)) or "none"
        raise Refused(f"The demo cannot be played on {name}; there is {names}, and the terminal without any.")
    return cast("OpenPhones", loaded(known[name]))


def _load(group: str, name: str, table: str) -> Any:
    known = {point.name: point for point in entry_points(group=group)}
    if name not in known:
        names = ", ".join(sorted(known)) or "none"
        raise SettingsError(f"{table}.{name}: no adapter of that name is installed; there are {names}.")
    return loaded(known[name])


def loaded(point: EntryPoint) -> Any:
    """Raises SettingsError when a library that it needs is not installed."""
    try:
        return point.load()
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"The adapter {point.name} needs {error.name}, which is not installed here; "
            f"a built-in one comes with the extra of its name: frontdesk[{point.name}]."
        ) from error
