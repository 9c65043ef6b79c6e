"""The Slack chat on the rehearsed Slack, by its socket or called, with people around it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from adapters.chats.slack.calls import Listen
from adapters.chats.slack.chat import SlackSettings
from adapters.chats.slack.pacing import UNPACED
from adapters.chats.slack.socket import Patience
from adapters.rehearsal.slack_api import Channel, Rules, SlackApi
from bot.model.conversations import Address
from tests.desks import free_port

RULES: Final = Rules(retry_after_s=(0.02,) * 50, answer_within_s=0.5)
"""Slack's, but impatient: what is not acknowledged comes again soon."""
QUICK: Final = Patience(ping_s=0.3, deaf_s=3.0, look_s=0.02, retry_s=0.02, most_s=0.1)


def settings_for(slack: SlackApi, *channels: Channel, called: bool = False, **changes: Any) -> SlackSettings:
    """``called``: in HTTP mode."""
    listen = None
    if called:
        port = free_port()
        listen = Listen(f"http://127.0.0.1:{port}/slack/events", "127.0.0.1", port)
        slack.is_called(listen.url)
    usual = SlackSettings(
        slack.bot_token,
        slack.app_token,
        slack.secret,
        api_url=slack.api_url,
        channels=frozenset(channel.id for channel in channels),
        calls=listen,
        rates=UNPACED,
        patience=QUICK,
        retry_s=0.05,
    )
    return replace(usual, **changes)


def at(channel: Channel, thread: str | None = None) -> Address:
    return Address("slack", f"{channel.id}/{thread}" if thread else channel.id)


async def until_taken(slack: SlackApi) -> None:
    """Everything that has happened so far was acknowledged."""
    envelopes = tuple(slack.delivery.envelopes.values())
    await slack.record.until(lambda: all(each.acknowledged for each in envelopes))
