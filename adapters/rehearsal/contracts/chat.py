"""What every Chat keeps: how posts become parts, what a send promises, how it fails, when it acknowledges.

::

    for check in checks_for(abilities):
        await run(check, open_rig)  # each with a rig of its own: your chat on a fresh platform

A chat that is delivered when committed (``abilities.local``) needs a ``Rig``, any other a ``PlatformRig``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from adapters.rehearsal.contracts import chat_events, chat_faults, chat_parts, chat_posts
from adapters.rehearsal.contracts.chat_rig import ChatCheck, PlatformRig, Rig
from bot.ports import Abilities

__all__ = ["ChatCheck", "PlatformRig", "Rig", "checks_for", "run"]


def checks_for(abilities: Abilities) -> Sequence[ChatCheck]:
    """The checks that apply to a chat with these abilities."""
    if abilities.local:
        return (*chat_parts.checks, *chat_posts.local_checks)
    found = chat_faults.with_lookup if abilities.lookup else chat_faults.without_lookup
    topics = chat_posts.with_topics if abilities.topics else ()
    return (*chat_parts.checks, *chat_posts.checks, *topics, *chat_faults.checks, *found, *chat_events.checks)


async def run(check: ChatCheck, open_rig: Callable[[], Rig]) -> None:
    """Run one check; the chat is closed whatever happens."""
    rig = open_rig()
    try:
        await check(rig)
    finally:
        await rig.chat.close()
