"""The demo: the real house and the real Claude Code play a conversation; only the model is rehearsed."""

from __future__ import annotations


async def play() -> int:
    """Play it in this terminal; the exit code."""
    from bot.cli.demo.play import play as play_all

    return await play_all()
