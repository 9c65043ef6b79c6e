"""A dispatch that is followed up again and again leaves nothing behind: real house, real Claude Code."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from adapters.rehearsal.model_server import rule
from tests.claude_calls import bash
from tests.house_with_claude import Ground, Served, house_outside

pytestmark = pytest.mark.claude

FREE = 'permission_mode = "acceptEdits"\nallowed_tools = ["Bash"]\n'
GROWTH_MB = 25
"""More than the allocator's mood, less than what one leaked run would hold after a few."""


@dataclass(frozen=True)
class Burden:
    """What a house holds between two runs."""

    memory_mb: float
    descriptors: int
    threads: int
    children: list[str]  # zombies too
    files: list[str]  # temporary ones, of the house and of its runs

    @classmethod
    def of(cls, served: Served, here: Ground, temporary: Path) -> Burden:
        house = psutil.Process(served.pid)
        rooms = (temporary, here.settings.home / "scratch", Path(f"/tmp/claude-{os.getuid()}"))
        strays = [path for room in rooms for path in room.rglob("*")]
        mine = [str(path) for path in strays if here.root.name in str(path)]
        return cls(
            memory_mb=house.memory_info().rss / 1e6,
            descriptors=house.num_fds(),
            threads=house.num_threads(),
            children=[child.name() for child in house.children(recursive=True)],
            files=mine,
        )


async def _follow_up(root: Path, *, times: int) -> tuple[Burden, Burden]:
    """The burden after the fifth run, or the middle one, and after the last."""
    temporary = root / "temporary"
    temporary.mkdir()
    rules = [rule("again", [bash("echo once more >> log.txt"), "Once more."])]
    async with house_outside(root, rules, project=FREE) as (house, served):
        await served.start(TMPDIR=str(temporary))
        await house.people.starts("again")
        await house.people.is_done()
        early = None
        for run in range(2, times + 2):
            await house.people.says("/continue d1 again")
            await house.people.is_done(run=run)
            await house.people.disappears(house.ground.scratch(f"d1/{run}"))
            if run == min(5, 1 + times // 2):
                early = Burden.of(served, house.ground, temporary)
        lines = (house.ground.project / "log.txt").read_text().splitlines()
        assert len(lines) == times + 1
        assert house.ground.processes() == []
        assert early is not None
        return early, Burden.of(served, house.ground, temporary)


def _check(early: Burden, late: Burden) -> None:
    assert (early.children, late.children) == ([], [])
    assert (early.files, late.files) == ([], [])
    assert late.descriptors <= early.descriptors + 2
    assert late.threads <= early.threads + 2
    assert late.memory_mb <= early.memory_mb + GROWTH_MB


@pytest.mark.full
async def test_four_follow_ups_leave_nothing_behind(tmp_path: Path) -> None:
    """No zombie, no temporary file, no growing memory, descriptors or threads."""
    _check(*await _follow_up(tmp_path, times=4))


@pytest.mark.full
@pytest.mark.timeout(600)
async def test_twenty_four_follow_ups_leave_nothing_behind(tmp_path: Path) -> None:
    """The same for long: the burden after the fifth and the twenty-fifth run."""
    _check(*await _follow_up(tmp_path, times=24))
