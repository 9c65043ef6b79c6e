"""Posts updates to the bot's webhook, each until it is taken. https://core.telegram.org/bots/api#setwebhook"""

from __future__ import annotations

import asyncio
from typing import Final

import httpx

from adapters.rehearsal.bot_api.platform import Platform
from adapters.rehearsal.bot_api.refusals import Json

_MOST_AT_ONCE: Final = 10
_LONGEST_WAIT_S: Final = 60.0


async def post_updates(platform: Platform) -> None:
    """Runs until it is cancelled; one update after the other."""
    async with httpx.AsyncClient(timeout=_LONGEST_WAIT_S) as client:
        failures = 0
        while True:
            hook = await _hook_with_work(platform)
            for update in platform.updates.due(_MOST_AT_ONCE):
                if platform.webhook is not hook:
                    break  # another was set meanwhile, or none
                if await _is_taken(platform, client, hook, update):
                    failures = 0
                    platform.updates.confirm([update["update_id"]])
                else:
                    failures += 1
                    await _pause(platform, failures)
                    break


async def _hook_with_work(platform: Platform) -> Json:
    while not (platform.webhook and platform.updates.waiting_or_repeated):
        platform.updates.arrived.clear()
        await platform.updates.arrived.wait()
    return platform.webhook


async def _is_taken(platform: Platform, client: httpx.AsyncClient, hook: Json, update: Json) -> bool:
    secret = hook.get("secret")
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
    try:
        answer = await client.post(hook["url"], json=update, headers=headers)
    except httpx.HTTPError as error:
        return _failed(platform, hook, f"Connection failed: {type(error).__name__}")
    if answer.is_success:
        return True
    return _failed(
        platform, hook, f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}"
    )


def _failed(platform: Platform, hook: Json, why: str) -> bool:
    platform.record.add("webhook failed", why=why)
    hook |= {"last_error_date": int(platform.clock()), "last_error_message": why}
    return False


async def _pause(platform: Platform, failures: int) -> None:
    await asyncio.sleep(min(platform.rules.webhook_retry_s * 2 ** (failures - 1), _LONGEST_WAIT_S))
