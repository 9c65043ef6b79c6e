"""A real python-telegram-bot on the rehearsed Bot API."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from telegram import Bot, Update
from telegram.ext import Application, ContextTypes, TypeHandler

from adapters.rehearsal.bot_api import BotApi

Heard = Callable[[Update], Coroutine[Any, Any, None]]


@asynccontextmanager
async def bot_on(api: BotApi) -> AsyncGenerator[Bot]:
    """Calls methods, hears nothing."""
    async with Bot(api.token, base_url=f"{api.url}/bot", base_file_url=f"{api.url}/file/bot") as bot:
        yield bot


@asynccontextmanager
async def polling(api: BotApi, heard: Heard, kinds: list[str] | None = None) -> AsyncGenerator[Bot]:
    """Polls, and hands every update to ``heard`` in order."""
    application = (
        Application.builder()
        .token(api.token)
        .base_url(f"{api.url}/bot")
        .base_file_url(f"{api.url}/file/bot")
        .build()
    )

    async def hear(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        await heard(update)

    application.add_handler(TypeHandler(Update, hear))
    assert application.updater is not None
    async with application:
        await application.start()
        await application.updater.start_polling(timeout=1, allowed_updates=kinds)
        try:
            yield application.bot
        finally:
            await application.updater.stop()
            await application.stop()
