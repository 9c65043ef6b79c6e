"""Runs command lines as a person would: in this process, or in one of their own."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from bot.cli.root import run

ROOT = Path(__file__).parent.parent

TWO_PEOPLE = """
[people.ann]
role = "admin"
[people.vic]
role = "viewer"
[projects.api]
directory = "."
specialist = "scripted"
[specialists.scripted]
"""
"""An admin, a viewer and one project."""


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Shell:
    """A directory with a configuration, and a state directory of its own."""

    directory: Path
    capsys: pytest.CaptureFixture[str]

    def write(self, configuration: str) -> Path:
        path = self.directory / "frontdesk.toml"
        path.write_text(configuration)
        return path

    def __call__(self, *arguments: str) -> Ended:
        self.capsys.readouterr()
        code = run(arguments)
        shown = self.capsys.readouterr()
        return Ended(code, shown.out, shown.err)

    def process(self, *arguments: str, stdin: str = "", **environ: str) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "bot", *arguments],
            cwd=self.directory,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Shell]:
    """No configuration but what the test writes, no key, no Ollama, nobody's home."""
    for name in list(os.environ):
        if name.startswith("FRONTDESK_") or name.endswith(("_API_KEY", "_TOKEN", "_FILE")):
            monkeypatch.delenv(name)
    for name in ("STATE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")  # nobody listens there
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    root = logging.getLogger()
    before = set(root.handlers)
    yield Shell(work, capsys)
    for handler in set(root.handlers) - before:
        root.removeHandler(handler)
        handler.close()
    structlog.reset_defaults()
