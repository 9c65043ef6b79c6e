"""Telegram calls us: each call is answered only after the commit, and without its secret by nobody else.

The secret is made anew at every start and told to Telegram with setWebhook, so there is none to leak or to
forget. Calls come one at a time, in order; one that is not answered with 200 comes again.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import urlsplit

import structlog
import tornado.web
from telegram import Bot, Update
from telegram.error import TelegramError
from tornado.httpserver import HTTPServer

from adapters.chats.contact import Contact
from adapters.chats.telegram.polling import GIVE_UP_AFTER, USUAL, Patience
from adapters.chats.telegram.reading import UPDATES
from adapters.chats.telegram.receiving import Receiving
from bot.errors import FrontdeskError

_log = structlog.get_logger("telegram")

SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  a name, not a secret
MAX_BODY_BYTES: Final = 1024 * 1024
LOOK_EVERY_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Listen:
    url: str  # what Telegram calls; a proxy in front of us ends its TLS
    host: str = "127.0.0.1"
    port: int = 8080


class Webhook:
    def __init__(
        self,
        bot: Bot,
        receiving: Receiving,
        contact: Contact,
        listen: Listen,
        patience: Patience = USUAL,
    ) -> None:
        self._bot = bot
        self._receiving = receiving
        self._contact = contact
        self._listen = listen
        self._patience = patience
        self._secret = secrets.token_urlsafe(32)

    async def run(self) -> None:
        """Until cancelled. The webhook stays: what people write meanwhile waits at Telegram."""
        path = urlsplit(self._listen.url).path or "/"
        known = {"bot": self._bot, "receiving": self._receiving, "secret": self._secret}
        server = HTTPServer(
            tornado.web.Application(
                [(path, _Call, {**known, "broken": Counter[int]()})], log_function=_unlogged
            ),
            max_body_size=MAX_BODY_BYTES,
            max_buffer_size=MAX_BODY_BYTES,
        )
        server.listen(self._listen.port, address=self._listen.host)
        try:
            await self._announce()
            await self._watch()
        finally:
            server.stop()
            await server.close_all_connections()

    async def _announce(self) -> None:
        rest_s = self._patience.retry_s
        while not await self._announced():
            await asyncio.sleep(rest_s)
            rest_s = min(rest_s * 2, self._patience.most_s)

    async def _announced(self) -> bool:
        try:
            await self._bot.set_webhook(
                self._listen.url,
                secret_token=self._secret,
                allowed_updates=UPDATES,
                max_connections=1,
                drop_pending_updates=False,
            )
        except TelegramError as error:
            self._contact.lost(f"Telegram does not take the webhook {self._listen.url} ({error}).")
            return False
        self._contact.heard()
        return True

    async def _watch(self) -> None:
        """Whether Telegram reaches us, and whether somebody else has turned the webhook elsewhere."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                info = await self._bot.get_webhook_info()
            except TelegramError as error:
                self._contact.lost(f"Telegram cannot be reached ({error}).")
                continue
            if info.url != self._listen.url:
                self._contact.lost(
                    f"Another program has turned this bot's webhook to {info.url or 'nowhere'}: stop it, or "
                    "make a new token with BotFather; then restart the house."
                )
            else:
                self._contact.heard()


def _unlogged(_call: tornado.web.RequestHandler) -> None:
    """The house's own log tells enough."""


class _Call(tornado.web.RequestHandler):
    def initialize(self, bot: Bot, receiving: Receiving, secret: str, broken: Counter[int]) -> None:
        self._bot = bot
        self._receiving = receiving
        self._secret = secret
        self._broken = broken

    async def post(self) -> None:
        given = self.request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), self._secret.encode()):
            self.send_error(403)
        elif (update := self._update()) is not None:
            await self._take(update)

    async def _take(self, update: Update) -> None:
        try:
            await self._receiving.take(update)
        except FrontdeskError as error:
            _log.warning("telegram.not_kept", update=update.update_id, error=str(error))
            self.send_error(503)
        except Exception as error:  # noqa: BLE001  the others must not wait for it for ever
            self._broken[update.update_id] += 1
            tries = self._broken[update.update_id]
            _log.error("telegram.broken", update=update.update_id, tries=tries, exc_info=error)
            if tries < GIVE_UP_AFTER:
                self.send_error(500)

    def _update(self) -> Update | None:
        """None for what is no update to the library either; it would come again for ever."""
        try:
            raw: Any = json.loads(self.request.body)
            return Update.de_json(cast("dict[str, Any]", raw), self._bot)
        except Exception:  # noqa: BLE001  the log keeps it
            _log.exception("telegram.unreadable")
            return None

    def write_error(self, status_code: int, **_kwargs: Any) -> None:  # noqa: ARG002
        """Nothing of us in the answer."""
        self.finish(b"")  # pyright: ignore[reportUnknownMemberType]  a bare dict in its signature

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:  # noqa: ARG002
        _log.info("telegram.call_refused", error=repr(value))
