"""Updates as Telegram's documents describe them, to be read without a Telegram."""

from __future__ import annotations

from typing import Any, Final

from telegram import Update

from adapters.chats.telegram.bot import make_bot
from adapters.chats.telegram.reading import Groups, Me, Reader
from bot.model.conversations import Inbound

ME: Final = Me("telegram", "42", "desk_bot")
ANN: Final[dict[str, Any]] = {"id": 4711, "is_bot": False, "first_name": "Ann", "username": "ann"}
DESK: Final[dict[str, Any]] = {"id": 42, "is_bot": True, "first_name": "Desk", "username": "desk_bot"}
GROUP: Final = -1001
PRIVATE: Final[dict[str, Any]] = {"id": 4711, "type": "private", "first_name": "Ann"}
TEAM: Final[dict[str, Any]] = {"id": GROUP, "type": "supergroup", "title": "Team"}
NOON: Final = 1_795_000_000

_BOT: Final = make_bot("42:secret")


def reader(groups: Groups | None = None) -> Reader:
    return Reader(ME, groups or Groups(frozenset({GROUP})))


def update(**content: Any) -> Update:
    return Update.de_json({"update_id": 1, **content}, _BOT)


def read(to: Reader | None = None, **content: Any) -> Inbound | None:
    return (to or reader()).read(update(**content))


def message(text: str = "hello", **more: Any) -> dict[str, Any]:
    return {"message_id": 7, "date": NOON, "chat": PRIVATE, "from": ANN, "text": text} | more


def command(text: str, **more: Any) -> dict[str, Any]:
    words = text.split()[0]
    return message(text, entities=[{"type": "bot_command", "offset": 0, "length": len(words)}], **more)
