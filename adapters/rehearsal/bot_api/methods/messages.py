"""Writing, changing and deleting messages; answering presses; reacting."""

from __future__ import annotations

from typing import Final

from adapters.rehearsal.bot_api.chats import GENERAL, Chat, Kept
from adapters.rehearsal.bot_api.formatted import caption_of, text_of
from adapters.rehearsal.bot_api.keyboards import keyboard_of
from adapters.rehearsal.bot_api.platform import Platform
from adapters.rehearsal.bot_api.reading import Asked
from adapters.rehearsal.bot_api.refusals import Json, bad
from adapters.rehearsal.bot_api.rich import rich_of

_DELETABLE_S: Final = 48 * 3600
_MAX_ALERT: Final = 200
_NOT_MODIFIED: Final = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
_EMOJI: Final = """
👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤️‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓
🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃
💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂️ 🤷 🤷‍♀️ 😡
"""
REACTIONS: Final = frozenset(_EMOJI.split())
"""https://core.telegram.org/bots/api#reactiontypeemoji"""


def post(platform: Platform, asked: Asked, content: Json) -> Json:
    """Any new message of the bot: where, in answer to what, with which buttons."""
    chat = platform.chat(asked.text("chat_id"))
    keyboard = keyboard_of(asked)
    thread = chat.thread_for(asked.integer("message_thread_id"))
    reply = _replied(chat, asked)
    if thread is None and reply is not None and not asked.text("message_thread_id"):
        thread = None if reply.thread == GENERAL else reply.thread  # an answer stays where its question is
    slow_down(platform, chat)
    quoted = {"reply_to_message": _without_reply(reply)} if reply is not None else {}
    author = platform.as_author() if chat.type != "channel" else {}
    more: Json = {"sender_chat": chat.wire()} if chat.type == "channel" else {}
    kept = platform.keep(
        chat, {**content, **quoted, **more, "reply_markup": keyboard}, author=author, thread=thread
    )
    kept.silent = asked.flag("disable_notification")
    chat.drafts.clear()
    return kept.payload


def slow_down(platform: Platform, chat: Chat) -> None:
    if platform.rules.pace is not None:
        platform.rules.pace.check(chat, platform.clock())


def _replied(chat: Chat, asked: Asked) -> Kept | None:
    parameters = asked.table("reply_parameters", "reply parameters")
    message = parameters.get("message_id") or asked.integer("reply_to_message_id")
    if not isinstance(message, int):
        raise bad('can\'t parse reply parameters: field "message_id" must be of type Integer')
    tolerant = parameters.get("allow_sending_without_reply") or asked.flag("allow_sending_without_reply")
    if not message or (tolerant and message not in chat.messages):
        return None
    return chat.kept(message, "message to be replied")


def _without_reply(kept: Kept) -> Json:
    """Telegram never nests replies."""
    return {name: value for name, value in kept.payload.items() if name != "reply_to_message"}


async def send_message(platform: Platform, asked: Asked) -> Json:
    text, entities = text_of(asked)
    return post(platform, asked, {"text": text, "entities": entities or None})


async def edit_message_text(platform: Platform, asked: Asked) -> Json:
    """Into a text or, where the server knows them, into a rich message."""
    content: Json = dict.fromkeys(("text", "entities", "rich_message"))
    if platform.rules.rich and asked.text("rich_message"):
        content["rich_message"] = rich_of(asked)
    else:
        text, entities = text_of(asked)
        content |= {"text": text, "entities": entities or None}
    kept = own(platform, asked)
    if not {"text", "rich_message"} & kept.payload.keys():
        raise bad("there is no text in the message to edit")
    return change(platform, kept, content, asked)


async def edit_message_caption(platform: Platform, asked: Asked) -> Json:
    caption, entities = caption_of(asked)
    kept = own(platform, asked)
    if not {"document", "photo"} & kept.payload.keys():
        raise bad("there is no caption in the message to edit")
    return change(platform, kept, {"caption": caption or None, "caption_entities": entities or None}, asked)


async def edit_message_reply_markup(platform: Platform, asked: Asked) -> Json:
    return change(platform, own(platform, asked), {}, asked)


def own(platform: Platform, asked: Asked) -> Kept:
    """The message to edit: there, and the bot's."""
    chat = platform.chat(asked.text("chat_id"))
    kept = chat.kept(asked.integer("message_id"), "message to edit")
    if kept.payload.get("from", {}).get("id", platform.id) != platform.id:
        raise bad("message can't be edited")
    return kept


def change(platform: Platform, kept: Kept, content: Json, asked: Asked) -> Json:
    """An edit: without a keyboard, the message loses the one it has."""
    wanted = {**kept.payload, **content, "reply_markup": keyboard_of(asked)}
    payload = {name: value for name, value in wanted.items() if value is not None}
    if payload == kept.payload:
        raise bad(_NOT_MODIFIED)
    slow_down(platform, platform.chats[payload["chat"]["id"]])
    # Without buttons alone nothing is dated: people see "edited" at a new text only.
    kept.payload = {**payload, "edit_date": int(platform.clock())} if content else payload
    kept.edits += 1
    return kept.payload


async def delete_message(platform: Platform, asked: Asked) -> bool:
    chat = platform.chat(asked.text("chat_id"))
    kept = chat.kept(asked.integer("message_id"), "message to delete")
    is_ours = kept.payload.get("from", {}).get("id", platform.id) == platform.id
    too_old = platform.clock() - kept.payload["date"] > _DELETABLE_S
    if too_old or not (is_ours or chat.private or chat.standing == "administrator"):
        raise bad("message can't be deleted")
    del chat.messages[kept.id]
    return True


async def answer_callback_query(platform: Platform, asked: Asked) -> bool:
    press = platform.presses.get(asked.text("callback_query_id"))
    now = platform.clock()
    if press is None or press.text is not None or now > press.at + platform.rules.press_expires_s:
        raise bad("query is too old and response timeout expired or query ID is invalid")
    if len(asked.text("text")) > _MAX_ALERT:
        raise bad("MESSAGE_TOO_LONG")
    press.text, press.alert = asked.text("text"), asked.flag("show_alert")
    return True


async def set_message_reaction(platform: Platform, asked: Asked) -> bool:
    chat = platform.chat(asked.text("chat_id"))
    kept = chat.kept(asked.integer("message_id"), "message to react")
    emoji = tuple(str(one.get("emoji", "")) for one in asked.tables("reaction", "ReactionType"))
    if len(emoji) > 1:
        raise bad("REACTIONS_TOO_MANY")
    if not set(emoji) <= REACTIONS:
        raise bad("REACTION_INVALID")
    kept.reactions = emoji
    return True


METHODS: Final = {
    "sendMessage": send_message,
    "editMessageText": edit_message_text,
    "editMessageCaption": edit_message_caption,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "deleteMessage": delete_message,
    "answerCallbackQuery": answer_callback_query,
    "setMessageReaction": set_message_reaction,
}
