"""How updates reach the bot: it polls, or it is posted to."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from adapters.rehearsal.bot_api.platform import Platform
from adapters.rehearsal.bot_api.reading import Asked
from adapters.rehearsal.bot_api.refusals import Json, bad
from adapters.rehearsal.bot_api.updates import WEBHOOK_IS_SET

_MAX_SECRET: Final = 256
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


async def get_updates(platform: Platform, asked: Asked) -> list[Json]:
    platform.updates.allow(asked.json("allowed_updates", "allowed updates"))
    return list(
        await platform.updates.poll(
            offset=asked.integer("offset"),
            limit=asked.integer("limit", 100),
            timeout_s=asked.integer("timeout"),
        )
    )


async def set_webhook(platform: Platform, asked: Asked) -> bool:
    if not (url := asked.text("url")):
        return await delete_webhook(platform, asked)
    secret = asked.text("secret_token")
    if len(secret) > _MAX_SECRET:
        raise bad("secret token is too long")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", secret):
        raise bad("secret token contains unallowed characters")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise bad("invalid webhook URL specified")
    if parts.hostname not in _LOOPBACK:
        raise bad("bad webhook: the rehearsal posts to this machine only")
    platform.updates.allow(asked.json("allowed_updates", "allowed updates"))
    if asked.flag("drop_pending_updates"):
        platform.updates.drop()
    platform.webhook = {"url": url, "secret": secret}
    platform.updates.block(WEBHOOK_IS_SET)
    platform.updates.arrived.set()
    return True


async def delete_webhook(platform: Platform, asked: Asked) -> bool:
    if asked.flag("drop_pending_updates"):
        platform.updates.drop()
    platform.webhook = {}
    platform.updates.block("")
    platform.updates.arrived.set()
    return True


async def get_webhook_info(platform: Platform, _asked: Asked) -> Json:
    known = {name: value for name, value in platform.webhook.items() if name != "secret"}
    return {"url": "", "has_custom_certificate": False, **known, **platform.updates.info()}


METHODS: Final = {
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
}
