"""The menus of commands: set at a start where they are not ours yet, and never in the way of listening."""

from __future__ import annotations

from adapters.chats.telegram.chat import TelegramChat
from adapters.rehearsal.bot_api import BotApi, Fault
from tests.desks import Desk, listening
from tests.telegram_chats import settings_for


async def changed_by_a_start(api: BotApi) -> int:
    """How many menus a start sets before it listens."""
    before, desk = len(api.record.calls("setMyCommands")), Desk()
    async with listening(TelegramChat(settings_for(api)), desk.receive):
        api.person("Ann").writes("hello")
        await desk.heard.wait()
    return len(api.record.calls("setMyCommands")) - before


async def test_the_menus_are_set_when_they_have_changed_and_only_then() -> None:
    """A second start asks and leaves them; one that somebody changed is put right."""
    async with BotApi() as api:
        assert [await changed_by_a_start(api) for _ in range(2)] == [3, 0]
        everywhere = {command["command"] for command in api.commands["all_group_chats:"]}
        private = {command["command"] for command in api.commands["all_private_chats:"]}
        assert everywhere < private
        assert {"stop", "cancel", "status"} <= everywhere
        api.commands["all_group_chats:"].pop()
        assert await changed_by_a_start(api) == 1
        assert {command["command"] for command in api.commands["all_group_chats:"]} == everywhere


async def test_a_telegram_that_takes_no_menu_is_listened_to_all_the_same() -> None:
    """It is a courtesy; people can write the commands."""
    desk = Desk()
    async with BotApi() as api:
        api.faults.next_calls(Fault.SERVER_ERROR, method="getMyCommands")
        ann = api.person("Ann")
        async with listening(TelegramChat(settings_for(api)), desk.receive):
            ann.writes("hello")
            await desk.heard.wait()
    assert api.commands == {}
