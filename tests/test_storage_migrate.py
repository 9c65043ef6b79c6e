"""Migrations: once, in one transaction, after a copy; a newer database is refused without a trace."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from itertools import product
from pathlib import Path
from runpy import run_path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from adapters.rehearsal.contracts import examples
from adapters.rehearsal.contracts.checking import a_dispatch
from bot.errors import NewerDatabase, StoreError
from bot.model.conversations import Conversation
from bot.model.posts import Button, ButtonAction
from bot.model.questions import QuestionKind, approval_of
from bot.workflows import Engine
from storage.engine import is_postgres, migration_engine, sync_engine
from storage.migrate import SCRIPTS, Migration, migrate
from storage.migrations import is_ours
from storage.store import SqlStore
from storage.tables import REVISION, metadata
from tests.conftest import Opening, PostgresServer

NEXT = f"{int(REVISION) + 1:04d}"
STEP = f"""
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "{NEXT}", "{REVISION}", None, None


def upgrade() -> None:
    op.create_table("half", sa.Column("id", sa.Text()))
    op.add_column("conversations", sa.Column("mood", sa.Text()))
    {{then}}
"""


@pytest.fixture
def scripts(tmp_path: Path) -> Callable[[str], Path]:
    """The history and one more step, which ends with a statement of the test's choice."""

    def extended(then: str) -> Path:
        folder = tmp_path / "migrations"
        shutil.copytree(SCRIPTS, folder, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "versions" / f"{NEXT}_next.py").write_text(STEP.format(then=then))
        return folder

    return extended


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "state" / "house.db")
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.create()


def columns(database: str) -> dict[str, list[str]]:
    engine = sync_engine(database)
    try:
        look = inspect(engine)
        return {
            table: [column["name"] for column in look.get_columns(table)] for table in look.get_table_names()
        }
    finally:
        engine.dispose()


def execute(database: str, statement: str) -> None:
    engine = sync_engine(database)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def traces(path: Path) -> dict[str, str]:
    """Every file beside the database, by the hash of its bytes.

    Not SQLite's ``-shm``: no data, but the memory in which its readers mark where they are in the log.
    """
    files = [file for file in path.parent.iterdir() if not file.name.endswith("-shm")]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


async def test_a_new_database_is_made_ready_once(empty_database: str) -> None:
    """The first call builds every table, the second finds nothing to do, and the store is content."""
    assert await migrate(empty_database) == Migration(None, REVISION)
    assert await migrate(empty_database) == Migration(REVISION, REVISION)
    store = SqlStore(empty_database)
    assert REVISION in await store.check()
    await store.close()


async def test_a_store_over_an_empty_database_says_what_to_run(empty_database: str) -> None:
    """Nothing works before the migration, and the error names the command."""
    store = SqlStore(empty_database)
    with pytest.raises(StoreError, match="frontdesk migrate"):
        await store.check()
    with pytest.raises(StoreError, match="frontdesk migrate"):
        async with store.transaction() as unit:
            await unit.add(examples.conversation())
    await store.close()


def test_the_newest_step_is_the_one_the_store_expects() -> None:
    """``REVISION`` is the head of the history."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


def test_the_tables_are_what_the_migrations_build(any_database: str) -> None:
    """Alembic finds nothing to add, drop or alter, and does not see the durable engine's tables."""
    engine = migration_engine(any_database)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_ours})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


async def test_the_durable_engine_s_tables_are_left_alone(
    empty_database: str, scripts: Callable[[str], Path]
) -> None:
    """Whoever comes first, both sets of tables stand in one database and survive a later step."""
    engine = sync_engine(empty_database)
    durable = Engine(system_engine=engine, node="n1", bodies={}, listen=frozenset())
    await durable.prepare()
    engine.dispose()
    theirs = columns(empty_database)
    await migrate(empty_database)
    await migrate(empty_database, scripts=scripts(""))
    both = columns(empty_database)
    assert theirs.items() <= both.items()
    assert {"messages", "half"} <= both.keys()


async def test_a_failing_step_leaves_nothing_behind(
    any_database: str, scripts: Callable[[str], Path], tmp_path: Path
) -> None:
    """Tables and columns of the failed transaction are gone, the version is the old one, no copy stays."""
    before, files = columns(any_database), sorted(p.name for p in tmp_path.glob("*.copy"))
    broken = scripts('op.execute("INSERT INTO no_such_table VALUES (1)")')
    with pytest.raises(StoreError):
        await migrate(any_database, scripts=broken)
    assert columns(any_database) == before
    assert sorted(p.name for p in tmp_path.glob("*.copy")) == files == []
    assert await migrate(any_database) == Migration(REVISION, REVISION)


async def test_a_step_that_orphans_rows_is_undone(
    sqlite_database: str, scripts: Callable[[str], Path]
) -> None:
    """Foreign keys are off while tables are rebuilt, so they are checked before the commit."""
    store = SqlStore(sqlite_database)
    async with store.transaction() as unit:
        await unit.add(examples.conversation(), examples.message())
    await store.close()
    with pytest.raises(StoreError, match="messages"):
        await migrate(sqlite_database, scripts=scripts('op.execute("DELETE FROM conversations")'))
    assert "half" not in columns(sqlite_database)


async def test_an_older_database_is_copied_first(
    sqlite_database: str, scripts: Callable[[str], Path]
) -> None:
    """The copy is the owner's alone, named after its version, one file, and has the rows as they were."""
    store = SqlStore(sqlite_database)
    async with store.transaction() as unit:
        await unit.add(examples.conversation())
    migration = await migrate(sqlite_database, scripts=scripts(""))
    await store.close()
    copy = migration.copy
    assert copy is not None
    assert (migration.was, migration.now) == (REVISION, NEXT)
    assert copy.name.startswith(f"frontdesk.db.{REVISION}.")
    assert copy.stat().st_mode & 0o777 == 0o600
    assert not Path(f"{copy}-wal").exists()
    assert "half" in columns(sqlite_database)
    older = SqlStore(str(copy))
    async with older.reading() as unit:
        assert await unit.get(Conversation, "c1") == examples.conversation()
    await older.close()


