"""The only Protocols: Chat (who we talk through), Specialist (who works), Store (what we remember)."""

from __future__ import annotations

from bot.ports.chats import (
    Abilities,
    Chat,
    Heard,
    Installations,
    Receive,
    Recording,
    Supplies,
    Topic,
    Transcribe,
    nothing_heard,
)
from bot.ports.specialists import (
    COMPACT,
    FINISH,
    Ability,
    Given,
    Granted,
    Health,
    Limits,
    Resources,
    Run,
    Specialist,
    Work,
)
from bot.ports.store import Enqueue, Store, Unit, Woken

__all__ = [
    "COMPACT",
    "FINISH",
    "Abilities",
    "Ability",
    "Chat",
    "Enqueue",
    "Given",
    "Granted",
    "Health",
    "Heard",
    "Installations",
    "Limits",
    "Receive",
    "Recording",
    "Resources",
    "Run",
    "Specialist",
    "Store",
    "Supplies",
    "Topic",
    "Transcribe",
    "Unit",
    "Woken",
    "Work",
    "nothing_heard",
]
