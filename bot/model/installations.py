"""That a workspace has installed the app: one row for each, with its token sealed by the adapter."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Installation:
    id: str  # chat:team
    chat: str
    team: str
    name: str  # as the workspace calls itself
    bot: str  # the app's own user there
    sealed: str = field(repr=False)  # the token as cipher text; empty once it was taken back
    installed_by: str
    installed_at: datetime
    removed_at: datetime | None = None
