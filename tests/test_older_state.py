"""A state directory of the first version works on in this one; the first version leaves this one's alone.

``states/0001.tar.gz`` was written by the program of the commit ``BEFORE``: one dispatch that is done and
one that waits for an answer, in three conversations, with each session's file.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Final

import pytest

from bot.model.dispatches import Dispatch, Status
from bot.model.log import EventRow
from bot.model.questions import Question, QuestionState
from bot.ports import Unit
from storage.copies import relocate
from storage.migrate import Migration, migrate
from storage.tables import REVISION
from tests.houses import CHAT, open_household, tables

ROOT: Final = Path(__file__).parent.parent
STATE: Final = Path(__file__).parent / "states" / "0001.tar.gz"
BEFORE: Final = "d1feae9"
PLACE: Final = "/house"
"""Where the directory of the state was when it was written."""


def unpacked(directory: Path) -> Path:
    """The state of the first version below ``directory``; its database."""
    with tarfile.open(STATE) as packed:
        packed.extractall(directory, filter="data")
    return directory / "home" / "frontdesk.sqlite3"


async def test_a_state_directory_of_the_first_version_goes_on(tmp_path: Path) -> None:
    """It is migrated with all its rows, after a copy; the question that waited is answered, and its session
    is resumed."""
    database = unpacked(tmp_path)
    done = await migrate(str(database))
    assert (done.was, done.now) == ("0001", REVISION)
    assert done.copy is not None
    relocate(database, {PLACE: str(tmp_path)}, None)
    async with open_household(tmp_path, tables(tmp_path, chats={CHAT: {}})) as house:
        assert [(item.id, item.status) for item in await house.rows(Dispatch)] == [
            ("d1", Status.DONE),
            ("d2", Status.PARKED),
        ]
        assert len(await house.rows(EventRow, dispatch="d1")) >= 3
        (asked,) = await house.rows(Question)
        assert asked.state is QuestionState.OPEN
        ann = house.settings.person_named("ann")
        assert ann is not None
        await house.running.desk.answer(ann, asked.id, "red")
        await house.until_rows(_all_done)
        session = (await house.rows(Dispatch))[1].session
        assert session is not None
    assert (tmp_path / "api/chosen.txt").read_text() == "red\n"
    assert list((tmp_path / "home").rglob(f"{session}.jsonl"))


async def _all_done(unit: Unit) -> bool:
    return {item.status for item in await unit.find(Dispatch)} == {Status.DONE}


async def test_the_copy_that_a_migration_leaves_is_the_old_database(tmp_path: Path) -> None:
    """Whoever goes back puts it in place, and can go forward once more."""
    done = await migrate(str(unpacked(tmp_path)))
    assert done.copy is not None
    again = await migrate(str(done.copy))
    assert again == Migration("0001", REVISION, again.copy)


@pytest.fixture
def first_version(tmp_path: Path) -> Path:
    """The source of the first version, out of the history of this repository."""
    room = tmp_path / "first-version"
    room.mkdir()
    packed = subprocess.run(
        ["git", "archive", "--format=tar", f"--output={room}.tar", BEFORE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if packed.returncode:
        pytest.skip(f"the history of the repository is not here, so commit {BEFORE} cannot be run")
    with tarfile.open(f"{room}.tar") as source:
        source.extractall(room, filter="data")
    return room


@pytest.mark.parametrize("command", ["status", "serve", "migrate"])
def test_the_first_version_leaves_a_new_database_alone(
    command: str, first_version: Path, tmp_path: Path
) -> None:
    """Its program is really run: it fails in one line that says what to do, and no byte has changed."""
    database = unpacked(tmp_path)
    done = asyncio.run(migrate(str(database)))
    assert done.copy is not None
    done.copy.unlink()
    before = _files(database.parent)
    configuration = tmp_path / "frontdesk.toml"
    configuration.write_text(f'[frontdesk]\nhome = "{database.parent}"\n[people.ann]\nrole = "admin"\n')
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "--config", str(configuration), command],
        cwd=first_version,
        env={**os.environ, "PYTHONPATH": str(first_version), "OLLAMA_HOST": "127.0.0.1:9"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    said = [line for line in ended.stderr.splitlines() if line.startswith("frontdesk: ")]
    assert ended.returncode == 1, ended.stderr
    assert len(said) == 1, ended.stderr
    assert f"database version {REVISION}; this one knows 0001" in said[0]
    assert "It was not touched" in said[0]
    assert _files(database.parent) == before


def _files(home: Path) -> dict[str, str]:
    """Of the database: what lies beside it by the same name, by the hash of its bytes."""
    found = home.glob("frontdesk.sqlite3*")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}
