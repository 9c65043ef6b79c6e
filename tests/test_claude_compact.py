"""/compact makes a session of Claude Code shorter, and the next words go on from what it keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.rehearsal.model_server import rule
from tests.house_with_claude import house_inside

pytestmark = pytest.mark.claude


@pytest.mark.full
async def test_a_session_goes_on_after_it_was_compacted(tmp_path: Path) -> None:
    """CCo #37493, #36447, PLO #878: the model hears a summary instead of the earlier turns, session kept."""
    rules = [
        rule("thank", ["Welcome."]),
        rule("summary", ["The parser was fixed."]),
        rule("fix", ["Fixed the comma."]),
    ]
    async with house_inside(tmp_path, rules) as house:
        await house.people.starts("fix the parser")
        await house.people.is_done()
        before = await house.people.session()
        await house.people.says("/compact d1")
        await house.people.is_done(run=2)
        await house.people.says("/continue d1 thank you")
        await house.people.is_done(run=3)
        heard = house.ground.asked()[-1].raw
        after = await house.people.session()
    assert (before.id, "The parser was fixed." in heard) == (after.id, True)
    assert "Fixed the comma." not in heard
