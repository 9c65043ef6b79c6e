"""The menu of commands that Telegram shows beside the field where people write, one for each kind of chat."""

from __future__ import annotations

from typing import Final

import structlog
from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
)
from telegram.error import TelegramError

_log = structlog.get_logger("telegram")

_EVERYWHERE: Final = {
    "status": "what is going on",
    "stop": "interrupt work; the next reply goes on from there",
    "cancel": "end work for good: /cancel d7",
    "new": "the next request is new work",
    "sessions": "pick what your words go on with",
    "approve": "allow what was asked: /approve q3",
    "deny": "refuse it, and say why: /deny q3 why",
    "schedules": "what starts by itself, and when",
    "move": "go on with it in this chat: /move d7 here",
    "help": "what I understand",
}
_ADMINISTRATORS: Final = {
    "use": "the default project here: /use api",
    "models": "which model does what",
}
_PRIVATE: Final = {
    "usage": "how full a session is",
    "compact": "make a session shorter: /compact d7",
    "costs": "what your work has cost",
    "start": "what this is",
}

MENUS: Final[tuple[tuple[BotCommandScope, dict[str, str]], ...]] = (
    (BotCommandScopeAllPrivateChats(), _EVERYWHERE | _ADMINISTRATORS | _PRIVATE),
    (BotCommandScopeAllGroupChats(), _EVERYWHERE),
    (BotCommandScopeAllChatAdministrators(), _EVERYWHERE | _ADMINISTRATORS),
)


async def set_commands(bot: Bot) -> int:
    """Make the menus ours where they are not; how many had to be changed. Raises TelegramError."""
    changed = 0
    for scope, menu in MENUS:
        wanted = tuple(BotCommand(command, words) for command, words in menu.items())
        if await bot.get_my_commands(scope) != wanted:
            await bot.set_my_commands(wanted, scope)
            changed += 1
    return changed


async def keep_commands(bot: Bot) -> None:
    """The same at a start, which does without when Telegram is busy."""
    try:
        changed = await set_commands(bot)
    except TelegramError as error:
        _log.warning("telegram.commands_not_set", error=str(error))
    else:
        if changed:
            _log.info("telegram.commands_set", menus=changed)