async def test_two_processes_that_migrate_at_once_do_it_once(
    any_database: str, scripts: Callable[[str], Path]
) -> None:
    """The second waits for the first and finds the work done."""
    next_step = scripts("")
    done = await asyncio.gather(*[migrate(any_database, scripts=next_step) for _ in range(3)])
    assert sorted(migration.was or "" for migration in done) == [REVISION, NEXT, NEXT]


@pytest.mark.parametrize("left", ["closed", "open", "killed", "killed without its index"])
async def test_a_newer_database_is_refused_without_a_trace(sqlite_database: str, left: str) -> None:
    """However its owner left it, the file and its log stay as they were, to the byte."""
    path = Path(sqlite_database)
    if left.startswith("killed"):
        run_program(NEWER_THEN_KILLED, sqlite_database)
        assert Path(f"{path}-wal").stat().st_size > 0
    if left == "killed without its index":
        Path(f"{path}-shm").unlink()
    with closing(sqlite3.connect(path)) as owner:
        if left in ("open", "closed"):
            owner.execute("PRAGMA journal_mode = WAL")
            owner.execute("UPDATE alembic_version SET version_num = '9999'")
            owner.commit()
        if left == "closed":
            owner.close()
            assert [file.name for file in path.parent.iterdir()] == [path.name]
        before = traces(path)
        with pytest.raises(NewerDatabase, match=r"9999.*not touched"):
            await migrate(sqlite_database)
        assert traces(path) == before


@pytest.mark.postgres
async def test_a_newer_postgres_is_refused_untouched(postgres_database: str) -> None:
    """Its tables stay as they were, and so does its version."""
    execute(postgres_database, "UPDATE alembic_version SET version_num = '9999'")
    before = columns(postgres_database)
    with pytest.raises(NewerDatabase, match="9999"):
        await migrate(postgres_database)
    assert columns(postgres_database) == before


async def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    """Somebody else's file is named in the error and not overwritten."""
    path = tmp_path / "notes.txt"
    path.write_text("not a database at all " * 100)
    before = traces(path)
    with pytest.raises(StoreError, match=r"notes\.txt is damaged or no database"):
        await migrate(str(path))
    assert traces(path) == before


async def test_a_process_killed_in_the_middle_leaves_the_old_database(any_database: str) -> None:
    """SIGKILL before the commit: no table of the step is there, and the next start does it all."""
    drop_everything(any_database)
    killed = run_program(
        "import asyncio, sys; from storage.migrate import migrate; asyncio.run(migrate(sys.argv[1]))",
        any_database,
        CRASH_AT="mid_migration",
    )
    assert killed == -signal.SIGKILL
    assert columns(any_database) == {}
    assert (await migrate(any_database)).now == REVISION


async def test_the_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    """Database and side files have mode 0600 in a directory of mode 0700, whatever the umask says."""
    umask = os.umask(0)
    try:
        path = tmp_path / "home" / "house.db"
        await migrate(f"sqlite:///{path}")
        store = SqlStore(str(path))
        async with store.transaction() as unit:
            await unit.add(examples.conversation())
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
        await store.close()
    finally:
        os.umask(umask)
    assert modes == dict.fromkeys(("house.db", "house.db-wal", "house.db-shm"), 0o600)
    assert path.parent.stat().st_mode & 0o777 == 0o700


NEWER_THEN_KILLED = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("PRAGMA journal_mode = WAL")
connection.execute("UPDATE alembic_version SET version_num = '9999'")
connection.commit()
os._exit(0)
"""


def run_program(program: str, *arguments: str, **environment: str) -> int:
    root = Path(__file__).parents[1]
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, check=False, cwd=root, env=os.environ | environment).returncode


def drop_everything(database: str) -> None:
    if is_postgres(database):
        execute(database, "DROP SCHEMA public CASCADE")
        execute(database, "CREATE SCHEMA public")
        return
    Path(database).unlink()


async def test_an_approval_that_waited_through_the_update_is_still_given_by_its_newest_post(
    any_database: str, open_store: Opening
) -> None:
    """Buttons of an older version did not say what they showed: the newest post's learn it, others do not."""
    shown = approval_of("Bash", '{"command":"make"}', "/src")
    asked = examples.question(kind=QuestionKind.APPROVAL, approval=shown)
    grant, deny = ({"object": "q1", "action": action} for action in (ButtonAction.GRANT, ButtonAction.DENY))
    older, newer = ({"outbox": "c1o1"}, {"outbox": "c1o2"})
    buttons = [
        examples.button(n, **does, **where)
        for n, (does, where) in enumerate(product((grant, deny), (older, newer)))
    ]
    store = open_store(any_database)
    await a_dispatch(store, asked, examples.outbox_row(1), examples.outbox_row(2), *buttons)
    team = run_path(str(SCRIPTS / "versions" / "0002_team.py"))
    engine = migration_engine(any_database)
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        team["_bind_open_approvals"]()
    engine.dispose()
    async with store.reading() as unit:
        bound = {(row.action, row.outbox): row.argument for row in await unit.find(Button)}
    assert bound == {
        (ButtonAction.GRANT, "c1o1"): "",
        (ButtonAction.DENY, "c1o1"): "",
        (ButtonAction.GRANT, "c1o2"): shown.hash,
        (ButtonAction.DENY, "c1o2"): shown.hash,
    }
