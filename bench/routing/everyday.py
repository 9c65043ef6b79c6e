"""Everyday messages from word lists: what people write in a chat that no coding agent is there for.

Unlike the cases these are many and made by a grammar, so that rules cannot have been fitted to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Final

WISHES: Final = (
    "book {}", "please order {} for friday", "can you find {} near the office?", "could someone fix {}",
    "we need {} by monday", "add {} to the shopping list", "remind me to pick up {}",
    "move {} to the other room", "update everyone about {}", "who is bringing {}?",
    "set up {} for tomorrow", "let's talk about {} later", "i have to run, {} is waiting",
    "check {} please", "change the time of {}", "cancel {} for me", "make {} ready",
    "write down who wants {}", "create a poll about {}", "test {} before you buy it",
    "kannst du {} besorgen?",
)  # fmt: skip
THINGS: Final = (
    "a table for six", "lunch", "the team dinner", "a taxi to the airport", "my dentist appointment",
    "the coffee machine", "two train tickets", "the birthday cake", "the meeting room", "pizza",
    "a present for Ben", "the kitchen sink", "the christmas party", "a hotel in Rome", "the printer paper",
    "the standup", "my bike", "a babysitter",
)  # fmt: skip
TALK: Final = (
    "{} everyone", "{}, how are you today?", "oh {}", "{} haha", "{} :)", "{}!!!", "{} then", "well, {}",
    "{} team",
)  # fmt: skip
PHRASES: Final = (
    "good morning", "thank you", "thanks a lot", "see you later", "hello", "bye", "no worries",
    "happy friday", "cool", "ok", "got it", "danke", "guten morgen", "merci", "hola", "nice one", "sorry",
    "never mind", "good luck", "take care",
)  # fmt: skip
LIFE: Final = (
    "my daughter has a fever, i stay home", "traffic is terrible today", "anyone for a walk at noon?",
    "the new neighbours are loud", "i slept badly", "did you see the game last night?", "what's for lunch",
    "i'm moving to a new flat in june", "my phone died", "the elevator is stuck again",
    "who left the window open", "we should go for drinks sometime", "i can't find my glasses",
    "is the kitchen free?", "the dog ate my notes", "when is your holiday?", "i started learning the piano",
    "it snowed all night", "how tall is your brother", "running late, save me a seat",
    "the plants need water", "my mum says hi", "i ordered sushi", "wer kommt mit zum essen?",
    "ich bin heute im homeoffice", "das essen war lecker", "mein zug fällt aus", "wo ist der locher?",
    "il pleut encore", "qué calor hace hoy", "the music is too loud", "can you pick me up at eight?",
    "let me check my calendar", "don't forget to vote", "i need a new chair", "the fire drill is at two",
    "parking is full", "someone parked me in",
)  # fmt: skip
CONTROL: Final = (
    "stop", "Stop!", "stop please", "please stop", "cancel", "cancel that", "abort", "halt", "stopp",
    "pause", "kill it", "never mind, cancel", "forget it", "abbrechen", "status", "status?", "help",
    "costs", "retry", "again", "/stop", "/cancel", "/help", "/status", "stop d99", "cancel d99",
    "how is it going?", "what's running?", "are you there?",
)  # fmt: skip


def messages() -> Iterator[str]:
    """Several hundred, each once."""
    yield from (wish.format(thing) for wish, thing in product(WISHES, THINGS))
    yield from (talk.format(phrase) for talk, phrase in product(TALK, PHRASES))
    yield from LIFE
    yield from CONTROL
