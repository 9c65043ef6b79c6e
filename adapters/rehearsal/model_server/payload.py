"""Reading JSON that anybody may have sent: a wrong shape reads as empty, never as a crash."""

import json
from collections.abc import Mapping
from typing import Final, cast

_PIECE_CHARS: Final = 24


def table(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def items(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def texts(content: object) -> tuple[str, ...]:
    """The texts of a content that is a string or a list of blocks, in both vendors' shapes."""
    if isinstance(content, str):
        return (content,)
    blocks = [table(block) for block in items(content)]
    return tuple(text(block.get("text")) for block in blocks if block.get("type") == "text")


def pieces(said: str) -> list[str]:
    """What a stream sends one after the other."""
    return [said[at : at + _PIECE_CHARS] for at in range(0, len(said), _PIECE_CHARS)]


def compact(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
