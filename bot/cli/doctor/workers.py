"""What a run of a project gets of this machine and this house: variables, places, and what is hidden."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.cli.doctor.checks import Check, Group, Verdict
from bot.errors import SpecialistError

if TYPE_CHECKING:
    from adapters.specialists.sandbox import Level
    from bot.settings import Settings

MOST_NAMED: Final = 12


def sees(settings: Settings, id: str, level: Level) -> Check:
    """One line; the variables are those that the child process would be started with."""
    name = f"what runs of {id} see"
    project = settings.projects[id]
    missing = [variable for variable in project.env if variable not in settings.environ]
    try:
        given = _variables(settings, id)
    except SpecialistError as error:
        return Check(Group.SPECIALISTS, name, Verdict.FAIL, "none starts", str(error))
    detail = (
        f"variables {_some(given)}; they write in {_short(project.directory)}; {_hidden(settings, id, level)}"
    )
    if missing:
        remedy = f"Set {', '.join(missing)} where the house is started, or take it out of env."
        return Check(
            Group.SPECIALISTS, name, Verdict.WARN, f"{detail}; not set: {', '.join(missing)}", remedy
        )
    return Check(Group.SPECIALISTS, name, Verdict.PASS, detail)


def _variables(settings: Settings, id: str) -> list[str]:
    """The project's own first, then the credential; raises SpecialistError as the start of a run would."""
    from adapters.specialists.child.environment import Marker, worker_environment

    own = settings.project_environment(id)
    credential = _credential(settings, settings.projects[id].specialist)
    everything = worker_environment(
        home=str(settings.home),
        scratch=tempfile.gettempdir(),
        marker=Marker.of(settings.home, "doctor"),
        variables=own,
        credential=credential,
    )
    return list(dict.fromkeys([*own, *credential, *sorted(everything)]))


def _credential(settings: Settings, specialist: str) -> dict[str, str]:
    """By its name; the value stays where it is."""
    from bot.settings import Auth

    names = {Auth.API_KEY: "ANTHROPIC_API_KEY", Auth.OAUTH_TOKEN: "CLAUDE_CODE_OAUTH_TOKEN"}
    entry = settings.specialists[specialist]
    name = names.get(settings.auth_of(specialist))
    return {name: ""} if name and (entry.kind or specialist) == "claude-code" else {}


def _writable(settings: Settings, id: str) -> list[Path]:
    """Besides private rooms of the run: the project and, with a login, the place where that is kept."""
    from bot.settings import Auth

    project = settings.projects[id]
    login = Path(settings.environ.get("CLAUDE_CONFIG_DIR", "~/.claude")).expanduser()
    has_login = project.specialist == "claude-code" and settings.auth_of("claude-code") is Auth.LOGIN
    return [project.directory, login] if has_login else [project.directory]


def _hidden(settings: Settings, id: str, level: Level) -> str:
    from adapters.specialists.sandbox import Level, Walls

    if level is Level.NONE:
        return "nothing is hidden: they read whatever you can read, the house's tokens and database included"
    places = [str(place) for place in _writable(settings, id)]
    denied = tuple(map(str, settings.hidden_paths()))
    walls = Walls(places[0], places[-1], places[0], denied)
    what = "do not exist for them" if level is Level.STRICT else "are closed to their tools"
    return f"{_some([_short(Path(path)) for path in walls.hidden()])} {what}"


def _some(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _short(path: Path) -> str:
    home = os.path.realpath(Path.home())
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) and str(path) != home else str(path)
