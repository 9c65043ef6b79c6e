"""A specialist that plays a script, as honest as a real agent: it checks first, may die, and resumes.

play         what it does: rules that know a prompt, and their steps (TOML, [specialists.x] script)
transcript   what it has done: one append-only file per session, synced line by line
opening      how a run begins: fresh, resumed, interrupted, answered, lost
scene        performs the steps
waiting      what may end a wait: time, silence, a person, a limit
run          the Run port
body         a real process tree for each run, when the play wants one

It is no kinder than Claude Code: what it waits for holds its directory, what was not recorded is done again,
an approval fits one call only, and a process that is killed has said its last word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.rehearsal.scripted_specialist.play import Play, load_play
from adapters.rehearsal.scripted_specialist.specialist import ScriptedSpecialist

if TYPE_CHECKING:
    from bot.settings import Settings

__all__ = ["Play", "ScriptedSpecialist", "load_play", "make"]


def make(settings: Settings, name: str) -> ScriptedSpecialist:
    """The specialist of ``[specialists.<name>]``; without a script it only repeats what it was told."""
    script = settings.specialists[name].script
    return ScriptedSpecialist(load_play(script) if script else Play(), name=name, home=settings.home)
