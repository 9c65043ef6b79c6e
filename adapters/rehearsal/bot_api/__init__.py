"""Telegram's Bot API on loopback, for one bot, so that demo and tests need no account and no network.

It speaks with python-telegram-bot as the real one does, refuses what the real one refuses (texts by UTF-16
units, entities out of range, buttons too long, topics that are gone), and breaks on request. Where it is not
the real one, it is the stricter of the two: it takes entities only, no ``parse_mode``.

    async with BotApi() as api:
        ...  # TELEGRAM_BOT_TOKEN=api.token, TELEGRAM_API_URL=api.url
        ann = api.person("Ann", 4711)
        ann.writes("fix the parser")
        await api.record.until(lambda: len(ann.sees()) > 1)
        ann.presses("Allow once")
        api.faults.next_calls(Fault.APPLY_THEN_DROP)

The way of a request: wire (HTTP) → endpoints (token, fault, record) → reading (any kind of body) → a method
of ``methods`` → platform. The way of an update: people and places → hearing (privacy) → updates → the poller,
or the webhook.
"""

from adapters.rehearsal.bot_api.chats import Draft, Shown
from adapters.rehearsal.bot_api.faults import Fault, Faults
from adapters.rehearsal.bot_api.pace import Pace
from adapters.rehearsal.bot_api.people import Impossible, Person
from adapters.rehearsal.bot_api.places import Place
from adapters.rehearsal.bot_api.platform import Press, Rules
from adapters.rehearsal.bot_api.record import Record, read
from adapters.rehearsal.bot_api.server import TOKEN, BotApi

__all__ = [
    "TOKEN",
    "BotApi",
    "Draft",
    "Fault",
    "Faults",
    "Impossible",
    "Pace",
    "Person",
    "Place",
    "Press",
    "Record",
    "Rules",
    "Shown",
    "read",
]
