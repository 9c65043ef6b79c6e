"""What went wrong at Telegram, in the house's words: whether to try again, and whether it may have arrived.

* RetryAfter         busy: wait as long as it says
* Forbidden          blocked by the person, removed from the group, not allowed to write there
* BadRequest         final; ``gone`` when the chat, topic or message is not there any more
* not connected      nothing was sent: try again
* anything later     ambiguous: Telegram has no key to look a message up by, so it is sent again
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import httpx
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.errors import ChatError

RETRY_S: Final = 5.0
TOKEN_RETRY_S: Final = 300.0
"""A revoked token is replaced by a person; until then nothing is thrown away."""

UNKNOWN_BOT: Final = "Telegram does not know this bot: put a valid token into TELEGRAM_BOT_TOKEN."

_GONE: Final = (
    "thread not found",
    "topic_deleted",
    "topic_id_invalid",
    "topic_closed",
    "chat not found",
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "group chat was deactivated",
    "group is deactivated",
)
_FORBIDDEN: Final = ("not enough rights", "no rights", "administrator rights", "chat_write_forbidden")
_UNCHANGED: Final = "message is not modified"
_ENTITIES: Final = ("entit", "can't parse", "button_url_invalid", "wrong http url")
_UNSENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@contextmanager
def own_errors(what: str, retry_s: float = RETRY_S) -> Generator[None]:
    """Raise ChatError instead of the library's errors; ``what`` could not be done."""
    try:
        yield
    except TelegramError as error:
        raise chat_error(error, what, retry_s) from error


def chat_error(error: TelegramError, what: str, retry_s: float = RETRY_S) -> ChatError:
    said = f"Telegram: {what} failed ({error})"
    match error:
        case RetryAfter():
            return ChatError(f"{said}.", retry_after_s=wait_s(error))
        case Forbidden():
            return ChatError(f"{said}; the bot was blocked or removed there.", forbidden=True)
        case InvalidToken():
            return ChatError(f"{said}. {UNKNOWN_BOT}", retry_after_s=TOKEN_RETRY_S)
        case BadRequest() if _says(error, _GONE):
            return ChatError(f"{said}; the chat, topic or message is gone.", gone=True)
        case BadRequest() | ChatMigrated():
            return ChatError(f"{said}.", forbidden=_says(error, _FORBIDDEN))
        case _:
            unsent = isinstance(error.__cause__, _UNSENT)
            return ChatError(f"{said}.", retry_after_s=retry_s, ambiguous=not unsent)


def wait_s(error: RetryAfter) -> float:
    after = error.retry_after
    return float(after) if isinstance(after, int) else after.total_seconds()


def is_unchanged(error: BadRequest) -> bool:
    """The message shows that already."""
    return _UNCHANGED in str(error).lower()


def is_about_entities(error: BadRequest) -> bool:
    """The same words without formatting may be taken."""
    return _says(error, _ENTITIES)


def _says(error: TelegramError, words: tuple[str, ...]) -> bool:
    said = str(error).lower()
    return any(each in said for each in words)
