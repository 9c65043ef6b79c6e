"""The bot itself: who it is, its commands, whom it is with, and leaving a server."""

from __future__ import annotations

import re
from typing import Final

from adapters.rehearsal.bot_api.formatted import units
from adapters.rehearsal.bot_api.platform import Platform
from adapters.rehearsal.bot_api.reading import Asked
from adapters.rehearsal.bot_api.refusals import Json, bad

MAX_COMMANDS: Final = 100
MAX_DESCRIPTION: Final = 256
_SCOPES: Final = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}
_ACTIONS: Final = frozenset(
    {
        *("typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice"),
        *("upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note"),
    }
)


async def get_me(platform: Platform, _asked: Asked) -> Json:
    return platform.me()


async def set_my_commands(platform: Platform, asked: Asked) -> bool:
    commands = [_command(one) for one in asked.tables("commands", "BotCommand")]
    if len(commands) > MAX_COMMANDS:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    platform.commands[_scope(asked)] = commands
    return True


def _command(command: Json) -> Json:
    name, description = command.get("command"), command.get("description")
    if not isinstance(name, str) or not isinstance(description, str):
        raise bad("can't parse BotCommand: expected an Object")
    if not re.fullmatch(r"/?[a-z0-9_]{1,32}", name):
        raise bad("BOT_COMMAND_INVALID")
    if not 1 <= units(description) <= MAX_DESCRIPTION:
        raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name.removeprefix("/"), "description": description}


async def get_my_commands(platform: Platform, asked: Asked) -> list[Json]:
    return platform.commands.get(_scope(asked), [])


async def delete_my_commands(platform: Platform, asked: Asked) -> bool:
    platform.commands.pop(_scope(asked), None)
    return True


def _scope(asked: Asked) -> str:
    """A key of its own for each scope and language."""
    scope = asked.table("scope", "BotCommandScope") or {"type": "default"}
    needs = _SCOPES.get(str(scope.get("type")))
    if needs is None or not all(name in scope for name in needs):
        raise bad("can't parse BotCommandScope: unsupported type specified")
    return ":".join([scope["type"], *(str(scope[name]) for name in needs), asked.text("language_code")])


async def send_chat_action(platform: Platform, asked: Asked) -> bool:
    chat = platform.chat(asked.text("chat_id"))
    chat.thread_for(asked.integer("message_thread_id"))
    if asked.text("action") not in _ACTIONS:
        raise bad("wrong parameter action in request")
    return True


async def get_chat(platform: Platform, asked: Asked) -> Json:
    chat = platform.chat(asked.text("chat_id"))
    return {**chat.wire(), "accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": _NO_GIFTS}


_NO_GIFTS: Final = dict.fromkeys(
    ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
)


async def get_chat_member(platform: Platform, asked: Asked) -> Json:
    chat = platform.chat(asked.text("chat_id"))
    member = asked.integer("user_id")
    if member == platform.id:
        return platform.membership(chat)
    if member not in platform.members.get(chat.id, {}):
        raise bad("PARTICIPANT_ID_INVALID")
    return {"status": "member", "user": platform.members[chat.id][member]}


async def log_out(platform: Platform, _asked: Asked) -> bool:
    platform.logged_out = True
    return True


async def close(_platform: Platform, _asked: Asked) -> bool:
    return True


METHODS: Final = {
    "getMe": get_me,
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    "sendChatAction": send_chat_action,
    "getChat": get_chat,
    "getChatMember": get_chat_member,
    "logOut": log_out,
    "close": close,
}
