"""The demo: the real house and the real Claude Code play a conversation; only the model is rehearsed.

play         from the beginning to the end
stage        the temporary directory, and the house that is killed
in_terminal  the scenes in a terminal
on_phones    the same on a chat, whose platform is a stand-in; ``screen`` shows what people see there
acts         what both have in common
"""

from __future__ import annotations


async def play(chat: str | None = None) -> int:
    """Play it in this terminal; the exit code."""
    from bot.cli.demo.play import play as play_all

    return await play_all(chat)
