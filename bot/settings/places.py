"""Places for work that needs no directory: research and text have one built in, unless a project is given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bot.settings.tables import PermissionMode, ProjectSettings, SpecialistSettings

PLACES: Final[Mapping[str, tuple[str, str]]] = {
    "web-research": ("research", "Looks things up on the web and cites what it has read."),
    "completion": ("writing", "Text in, text out: drafts, summaries, translations, lists."),
}
"""By kind of specialist: the project's name and description."""
MAX_USD: Final = 0.5


def built_in(
    specialists: Mapping[str, SpecialistSettings], projects: Mapping[str, ProjectSettings], home: Path
) -> dict[str, ProjectSettings]:
    """A project for each such specialist that no configured one names."""
    used = {project.specialist for project in projects.values()}
    found: dict[str, ProjectSettings] = {}
    for specialist, table in specialists.items():
        name, description = PLACES.get(table.kind or specialist, ("", ""))
        if not name or specialist in used or name in projects or name in found:
            continue
        entry = ProjectSettings(
            directory=Path("/"),
            description=description,
            specialist=specialist,
            permission_mode=PermissionMode.PLAN,
            max_usd_per_dispatch=MAX_USD,
        )
        found[name] = entry.model_copy(update={"directory": home / "places" / name})  # never made
    return found
