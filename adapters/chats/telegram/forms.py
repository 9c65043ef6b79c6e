"""A form on Telegram, which has none: a message of ours asks for a reply, and says itself which form it is.

So a reply is understood by whichever process gets it. The mark is a link of its first character; only we
write such links, since ``entities`` spells out those of models.
"""

from __future__ import annotations

from typing import Final

from telegram import Message, MessageEntity

from bot.model.conversations import Form

LINK: Final = "https://t.me/#form-"
MOST_CHARS: Final = 3900
MOST_PLACEHOLDER: Final = 64
"""https://core.telegram.org/bots/api#forcereply"""

_MARK: Final = "↩"
_REPLY: Final = "Reply to this message with your answer."


def asked(form: Form) -> tuple[str, list[MessageEntity]]:
    """The words of the message that asks."""
    question = f"{_MARK} {form.title}: {form.label}"
    mark = MessageEntity(MessageEntity.TEXT_LINK, 0, 1, url=f"{LINK}{form.token}")
    return f"{question[:MOST_CHARS]}\n\n{_REPLY}", [mark]


def placeholder(form: Form) -> str:
    return (form.placeholder or "Your answer")[:MOST_PLACEHOLDER]


def token_of(replied: Message, bot: str) -> str | None:
    """The form that a reply to this message fills in; None for any other message, and anybody else's."""
    if replied.from_user is None or str(replied.from_user.id) != bot:
        return None
    for entity in replied.entities:
        if entity.offset == 0 and entity.url and entity.url.startswith(LINK):
            return entity.url.removeprefix(LINK)
    return None
