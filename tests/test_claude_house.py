"""A chat message becomes real work by Claude Code: the whole house, the real program, a rehearsed model."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.rehearsal.model_server import Use, rule
from tests.house_with_claude import house_inside

pytestmark = pytest.mark.claude

WRITE = Use("Write", {"file_path": "{{cwd}}/parser.py", "content": "fixed = True\n"})


async def test_a_message_becomes_a_file_and_a_result(tmp_path: Path) -> None:
    """Card, work in the project's own directory, result with its cost."""
    async with house_inside(
        tmp_path, [rule("fix", [["I will.", WRITE], "Fixed."])], project='permission_mode = "acceptEdits"'
    ) as house:
        await house.people.starts("fix the parser")
        await house.people.is_done()
        result = await house.people.hears("Fixed.")
    assert (house.ground.project / "parser.py").read_text() == "fixed = True\n"
    assert "$" in result.footer
