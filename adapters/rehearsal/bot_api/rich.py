"""What Telegram accepts as a rich message. https://core.telegram.org/bots/api#inputrichmessage"""

from __future__ import annotations

from typing import Any, Final, cast

from adapters.rehearsal.bot_api.formatted import units
from adapters.rehearsal.bot_api.reading import Asked
from adapters.rehearsal.bot_api.refusals import Json, bad

MAX_RICH: Final = 32_768
MAX_BLOCKS: Final = 500


def rich_of(asked: Asked) -> Json:
    """Exactly one of Markdown, HTML and blocks, within the limits."""
    rich = asked.table("rich_message", "rich message")
    forms = [form for form in ("markdown", "html", "blocks") if rich.get(form)]
    if len(forms) != 1:
        raise bad("rich message must have exactly one of markdown, html and blocks")
    content: Any = rich[forms[0]]
    text = content if isinstance(content, str) else ""
    if units(text) > MAX_RICH:
        raise bad("message is too long")
    blocks: list[object] = (
        cast("list[object]", content) if isinstance(content, list) else list(text.split("\n\n"))
    )
    if len(blocks) > MAX_BLOCKS:
        raise bad("rich message has too many blocks")
    return rich
