"""What newer servers add: drafts that grow before a person's eyes, and rich messages."""

from __future__ import annotations

from typing import Final

from adapters.rehearsal.bot_api.chats import Draft
from adapters.rehearsal.bot_api.formatted import draft_of
from adapters.rehearsal.bot_api.methods.messages import post
from adapters.rehearsal.bot_api.platform import Platform
from adapters.rehearsal.bot_api.reading import Asked
from adapters.rehearsal.bot_api.refusals import Json, Refused, bad
from adapters.rehearsal.bot_api.rich import rich_of

_UNKNOWN: Final = "Not Found: method not found"


async def send_message_draft(platform: Platform, asked: Asked) -> bool:
    """Private chats only. https://core.telegram.org/bots/api#sendmessagedraft"""
    if not platform.rules.drafts:
        raise Refused(404, _UNKNOWN)
    text, _ = draft_of(asked)
    chat = platform.chat(asked.text("chat_id"))
    if not chat.private:
        raise bad("method is available only for private chats")
    if not (id := asked.integer("draft_id")):
        raise bad("DRAFT_ID_INVALID")
    thread = chat.thread_for(asked.integer("message_thread_id"))
    chat.drafts[id] = Draft(id, text, thread, asked.flag("can_stop"), platform.clock())
    return True


async def send_rich_message(platform: Platform, asked: Asked) -> Json:
    if not platform.rules.rich:
        raise Refused(404, _UNKNOWN)
    return post(platform, asked, {"rich_message": rich_of(asked)})


METHODS: Final = {"sendMessageDraft": send_message_draft, "sendRichMessage": send_rich_message}
