"""The demo on a chat, without its long story: the stand-in's group, the screen, and the first answer."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from rich.console import Console
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from adapters.rehearsal.bot_api import BotApi, Impossible
from adapters.rehearsal.bot_api.stage import TelegramPhones
from bot.cli.demo.screen import Screen
from tests.bots import bot_on
from tests.commands import Shell, shell
from tests.first_answers import first_answer

__all__ = ["shell"]


async def test_the_first_answer_comes_through_the_real_adapter(tmp_path: Path) -> None:
    """A house of its own process, the real library, the stand-in, and the screen that somebody looks at."""
    async with BotApi() as api:
        text, printed = await first_answer(tmp_path, TelegramPhones(api))
    assert "telegram = 4711" in text
    assert api.token not in text
    assert "Ann\n  @frontdesk_bot What can you do here?" in printed
    assert "Frontdesk\n  I pass your work to Claude Code" in printed


async def test_the_screen_shows_new_messages_whole_and_edits_by_what_is_new() -> None:
    """Buttons, files, what a reply answers, what an edit added, and that a keyboard has gone."""
    out = io.StringIO()
    screen = Screen(Console(file=out, width=200))
    async with BotApi() as api, bot_on(api) as bot:
        phones = TelegramPhones(api)
        group = phones.group
        keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="y")]])
        asked = await bot.send_message(group, "q1 · d1 asks\n\nRed?", reply_markup=keyboard)
        await bot.send_document(group, b"- a", filename="change.diff")
        phones.writes("ann", "yes", str(asked.message_id))
        screen.show(phones.sees())
        with pytest.raises(Impossible):
            await phones.presses("bob", "No")
        await bot.edit_message_text("q1 · Red?\nyes — ann", group, asked.message_id)
        screen.show(phones.sees())
        screen.show(phones.sees())
    lines = [line.strip() for line in out.getvalue().splitlines() if line.strip()]
    assert lines == [
        *("Frontdesk", "q1 · d1 asks", "Red?", "[ Yes ]"),
        *("Frontdesk", "📎 change.diff"),
        *("Ann  ↩ “q1 · d1 asks”", "yes"),
        *("Frontdesk  ✎ q1 · Red?", "yes — ann", "(its buttons are gone)"),
    ]


async def test_a_press_that_is_answered_pops_up_on_one_phone() -> None:
    """What the bot answers to the press comes back to whoever pressed."""
    async with BotApi() as api, bot_on(api) as bot:
        phones = TelegramPhones(api)
        keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="y")]])
        await bot.send_message(phones.group, "Red?", reply_markup=keyboard)
        pressing = asyncio.create_task(phones.presses("bob", "Yes"))
        (update,) = await bot.get_updates(timeout=5)
        assert update.callback_query
        await update.callback_query.answer("Not yours to decide.", show_alert=True)
        assert await pressing == "Not yours to decide."


def test_a_chat_without_a_stand_in_is_answered(shell: Shell) -> None:
    """With the names of those that there are."""
    ended = shell("demo", "--chat", "carrier-pigeon")
    assert ended.code == 3
    assert "telegram" in ended.err
