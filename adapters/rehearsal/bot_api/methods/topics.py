"""Topics of forums, and of private chats where the bot has them."""

from __future__ import annotations

from typing import Final

from adapters.rehearsal.bot_api.chats import Chat, Topic
from adapters.rehearsal.bot_api.formatted import units
from adapters.rehearsal.bot_api.platform import Platform
from adapters.rehearsal.bot_api.reading import Asked
from adapters.rehearsal.bot_api.refusals import Json, bad

MAX_NAME: Final = 128
_COLORS: Final = (0x6FB9F0, 0xFFD67E, 0xCB86DB, 0x8EEE98, 0xFF93B2, 0xFB6F5F)


async def create(platform: Platform, asked: Asked) -> Json:
    chat = _with_topics(platform, asked)
    name = _name(asked)
    color = asked.integer("icon_color", _COLORS[0])
    if not name or color not in _COLORS:
        raise bad("TOPIC_TITLE_EMPTY" if not name else "TOPIC_ICON_COLOR_INVALID")
    topic = platform.open_topic(chat, name, color, platform.as_author())
    return {"message_thread_id": topic.id, "name": name, "icon_color": color}


async def edit(platform: Platform, asked: Asked) -> bool:
    topic = _topic(platform, asked)
    name = _name(asked)
    if not name or name == topic.name:
        raise bad("TOPIC_NOT_MODIFIED")
    topic.name = name
    return True


async def close(platform: Platform, asked: Asked) -> bool:
    topic = _topic(platform, asked)
    if topic.closed:
        raise bad("TOPIC_NOT_MODIFIED")
    topic.closed = True
    return True


async def reopen(platform: Platform, asked: Asked) -> bool:
    topic = _topic(platform, asked)
    if not topic.closed:
        raise bad("TOPIC_NOT_MODIFIED")
    topic.closed = False
    return True


async def delete(platform: Platform, asked: Asked) -> bool:
    """A topic goes with all of its messages."""
    chat = _with_topics(platform, asked)
    chat.drop_topic(chat.topic(asked.integer("message_thread_id")).id)
    return True


def _topic(platform: Platform, asked: Asked) -> Topic:
    return _with_topics(platform, asked).topic(asked.integer("message_thread_id"))


def _with_topics(platform: Platform, asked: Asked) -> Chat:
    chat = platform.chat(asked.text("chat_id"))
    if not chat.threaded:
        raise bad("the chat is not a forum")
    if chat.forum and chat.standing != "administrator":
        raise bad("not enough rights to manage topics")
    return chat


def _name(asked: Asked) -> str:
    name = asked.text("name").strip()
    if units(name) > MAX_NAME:
        raise bad("TOPIC_TITLE_INVALID")
    return name


METHODS: Final = {
    "createForumTopic": create,
    "editForumTopic": edit,
    "closeForumTopic": close,
    "reopenForumTopic": reopen,
    "deleteForumTopic": delete,
}
