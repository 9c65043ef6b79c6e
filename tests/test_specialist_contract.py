"""The scripted specialist keeps the Specialist contract, in our memory alone and with a real process tree."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from adapters.rehearsal.contracts import specialist as contract
from adapters.rehearsal.contracts.specialist import Check, Subject
from adapters.rehearsal.scripted_specialist import ScriptedSpecialist
from adapters.rehearsal.scripted_specialist.play import Play, play_of
from adapters.specialists.child.environment import Marker
from adapters.specialists.child.process import marked
from tests.works import work_in

PLAY = {
    "rules": [
        {"when": contract.HELLO, "steps": [{"spend": 0.25}, {"say": "Well, hello."}]},
        {"when": contract.RECALL, "steps": [{"spend": 0.5}, {"say": "First you said: {{first}}"}]},
        {
            "when": contract.COLOUR,
            "steps": [{"ask": "Which colour?", "options": ["red", "blue"]}, {"say": "It is {{answer}}."}],
        },
        {
            "when": contract.TOUCH,
            "steps": [
                {"approve": "Bash", "input": {"command": "touch touched"}},
                {"write": "touched", "text": "", "only_if": "^granted"},
                {"say": "The person said: {{answer}}."},
            ],
        },
        {
            "when": contract.SHORT,
            "steps": [*({"use": f"Step {n}", "seconds": 0.2} for n in range(4)), {"say": "done"}],
        },
        {"when": contract.LONG, "steps": [{"use": "Wait", "seconds": 90}]},
    ]
}
CHECKS = contract.checks_for(ScriptedSpecialist(Play(), home=Path()).abilities)


@pytest.mark.parametrize("process", [False, True], ids=["memory", "process"])
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_the_scripted_specialist_keeps(check: Check, process: bool, tmp_path: Path) -> None:
    """Every check of the shipped suite holds."""
    home = tmp_path / "home"

    async def leftovers() -> Sequence[str]:
        return [str(identity) for identity in marked(Marker.of(home))]

    async def open_subject() -> Subject:
        specialist = ScriptedSpecialist(play_of({**PLAY, "process": process}), home=home)
        return Subject(specialist, work_in(tmp_path), leftovers)

    await check(open_subject)
