"""The demo: the real house and the real Claude Code play a conversation; only the model is rehearsed.

play         from the beginning to the end
stage        the temporary directory, and the house that is killed
in_terminal  the scenes in a terminal
on_phones    the same on a chat, whose platform is a stand-in; ``screen`` shows what people see there
acts         what both have in common
drawing      what people see on the chat at the end, as a page
"""

from __future__ import annotations

from pathlib import Path


async def play(chat: str | None = None, html: Path | None = None) -> int:
    """Play it in this terminal, and draw the chat as it is at the end; the exit code."""
    from bot.cli.demo.play import play as play_all

    return await play_all(chat, html)
