"""The work that a specialist under test is given: one run in a directory of the test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from bot.ports import Limits, Work


def work_in(directory: Path, **changes: Any) -> Work:
    """``changes`` are fields of it."""
    for name in ("project", "config", "scratch"):
        (directory / name).mkdir(exist_ok=True)
    work = Work(
        run="d1/1",
        dispatch="d1",
        attempt=1,
        prompt="",
        session=str(uuid4()),
        resume=False,
        token="",
        session_usd=0.0,
        directory=str(directory / "project"),
        config_dir=str(directory / "config"),
        scratch=str(directory / "scratch"),
        project="api",
        permission_mode="acceptEdits",
        tools_allowed=None,
        tools_denied=(),
        trust="none",
        sandbox="none",
        environment={},
        model=None,
        limits=Limits(),
    )
    return replace(work, **changes)
