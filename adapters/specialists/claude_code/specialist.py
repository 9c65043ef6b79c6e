"""Claude Code as a specialist: prepares the place a run works in, and says whether the program is fit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from adapters.specialists import sandbox
from adapters.specialists.child.environment import Marker, worker_environment
from adapters.specialists.child.launcher import CLAUDE_SDK_VARIABLES, Launcher, write_launcher
from adapters.specialists.claude_code import health
from adapters.specialists.claude_code.settings import BASE_URL, ClaudeCodeSettings
from adapters.specialists.sandbox import Level, Proof, Walls
from bot.errors import Reason, SpecialistError
from bot.ports import Ability, Health, Work

if TYPE_CHECKING:
    from claude_agent_sdk import ClaudeAgentOptions

    from adapters.specialists.claude_code.opening import Opening
    from adapters.specialists.claude_code.options import Ends
    from adapters.specialists.claude_code.run import ClaudeRun, Place

ACTS_AS_YOU: Final = "This run can act as you: nothing separates it from this machine's user."


class ClaudeCode:
    """Runs one program per run. The SDK is imported by the first start, not before."""

    def __init__(self, settings: ClaudeCodeSettings) -> None:
        self.name: Final = "claude-code"
        self.abilities: Final = frozenset(Ability)
        self._settings = settings
        self._windows: dict[str, float] = {}

    async def start(self, work: Work) -> ClaudeRun:
        program = health.program(self._settings)
        # The SDK costs half a second and is an extra: it is imported by who starts a run.
        from adapters.specialists.claude_code.connection import Connection
        from adapters.specialists.claude_code.opening import opening
        from adapters.specialists.claude_code.options import keep_transcripts, refuse_flags
        from adapters.specialists.claude_code.run import ClaudeRun

        refuse_flags(work)
        _furnish(work)
        keep_transcripts(work.config_dir, self._settings)
        proof = await sandbox.choose(work.sandbox, _walls(work), home=self._settings.home, claude=program)
        marker = Marker.of(self._settings.home, work.run)
        place = self._place(work, program, proof, marker)
        connection = Connection(marker, self._settings.start_timeout_s)
        return ClaudeRun(work, self._settings, opening(work), place, connection)

    def _place(self, work: Work, program: str, proof: Proof, marker: Marker) -> Place:
        from adapters.specialists.claude_code.options import agent_options
        from adapters.specialists.claude_code.run import Place

        launcher = self._launcher(work, program, proof, marker)
        own = self._own_sandbox(work) if proof.level is Level.CLAUDE else {}

        def options(opening: Opening, ends: Ends) -> ClaudeAgentOptions:
            launcher.expect()
            return agent_options(work, self._settings, opening, ends, launcher=launcher.path, sandbox=own)

        return Place(
            proof.level.value,
            ACTS_AS_YOU if proof.acts_as_you else "",
            options,
            self._windows,
            launcher.remove,
            launcher.bite,
        )

    def _own_sandbox(self, work: Work) -> dict[str, Any]:
        secrets = [name for name in self._settings.credential_environment() if name != BASE_URL]
        return sandbox.claude_settings(_walls(work), hidden_variables=secrets)

    def _launcher(self, work: Work, program: str, proof: Proof, marker: Marker) -> Launcher:
        from adapters.specialists.claude_code.options import worker_variables

        environment = worker_environment(
            home=str(_home(work)),
            scratch=work.scratch,
            marker=marker,
            depth=work.depth + 1,
            variables=work.environment,
            credential=self._settings.credential_environment() | worker_variables(work, self._settings),
        )
        return write_launcher(
            Path(work.scratch, "claude"),
            program,
            environment,
            sandbox=sandbox.wrap(_walls(work), program) if proof.level is Level.STRICT else (),
            passed=CLAUDE_SDK_VARIABLES,
            resources=work.limits.resources,
        )

    async def health(self) -> Health:
        return await health.check(self._settings)

    async def close(self) -> None:
        """Nothing is kept between runs."""


def _walls(work: Work) -> Walls:
    return Walls(work.directory, work.config_dir, work.scratch, work.denied_paths)


def _home(work: Work) -> Path:
    return Path(work.scratch, "home")


def _furnish(work: Work) -> None:
    """The private places of a run; the working directory must be there already."""
    if not Path(work.directory).is_dir():
        raise SpecialistError(
            f"The directory {work.directory} of [projects.{work.project}] does not exist; create it, or "
            "correct frontdesk.toml.",
            reason=Reason.NOT_FOUND,
        )
    for room in (Path(work.scratch), _home(work), Path(work.config_dir)):
        room.mkdir(mode=0o700, parents=True, exist_ok=True)
