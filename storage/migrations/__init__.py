"""The schema's history, one file per step; shipped inside the wheel and run by ``storage.migrate``."""

from __future__ import annotations

from bot.errors import StoreError
from storage.tables import metadata


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """The durable engine keeps its tables in the same database; they are none of our business."""
    return kind != "table" or name in metadata.tables


def no_way_back() -> None:
    """The ``downgrade`` of every step: what a step dropped or rewrote cannot be made again from its rows."""
    raise StoreError("A database goes back to an older version by restoring the copy that was made before.")
