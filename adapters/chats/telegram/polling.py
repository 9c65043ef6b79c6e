"""Our own loop around getUpdates: an update is confirmed to Telegram only after it is committed.

The library's loop confirms from memory and ends silently on a foreign exception. Here the next request's
``offset`` is the confirmation, and it is sent when every update of the last answer is in the database.
Conversations are taken side by side, the updates of one in their order.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, cast
from urllib.parse import urlencode

import structlog
from telegram import Bot, Update
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from adapters.chats.contact import Contact
from adapters.chats.telegram.failures import TOKEN_RETRY_S, UNKNOWN_BOT, wait_s
from adapters.chats.telegram.reading import UPDATES, place_in
from adapters.chats.telegram.receiving import Receiving
from bot.errors import FrontdeskError

_log = structlog.get_logger("telegram")

POLL_S: Final = 25
"""How long Telegram holds a request open when there is nothing new."""

BATCH: Final = 100
GIVE_UP_AFTER: Final = 3
"""Tries of an update that breaks the house in a way it has no words for; the log keeps it."""

CONFLICTS: Final = 3
"""In a row: fewer are our own predecessor's last request."""

STRANGER: Final = (
    "Another program polls with the same bot token, so messages are torn between the two: stop it, or make a "
    "new token with BotFather. I look again every few minutes."
)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to rest."""

    retry_s: float = 1.0  # doubled each time
    most_s: float = 30.0
    conflict_s: float = 3.0
    stranger_s: float = 300.0


USUAL: Final = Patience()


class Polling:
    def __init__(
        self,
        bot: Bot,
        receiving: Receiving,
        contact: Contact,
        poll_s: int = POLL_S,
        patience: Patience = USUAL,
    ) -> None:
        self._bot = bot
        self._receiving = receiving
        self._contact = contact
        self._poll_s = poll_s
        self._patience = patience
        self._offset: int | None = None
        self._conflicts = 0
        self._failures = 0

    async def run(self) -> None:
        """Until cancelled; whatever happens, it goes on."""
        while True:
            updates = await self._updates()
            if updates:
                await self._take_all(updates)
                self._offset = max(self._offset or 0, *(each.update_id + 1 for each in updates))

    async def _updates(self) -> Sequence[Update]:
        try:
            found = await self._asked()
        except Conflict as error:
            await self._conflict(error)
        except RetryAfter as error:
            await asyncio.sleep(wait_s(error))
        except InvalidToken:
            self._contact.lost(UNKNOWN_BOT)
            await asyncio.sleep(TOKEN_RETRY_S)
        except TelegramError as error:
            await self._rest(f"Telegram cannot be reached ({error}).")
        except Exception as error:  # noqa: BLE001  the house would be deaf
            _log.exception("telegram.poll_failed")
            await self._rest(f"Polling failed ({type(error).__name__}); the log has the details.")
        else:
            self._contact.heard()
            self._conflicts = self._failures = 0
            return found
        return ()

    async def _asked(self) -> list[Update]:
        """Read one by one, so that one that the library cannot read does not hide the others."""
        query: dict[str, Any] = {
            "timeout": self._poll_s,
            "limit": BATCH,
            "allowed_updates": json.dumps(UPDATES),
        }
        if self._offset is not None:
            query["offset"] = self._offset
        url = f"{self._bot.base_url}/getUpdates?{urlencode(query)}"
        answer: Any = json.loads(await self._bot.request.retrieve(url, read_timeout=self._poll_s + 15.0))
        return [self._read(cast("dict[str, Any]", each)) for each in answer["result"]]

    def _read(self, raw: dict[str, Any]) -> Update:
        try:
            return Update.de_json(raw, self._bot)
        except Exception:  # noqa: BLE001  confirmed and passed over, the log keeps it
            _log.exception("telegram.unreadable", update=raw.get("update_id"))
            return Update(int(raw["update_id"]))

    async def _take_all(self, updates: Sequence[Update]) -> None:
        placed = sorted(updates, key=_conversation)  # stable: the order within each is kept
        async with asyncio.TaskGroup() as group:
            for _, several in groupby(placed, key=_conversation):
                group.create_task(self._take_in_order(list(several)))

    async def _take_in_order(self, updates: Sequence[Update]) -> None:
        for update in updates:
            await self._take(update)

    async def _take(self, update: Update) -> None:
        """Until it is committed."""
        rest_s, broken = self._patience.retry_s, 0
        while True:
            try:
                return await self._receiving.take(update)
            except FrontdeskError as error:
                _log.warning("telegram.not_kept", update=update.update_id, error=str(error))
            except Exception as error:  # noqa: BLE001  the others must not wait for it for ever
                broken += 1
                _log.error("telegram.broken", update=update.update_id, tries=broken, exc_info=error)
                if broken >= GIVE_UP_AFTER:
                    return None
            await asyncio.sleep(rest_s)
            rest_s = min(rest_s * 2, self._patience.most_s)

    async def _conflict(self, error: Conflict) -> None:
        if "webhook" in str(error).lower():
            await self._remove_webhook()
            return
        self._conflicts += 1
        if self._conflicts < CONFLICTS:
            await asyncio.sleep(self._patience.conflict_s)
            return
        self._contact.lost(STRANGER)
        await asyncio.sleep(self._patience.stranger_s)

    async def _remove_webhook(self) -> None:
        """One of an earlier set-up; what waits there is kept."""
        try:
            await self._bot.delete_webhook(drop_pending_updates=False)
        except TelegramError as error:
            await self._rest(f"A webhook is set and cannot be removed ({error}).")
        else:
            _log.warning("telegram.webhook_removed", why="this house polls")

    async def _rest(self, problem: str) -> None:
        self._contact.lost(problem)
        await asyncio.sleep(min(self._patience.retry_s * 2**self._failures, self._patience.most_s))
        self._failures = min(self._failures + 1, 10)


def _conversation(update: Update) -> str:
    return str(place_in(update))
