"""What a new configuration can build on, found without a request that costs money; values are never shown."""

from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bot.errors import FrontdeskError

if TYPE_CHECKING:
    from bot.ports import Health
    from bot.settings import Settings
    from bot.settings.models import ModelChoice

CLAUDE_CODE: Final = "claude-code"
AGENTS: Final = ("claude", "codex", "gemini", "opencode", "cursor-agent", "copilot", "aider", "goose", "amp")
"""Other coding agents' programs, as far as anybody would look for them."""
MAX_DESCRIPTION_CHARS: Final = 120


@dataclass(frozen=True, slots=True)
class Surroundings:
    keys: tuple[str, ...]  # names of variables that hold a secret
    choice: ModelChoice  # what the secretary would use without being told
    ollama: tuple[str, ...]  # its models
    claude: Health  # of the program that comes with the extra, and its login
    agents: tuple[tuple[str, str], ...]  # name and path of other coding agents
    repository: Path | None  # the git repository of the current directory


async def look_around(settings: Settings) -> Surroundings:
    from bot.cli.doctor.abilities import health_of
    from bot.settings.models import choose_model, ollama_models, ollama_url

    health = await health_of(settings)
    return Surroundings(
        keys=tuple(settings.secrets),
        choice=choose_model(settings),
        ollama=tuple(ollama_models(ollama_url(settings.environ))),
        claude=health[CLAUDE_CODE],
        agents=tuple((name, path) for name in AGENTS if (path := shutil.which(name))),
        repository=repository_of(Path.cwd()),
    )


def repository_of(directory: Path) -> Path | None:
    """The root of its git repository; None without one, and without git."""
    try:
        done = subprocess.run(
            ["git", "-C", str(directory), "rev-parse", "--show-toplevel"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return Path(done.stdout.strip()) if done.returncode == 0 and done.stdout.strip() else None


async def wall_missing(settings: Settings, directory: Path, program: str | None) -> str:
    """Why no sandbox is proven for work there, with what to install; empty when one is."""
    from bot.cli.doctor.abilities import prove
    from bot.settings import ProjectSettings

    try:
        await prove(settings, ProjectSettings(directory=directory), program)
    except FrontdeskError as error:
        return str(error)
    return ""


def described(directory: Path) -> str:
    """One line about a project in its own words: its package's description, else its README's title."""
    for text in _descriptions(directory):
        line = "".join(char if char.isprintable() else " " for char in text).strip()
        if line:
            return line[:MAX_DESCRIPTION_CHARS]
    return ""


def _descriptions(directory: Path) -> Iterator[str]:
    try:
        project = tomllib.loads((directory / "pyproject.toml").read_text())["project"]
        yield str(project["description"])
    except (OSError, ValueError, LookupError, TypeError):
        pass  # another kind of project, or one that does not describe itself
    try:
        package: Any = json.loads((directory / "package.json").read_text())
        yield str(package["description"])
    except (OSError, ValueError, LookupError, TypeError):
        pass
    try:
        readme = (directory / "README.md").read_text(errors="replace")
    except OSError:
        return
    yield from (line.lstrip("# ") for line in readme.splitlines()[:20] if line.startswith("# "))
