"""What goes over the wire, as far as its shape can be relied on."""

from __future__ import annotations

from typing import Any, cast

Json = dict[str, Any]


def table(value: object) -> Json:
    """An object, or an empty one for anything else."""
    return cast("Json", value) if isinstance(value, dict) else {}


def rows(value: object) -> list[Json]:
    """The objects of a list."""
    return [table(each) for each in cast("list[object]", value)] if isinstance(value, list) else []
