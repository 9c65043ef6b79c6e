"""The scripted specialist as the house sees it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from adapters.rehearsal.scripted_specialist.opening import open_session
from adapters.rehearsal.scripted_specialist.play import Play
from adapters.rehearsal.scripted_specialist.run import ScriptedRun
from adapters.rehearsal.scripted_specialist.waiting import Time
from bot.errors import Reason, SpecialistError
from bot.ports import Ability, Health, Work


class ScriptedSpecialist:
    def __init__(self, play: Play, *, home: Path, name: str = "scripted", time: Time | None = None) -> None:
        """``home``: of the house, for the mark that its processes carry."""
        self.name: Final = name
        self.abilities: Final = frozenset(Ability) - {Ability.WEB}
        self._play = play
        self._home = home
        self._time = time or Time()

    async def start(self, work: Work) -> ScriptedRun:
        if not Path(work.directory).is_dir():
            raise SpecialistError(
                f"The directory {work.directory} of [projects.{work.project}] does not exist; create it, or "
                "correct frontdesk.toml.",
                reason=Reason.NOT_FOUND,
            )
        Path(work.scratch).mkdir(mode=0o700, parents=True, exist_ok=True)
        return ScriptedRun(work, self._play, open_session(work, self._play), self._time, self._home)

    async def health(self) -> Health:
        return Health(True, f"Plays a script of {len(self._play.rules)} rules; no program is needed.")

    async def close(self) -> None:
        """Nothing is kept between runs."""
