"""Crash points kill for real when they are asked to, and never otherwise."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PASS_TWO_POINTS_TWICE = """
from bot.crash import Point, crash_point
for passage in (1, 2):
    for point in (Point.AFTER_MODEL, Point.AFTER_APPLY):
        crash_point(point)
        print(point, passage, flush=True)
"""


def run(crash_at: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PASS_TWO_POINTS_TWICE],
        env={**os.environ, "CRASH_AT": crash_at, "PYTHONPATH": str(Path(__file__).parent.parent)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(
    ("crash_at", "passed"),
    [
        ("after_model", []),
        ("after_apply", ["after_model 1"]),
        ("after_apply:2", ["after_model 1", "after_apply 1", "after_model 2"]),
    ],
)
def test_a_named_point_kills_at_its_passage(crash_at: str, passed: list[str]) -> None:
    """The process is gone by SIGKILL at that passage of that point, and at no earlier one."""
    process = run(crash_at)
    assert process.returncode == -signal.SIGKILL
    assert process.stdout.splitlines() == passed


@pytest.mark.parametrize("crash_at", ["", "after_model:3", "before_send"])
def test_a_point_that_is_not_meant_lets_pass(crash_at: str) -> None:
    """Unset, another point, or a passage that is never reached: nothing happens."""
    process = run(crash_at)
    assert process.returncode == 0
    assert len(process.stdout.splitlines()) == 4


@pytest.mark.parametrize("crash_at", ["after_modle", "after_model:soon"])
def test_a_misspelt_point_is_refused(crash_at: str) -> None:
    """A test that would crash nowhere is told so, with the names it may use."""
    process = run(crash_at)
    assert process.returncode == 1
    assert f"CRASH_AT={crash_at} is not a crash point: use one of after_insert" in process.stderr
