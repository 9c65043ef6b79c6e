"""Everything of the house is its owner's alone, whatever umask it was started with."""

from __future__ import annotations

import os
import stat
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from adapters.rehearsal.model_server import rule
from bot.in_force import InForce, keep
from bot.settings.home import write_private
from tests.claude_calls import bash
from tests.house_with_claude import WITHOUT_SANDBOX, house_outside

FREE = 'permission_mode = "acceptEdits"\nallowed_tools = ["Bash"]\n'


@contextmanager
def open_umask() -> Generator[None]:
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)


def lies_in(home: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Everything under `home` with its status; what a run's end removes meanwhile is left out."""
    yield home, home.lstat()
    for directory, directories, files in os.walk(home):
        for name in (*directories, *files):
            with suppress(FileNotFoundError):
                path = Path(directory, name)
                yield path, path.lstat()


def open_to_others(home: Path) -> Iterator[str]:
    """What lies in the home and group or others may do something with, as a person would name it."""
    for path, status in lies_in(home):
        if not stat.S_ISLNK(status.st_mode) and status.st_mode & 0o077:
            yield f"{stat.filemode(status.st_mode)} {path.relative_to(home)}"


@pytest.mark.claude
async def test_after_a_run_everything_in_the_home_is_private(tmp_path: Path) -> None:
    """Database and side files, locks, scratch and transcripts: while the run works and when it has ended."""
    look = bash("cd ~ && touch made && stat -c '%a' made")
    options = {"project": FREE, "sandbox": WITHOUT_SANDBOX}
    async with house_outside(tmp_path, [rule("look", [look, "Mode {{result}}."])], **options) as parts:
        house, served = parts
        with open_umask():
            await served.start()
        await house.people.starts("look around")
        await house.people.is_done()
        await house.people.hears("Mode 600")
        home = house.ground.settings.home
        names = {path.name for path, _ in lies_in(home)}
        assert {"frontdesk.sqlite3", "frontdesk.sqlite3-wal", "frontdesk.sqlite3-shm", "house.lock"} <= names
        assert any(name.endswith(".jsonl") for name in names), "no transcript"
        assert list(open_to_others(home)) == []


def test_small_files_are_private_without_the_umask_too(tmp_path: Path) -> None:
    """Also over a file that was open before: its readers keep the old one."""
    with open_umask():
        (tmp_path / "node").touch(mode=0o666)
        write_private(tmp_path / "node", "node-1\n")
        keep(tmp_path, InForce("stamp"))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}
    assert (tmp_path / "node").read_text() == "node-1\n"
