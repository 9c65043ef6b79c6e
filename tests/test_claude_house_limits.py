"""A run that eats the machine of the house is stopped at its limit; people read which, and can go on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from adapters.rehearsal.model_server import rule
from bot.model.dispatches import ParkReason
from tests.claude_calls import bash
from tests.house_with_claude import house_inside

pytestmark = [
    pytest.mark.full,
    pytest.mark.claude,
    pytest.mark.skipif(sys.platform != "linux", reason="limits of a whole run need Linux's /proc"),
]

FREE = 'permission_mode = "acceptEdits"\nallowed_tools = ["Bash"]\n'
EATS = f"{sys.executable} -c 'import time; kept = b\"x\" * (700 * 1024 * 1024); time.sleep(600)'"
FORKS = "for n in $(seq 60); do sleep 600 & done; wait"
FILLS = "head -c 40M /dev/zero > $TMPDIR/full; sleep 600"


@pytest.mark.parametrize(
    ("setting", "command", "words"),
    [
        ("max_memory_mb = 600", EATS, "its limit of 600 MB of memory"),
        ("max_processes = 40", FORKS, "its limit of 40 processes"),
        ("max_scratch_mb = 20", FILLS, "its limit of 20 MB of temporary files"),
    ],
)
async def test_at_a_limit_of_the_machine_a_run_parks_and_continues_on_a_press(
    tmp_path: Path, setting: str, command: str, words: str
) -> None:
    """complaints row 10: nothing of it is left, the limit and its setting are named, the session is kept."""
    rules = [rule("go on where", ["Done in smaller parts."]), rule("build", [bash(command), "Built."])]
    async with house_inside(tmp_path, rules, project=f"{FREE}{setting}\n") as house:
        await house.people.starts("build it")
        parked = await house.people.parks()
        assert parked.park_reason is ParkReason.LIMIT
        said = await house.people.hears(words)
        assert f"raise {setting.split()[0]} in [projects.shop]" in said.markdown
        assert "at its limit" in (await house.people.card()).markdown
        await house.people.disappears(house.ground.scratch("d1/1"))  # after the end of the run was kept
        assert house.ground.processes() == []
        assert list((house.ground.settings.home / "scratch").iterdir()) == []
        session = await house.people.session()
        await house.people.presses("Continue")
        await house.people.is_done(run=2)
        await house.people.hears("Done in smaller parts.")
        assert (await house.people.session()).id == session.id
