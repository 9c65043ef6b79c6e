"""A backup of a house that works: restored elsewhere it goes on; what does not fit is refused."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import shutil
import sqlite3
import tarfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import TypeAdapter

from bot.cli.archive import DATABASE, MANIFEST, Manifest, pack, stored
from bot.cli.storing import back_up, restore
from bot.errors import Refused
from bot.instance import InstanceLock
from bot.model.conversations import Message, MessageState
from bot.model.dispatches import Dispatch, Status
from bot.model.posts import OutboxRow, PostKind
from bot.model.questions import Question, QuestionState
from bot.ports import Unit
from bot.settings import Settings, settings_of
from storage.engine import is_postgres
from tests.conftest import PostgresServer
from tests.houses import CHAT, PLAY, Household, open_household, tables, wrote

pytestmark = pytest.mark.full

PLANTED: Final = "sk-planted-0123456789abcdefghij"


def configuration(directory: Path, database: str | None) -> dict[str, Any]:
    directory.mkdir(exist_ok=True)
    return tables(directory, database=database, questions={"grace_s": 0.1}, chats={CHAT: {}})


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def two_databases(request: pytest.FixtureRequest) -> tuple[str | None, str | None]:
    """Of the house, and of the one that goes on: None is a file in its home."""
    if request.param == "sqlite":
        return None, None
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.create(), server.create()


@asynccontextmanager
async def under_load(house: Household, acknowledged: list[str]) -> AsyncGenerator[None]:
    """Messages in several conversations, one after the other, without a pause."""

    async def pour(place: int) -> None:
        n = 0
        while True:
            inbound = wrote("hello", where=f"c{place}", key=f"load:{place}:{n}")
            await house.running.desk.receive(inbound)
            acknowledged.append(inbound.key)
            n += 1
            await asyncio.sleep(0)

    pouring = [asyncio.create_task(pour(place)) for place in range(3)]
    try:
        yield
    finally:
        for task in pouring:
            task.cancel()
        await asyncio.gather(*pouring, return_exceptions=True)


async def test_a_backup_under_load_goes_on_elsewhere(
    two_databases: tuple[str | None, str | None], tmp_path: Path
) -> None:
    """With another home and another place of the project, a waiting question is answered and its work goes on
    in its session; every message that was acknowledged before the backup began is there, and answered once;
    the database is intact and holds nothing of the engine."""
    here, there = two_databases
    old, new = configuration(tmp_path / "old", here), configuration(tmp_path / "new", there)
    acknowledged: list[str] = []
    archive = tmp_path / "backup.tar.gz"
    async with open_household(tmp_path / "old", old) as house:
        house.platform.writes("ann", "/run pick a colour")
        await house.until_said("Which colour?")
        await house.until_rows(_parked)
        async with under_load(house, acknowledged):
            await house.until(lambda: len(acknowledged) >= 15)
            before = set(acknowledged)
            manifest = await back_up(house.settings, archive)
    assert manifest.counts["questions"] == 1
    assert archive.stat().st_mode & 0o777 == 0o600
    sound(archive, tmp_path)

    settings = settings_of(new, directory=tmp_path / "new")
    await restore(settings, archive, force=False)
    shutil.rmtree(tmp_path / "old")
    async with open_household(tmp_path / "new", new) as house:
        messages = {message.platform_key for message in await house.rows(Message)}
        assert before <= messages
        await house.running.desk.answer(_ann(settings), "q1", "blue")
        await house.until_rows(_all_done)
        assert (tmp_path / "new/api/chosen.txt").read_text() == "blue\n"
        (dispatch,) = await house.rows(Dispatch)
        assert "It chose blue." in dispatch.result
        assert dispatch.runs == 2
        replies = [row for row in await house.rows(OutboxRow) if row.kind is PostKind.REPLY]
        hellos = [row for row in replies if "Hello!" in row.post.markdown]
        assert len(hellos) == sum(key.startswith("load:") for key in messages)


def _ann(settings: Settings) -> Any:
    return settings.person_named("ann")


async def _parked(unit: Unit) -> bool:
    return [item.status for item in await unit.find(Dispatch)] == [Status.PARKED]


async def _all_done(unit: Unit) -> bool:
    waiting = await unit.find(Message, state=MessageState.WAITING, limit=1)
    return not waiting and [item.status for item in await unit.find(Dispatch)] == [Status.DONE]


def sound(archive: Path, room: Path) -> None:
    """The rows in the archive are one whole SQLite file."""
    with tarfile.open(archive) as packed:
        names = packed.getnames()
        packed.extract(DATABASE, room / "looked-at", filter="data")
    assert names[0] == MANIFEST
    assert [name for name in names if name.startswith("specialists/")]
    with contextlib.closing(sqlite3.connect(room / "looked-at" / DATABASE)) as rows:
        assert rows.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert rows.execute("PRAGMA foreign_key_check").fetchall() == []
        known = {name for (name,) in rows.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert "dispatches" in known
    assert "workflow_status" not in known


@pytest.mark.postgres
async def test_a_house_moves_from_a_file_to_postgres(postgres_server: PostgresServer, tmp_path: Path) -> None:
    """The same archive fills either kind of database, and new rows come after the restored ones."""
    archive, database = tmp_path / "backup.tar.gz", postgres_server.create()
    await _kept(tmp_path / "old", archive)
    new = configuration(tmp_path / "new", database)
    assert is_postgres(database)
    await restore(settings_of(new, directory=tmp_path / "new"), archive, force=False)
    async with open_household(tmp_path / "new", new) as house:
        house.platform.writes("ann", "/run utter twice", "elsewhere")
        await house.until_said("It said twice.")
        assert [item.id for item in await house.rows(Dispatch)] == ["d1", "d2"]


async def _kept(directory: Path, archive: Path) -> Settings:
    """A house with one dispatch that is done, and its backup."""
    async with open_household(directory, configuration(directory, None)) as house:
        house.platform.writes("ann", "/run utter once")
        await house.until_said("It said once.")
        await back_up(house.settings, archive)
        return house.settings


async def test_a_running_house_and_a_home_with_state_are_refused(tmp_path: Path) -> None:
    """Nothing is touched while somebody runs it or --force is missing; then what was there is put aside."""
    archive = tmp_path / "backup.tar.gz"
    settings = await _kept(tmp_path / "old", archive)
    before = (settings.home / DATABASE).read_bytes()
    with InstanceLock(settings.home), pytest.raises(Refused, match="already runs here"):
        await restore(settings, archive, force=True)
    with pytest.raises(Refused, match="use --force"):
        await restore(settings, archive, force=False)
    assert (settings.home / DATABASE).read_bytes() == before
    done = await restore(settings, archive, force=True)
    assert done.aside is not None
    assert (done.aside / DATABASE).read_bytes() == before
    assert {path.name for path in settings.home.iterdir()} >= {DATABASE, "specialists", done.aside.name}


async def test_a_backup_replaces_no_file(tmp_path: Path) -> None:
    """A second backup under the same name is refused and leaves the first, and nothing half-made is left."""
    archive = tmp_path / "backup.tar.gz"
    settings = await _kept(tmp_path / "old", archive)
    first = archive.read_bytes()
    with pytest.raises(Refused, match="exists already"):
        await back_up(settings, archive)
    assert archive.read_bytes() == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.tar.gz", "old"]


async def test_secrets_of_the_house_are_not_in_a_backup(tmp_path: Path) -> None:
    """A credential file of a specialist stays, and what a tool printed into a session is masked."""
    directory, archive = tmp_path / "old", tmp_path / "backup.tar.gz"
    settings = await _kept(directory, archive)
    archive.unlink()
    room = settings.home / "specialists" / "scripted" / "api"
    (room / ".credentials.json").write_text("a login")
    (room / "projects").mkdir()
    (room / "projects" / "s.jsonl").write_bytes(b'{"out": "' + PLANTED.encode() + b'", "raw": "\xff"}\n')
    await back_up(settings, archive)
    with tarfile.open(archive) as packed:
        assert not [name for name in packed.getnames() if "credentials" in name]
        kept = packed.extractfile("specialists/scripted/api/projects/s.jsonl")
        assert kept is not None
        assert kept.read() == b'{"out": "[redacted]", "raw": "\xff"}\n'


@pytest.mark.parametrize("damage", ["cut", "changed", "no backup", "stranger"])
async def test_a_damaged_backup_restores_nothing(damage: str, tmp_path: Path) -> None:
    """It is read whole and compared with its manifest before anything is put in place."""
    archive, broken = tmp_path / "backup.tar.gz", tmp_path / "broken.tar.gz"
    await _kept(tmp_path / "old", archive)
    _spoil(archive, broken, damage)
    settings = settings_of(configuration(tmp_path / "new", None), directory=tmp_path / "new")
    with pytest.raises(Refused, match=r"damaged|no backup|does not belong"):
        await restore(settings, broken, force=False)
    assert [path.name for path in settings.home.iterdir()] == ["house.lock"]


def _spoil(archive: Path, broken: Path, damage: str) -> None:
    match damage:
        case "cut":
            content = archive.read_bytes()
            broken.write_bytes(content[: len(content) // 2])
        case "no backup":
            broken.write_text("hello")
        case _:
            _rewrite(archive, broken, changed=damage == "changed")


def _rewrite(archive: Path, broken: Path, *, changed: bool) -> None:
    """The same members, one of them altered or with a name that leads outside."""
    with tarfile.open(archive) as whole, tarfile.open(broken, "w:gz") as spoilt:
        for member in whole:
            content = whole.extractfile(member)
            assert content is not None
            data = bytearray(content.read())
            if member.name == DATABASE and changed:
                data[-1] ^= 1
            elif member.name == DATABASE:
                member.name = "../outside"
            spoilt.addfile(member, io.BytesIO(bytes(data)))


async def test_a_backup_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """It is told from its database, whatever its manifest says; nothing is restored."""
    room, archive = tmp_path / "room", tmp_path / "newer.tar.gz"
    settings = await _kept(tmp_path / "old", tmp_path / "backup.tar.gz")
    with tarfile.open(tmp_path / "backup.tar.gz") as packed:
        packed.extractall(room, filter="data")
    with contextlib.closing(sqlite3.connect(room / DATABASE)) as rows:
        rows.execute("UPDATE alembic_version SET version_num = '9999'")
        rows.commit()
    _packed_anew(room, archive)
    with pytest.raises(Refused, match="newer Frontdesk"):
        await restore(settings, archive, force=True)


def _packed_anew(room: Path, archive: Path) -> None:
    manifest = TypeAdapter(Manifest).validate_json((room / MANIFEST).read_bytes())
    (room / MANIFEST).unlink()
    pack(room, replace(manifest, files=stored(room)), archive)


async def test_a_question_keeps_its_state_over_a_restore(tmp_path: Path) -> None:
    """Its reminder and expiry, its buttons and who may press them are rows, so they are there."""
    old, archive = configuration(tmp_path / "old", None), tmp_path / "backup.tar.gz"
    async with open_household(tmp_path / "old", old, play=PLAY) as house:
        house.platform.writes("ann", "/run pick a colour")
        await house.until_said("Which colour?")
        await house.until_rows(_parked)
        (asked,) = await house.rows(Question)
        await back_up(house.settings, archive)
    new = configuration(tmp_path / "new", None)
    await restore(settings_of(new, directory=tmp_path / "new"), archive, force=False)
    async with open_household(tmp_path / "new", new) as house:
        (found,) = await house.rows(Question)
        assert found == asked
        assert found.state is QuestionState.OPEN
        manifest = json.loads(_member(archive, MANIFEST))
        assert manifest["home"] == str(tmp_path / "old/home")


def _member(archive: Path, name: str) -> bytes:
    with tarfile.open(archive) as packed:
        content = packed.extractfile(name)
        assert content is not None
        return content.read()
