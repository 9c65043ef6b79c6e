"""Which conversation stands at an address, and with which project a new one begins."""

from __future__ import annotations

from dataclasses import replace

from bot.house import House
from bot.model.conversations import Address, Conversation
from bot.ports import Unit


async def find_conversation(unit: Unit, where: Address) -> Conversation | None:
    found = await unit.find(Conversation, chat=where.chat, account=where.account, key=where.key)
    return found[0] if found else None


async def add_conversation(
    unit: Unit, house: House, where: Address, *, direct: bool = True, person: str | None = None
) -> Conversation:
    conversation = Conversation(
        id=house.new_id(),
        chat=where.chat,
        key=where.key,
        account=where.account,
        created_at=house.now(),
        direct=direct,
        project=await _project(unit, house, where),
        person=person,
    )
    await unit.add(conversation)
    return conversation


async def _project(unit: Unit, house: House, where: Address) -> str | None:
    """What somebody has said for the whole channel, else what the configuration says."""
    around = await find_conversation(unit, replace(where, key=where.key.partition("/")[0]))
    return (around.project if around else None) or default_project(house, where)


def default_project(house: House, where: Address) -> str | None:
    """The project that the configuration names for the channel, else for the chat, else the only one."""
    chat = house.settings.chats.get(where.chat)
    if chat is not None:
        channel = chat.channels.get(where.key.split("/", 1)[0])
        if (channel and channel.project) or chat.project:
            return (channel.project if channel else None) or chat.project
    return next(iter(house.settings.projects)) if len(house.settings.projects) == 1 else None
