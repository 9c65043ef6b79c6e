"""Inbound events as JSON, so that another process can hand them to the platform."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from bot.model.conversations import (
    Address,
    Deleted,
    Edited,
    FileRef,
    Inbound,
    Opened,
    Pressed,
    Reacted,
    Stopped,
    Submitted,
    Wrote,
)
from bot.model.people import Identity

_KINDS: Final = {
    kind.__name__: kind for kind in (Wrote, Edited, Deleted, Pressed, Submitted, Reacted, Stopped, Opened)
}


def written(inbound: Inbound) -> dict[str, object]:
    fields: dict[str, object] = {"event": type(inbound).__name__, **asdict(inbound)}
    if isinstance(inbound, Wrote) and inbound.sent_at:
        fields["sent_at"] = inbound.sent_at.isoformat()
    return fields


def read(record: dict[str, Any]) -> Inbound:
    fields = dict(record)
    kind = _KINDS[fields.pop("event")]
    fields["identity"] = Identity(**fields["identity"])
    fields["where"] = Address(**fields["where"])
    if "files" in fields:
        fields["files"] = tuple(FileRef(**file) for file in fields["files"])
    if fields.get("sent_at"):
        fields["sent_at"] = datetime.fromisoformat(fields["sent_at"])
    return kind(**fields)
