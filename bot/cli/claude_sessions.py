"""Takes a Claude Code session of a person's own terminal over into the house."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import Refused
from bot.model.dispatches import Session

if TYPE_CHECKING:
    from bot.settings import Settings

CLAUDE_CODE = "claude-code"


@dataclass(frozen=True, slots=True)
class AdoptedSession:
    session: Session
    title: str


def adopt_session(settings: Settings, project: str, session: str) -> AdoptedSession:
    """Fork the session into the house's own directory; it must have been in the project's directory."""
    from adapters.specialists.claude_code.transcripts import adopt

    specialist, directory = _claude_project(settings, project)
    room = settings.home / "specialists" / specialist / project
    found = adopt(session, from_config_dir=str(_own_config_dir()), to_config_dir=str(room))
    if not Path(found.directory).is_relative_to(directory):
        raise Refused(
            f"That session worked in {found.directory}, and project {project} is {directory}; "
            "name the project whose directory it was."
        )
    return AdoptedSession(
        Session(
            id=found.session,
            specialist=specialist,
            project=project,
            dispatch="",
            directory=found.directory,
            config_dir=str(room),
            created_at=datetime.now(UTC),
            started=True,
            cost_usd=found.session_usd,
        ),
        found.title or f"Session {session}",
    )


def _claude_project(settings: Settings, project: str) -> tuple[str, Path]:
    entry = settings.projects.get(project)
    if entry is None:
        raise Refused(f"There is no project {project}; there are {', '.join(settings.projects)}.")
    if (settings.specialists[entry.specialist].kind or entry.specialist) != CLAUDE_CODE:
        raise Refused(
            f"Project {project} works with {entry.specialist}; only Claude Code's sessions can be adopted."
        )
    return entry.specialist, entry.directory


def _own_config_dir() -> Path:
    return Path(os.environ.get("CLAUDE_CONFIG_DIR") or Path.home() / ".claude")
