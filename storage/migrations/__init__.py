"""The schema's history, one file per step; shipped inside the wheel and run by ``storage.migrate``."""

from __future__ import annotations

from storage.tables import metadata


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """The durable engine keeps its tables in the same database; they are none of our business."""
    return kind != "table" or name in metadata.tables
