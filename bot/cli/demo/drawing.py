"""What people see on the chat at the end of the demo, as a page."""

from __future__ import annotations

from pathlib import Path

from bot.cli.demo.stage import Stage
from bot.errors import FrontdeskError


def draw(stage: Stage, html: Path, chat: str | None) -> None:
    """Raises FrontdeskError where there is nothing to draw, or no place for it."""
    drawn = stage.phones.page() if stage.phones else None
    if drawn is None:
        raise FrontdeskError(f"the stand-in for {chat} draws no page; --html works with --chat slack.")
    try:
        html.write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise FrontdeskError(f"{html} cannot be written: {error.strerror}.") from error
