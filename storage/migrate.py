"""Bringing an older database up to date in one transaction, after a copy; a newer one is refused untouched.

look (read-only) ─► newer: refused
                 ├► current: nothing to do
                 └► lock ─► copy (SQLite) ─► every step ─► commit
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from sqlalchemy import Connection, inspect, text

from bot.crash import Point, crash_point
from bot.errors import NewerDatabase, StoreError
from storage.engine import is_postgres, migration_engine, shown, sqlite_path
from storage.faults import translated
from storage.tables import REVISION

if TYPE_CHECKING:  # a third of a second, which only a migration that is due is worth
    from alembic.config import Config
    from alembic.script import ScriptDirectory

SCRIPTS: Final = Path(__file__).parent / "migrations"

_LOCK: Final = 0x46524E54_4445534B
"""The advisory lock of Postgres under which one process at a time migrates: "FRNTDESK"."""


@dataclass(frozen=True, slots=True)
class Migration:
    """What was done; ``was`` is None for a database without our tables."""

    was: str | None
    now: str
    copy: Path | None = None  # of the database as it was, SQLite only


async def migrate(database: str, *, scripts: Path = SCRIPTS) -> Migration:
    """Make the database ready for this version. Raises NewerDatabase, or StoreError with nothing changed."""
    return await asyncio.to_thread(_migrate, database, scripts)


def _migrate(database: str, scripts: Path) -> Migration:
    with translated(shown(database)):
        was = stored_revision(database)
    if was == REVISION and scripts == SCRIPTS:
        return Migration(was, REVISION)
    steps = _steps(scripts)
    newest = str(steps.get_current_head())
    _refuse_newer(database, was, steps)
    if was == newest:
        return Migration(was, newest)
    with _writing(database) as connection:
        was = _revision(connection)
        _refuse_newer(database, was, steps)
        if was == newest:
            return Migration(was, newest)
        return _upgrade(database, connection, scripts, was, newest)


def _upgrade(database: str, connection: Connection, scripts: Path, was: str | None, newest: str) -> Migration:
    from alembic import command

    copy = _copy(sqlite_path(database), was) if not is_postgres(database) and _tables(connection) else None
    try:
        config = _config(scripts)
        config.attributes["connection"] = connection
        command.upgrade(config, newest)
        _check_references(connection)
        crash_point(Point.MID_MIGRATION)
    except BaseException:
        if copy:
            copy.unlink()  # nothing will have changed, and a restart loop must not fill the disk
        raise
    return Migration(was, newest, copy)


@contextmanager
def _writing(database: str) -> Generator[Connection]:
    """One transaction that nobody else writes beside."""
    engine = migration_engine(database)
    try:
        with translated(shown(database)), engine.begin() as connection:
            if is_postgres(database):
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            yield connection
    finally:
        engine.dispose()


# ── which version ────────────────────────────────────────────────────────────────────────────────────────


def _config(scripts: Path) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    return config


def _steps(scripts: Path) -> ScriptDirectory:
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config(scripts))


def _refuse_newer(database: str, revision: str | None, steps: ScriptDirectory) -> None:
    from alembic.util import CommandError

    if revision is None:
        return
    try:
        steps.get_revision(revision)
    except CommandError as error:
        raise NewerDatabase(
            f"{shown(database)} was written by a newer Frontdesk (database version {revision}; this one "
            f"knows {steps.get_current_head()}). It was not touched. Start the newer Frontdesk, or restore "
            "a copy made before the upgrade."
        ) from error


def stored_revision(database: str) -> str | None:
    """Look without locking anything."""
    if not is_postgres(database):
        return _revision_of_file(sqlite_path(database))
    engine = migration_engine(database)
    try:
        with engine.connect() as connection:
            return _revision(connection)
    finally:
        engine.dispose()


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _tables(connection: Connection) -> list[str]:
    return inspect(connection).get_table_names()


def _revision_of_file(path: Path) -> str | None:
    """Look without leaving a trace: not even the side files that a plain connection would create."""
    if not path.exists() or path.stat().st_size == 0:
        return None
    in_use = any(Path(f"{path}{ending}").exists() for ending in ("-wal", "-journal"))
    mode = "mode=ro" if in_use else "mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?{mode}", uri=True)) as connection:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise
    return found[0] if found else None


# ── SQLite ───────────────────────────────────────────────────────────────────────────────────────────────


def _copy(path: Path, was: str | None) -> Path:
    """The database as it is before the first step; writers are already locked out."""
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    copy = path.with_name(f"{path.name}.{was or 'empty'}.{now}.copy")
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
            # A copy is one file; what a restore needs must not sit in a side file.
            target.execute("PRAGMA journal_mode = DELETE")
    except BaseException:
        with suppress(FileNotFoundError):
            copy.unlink()
        raise
    return copy


def _check_references(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.execute(text("PRAGMA foreign_key_check")).fetchall()
    if broken:
        tables = ", ".join(sorted({str(row[0]) for row in broken}))
        raise StoreError(
            f"The migration was undone because it would have left rows without their parents in {tables}. "
            "Please report this."
        )
