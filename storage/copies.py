"""Copies of the rows of a house that may be running: out into one SQLite file, from there into any database.

SQLite ── backup API ──────────────┐                      ┌── the file itself ── SQLite
                                   ├─▶ one SQLite file ───┤
Postgres ── repeatable read ───────┘   (our rows only)    └── one transaction ── Postgres
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path, PurePath
from typing import Final

from sqlalchemy import Connection, Table, func, insert, select, text

from bot.errors import Refused, StoreError
from storage.engine import is_postgres, migration_engine, shown, sqlite_path
from storage.faults import translated
from storage.migrate import migrate, stored_revision
from storage.tables import REVISION, leases, metadata

AT_ONCE: Final = 500
"""Rows of one table in memory."""


async def copy_out(database: str, file: Path) -> dict[str, int]:
    """Write a consistent copy to ``file``, which must not exist; how many rows of each table it holds.

    The engine's rows are left out, because ours bring them back; leases are, because they are of processes.
    """
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    if is_postgres(database):
        await migrate(str(file))
        await asyncio.to_thread(_rows_into, database, str(file))
    else:
        await asyncio.to_thread(_file_into, sqlite_path(database), file)
    return await asyncio.to_thread(_tidied, file)


def _file_into(source: Path, file: Path) -> None:
    """All pages in one step: writers go on beside it, and it need not begin anew after each of them."""
    with (
        translated(str(source)),
        closing(sqlite3.connect(source, timeout=30)) as theirs,
        closing(sqlite3.connect(file)) as ours,
    ):
        theirs.backup(ours)


def _tidied(file: Path) -> dict[str, int]:
    """Leave our tables in one sound file without side files and without deleted rows."""
    with translated(str(file)), closing(sqlite3.connect(file, isolation_level=None)) as copy:
        copy.execute("PRAGMA journal_mode = DELETE")
        ours = {*metadata.tables, "alembic_version"}
        for name in _tables(copy) - ours:
            copy.execute(f'DROP TABLE "{name}"')
        copy.execute("DELETE FROM leases")
        copy.execute("VACUUM")
        _insist_on_being_sound(copy, file)
        return {name: copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608  our own names
                for name in sorted(_tables(copy) & set(metadata.tables))}  # fmt: skip


def _tables(copy: sqlite3.Connection) -> set[str]:
    named = copy.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return {name for (name,) in named}


def _insist_on_being_sound(copy: sqlite3.Connection, file: Path) -> None:
    verdict = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if verdict != "ok" or copy.execute("PRAGMA foreign_key_check").fetchone():
        raise StoreError(f"The copy {file} is not sound ({verdict}); it is of no use.")


# ── where the copy goes ──────────────────────────────────────────────────────────────────────────────────


def relocate(file: Path, places: Mapping[str, str], node: str | None) -> None:
    """Let sessions and runs of the copy be found where things lie now: directories by their longest known
    beginning, and all of them on ``node`` (None: where they were)."""
    with translated(str(file)), closing(sqlite3.connect(file)) as copy, copy:
        for table, column in (("sessions", "directory"), ("sessions", "config_dir"), ("runs", "directory")):
            known = copy.execute(f"SELECT DISTINCT {column} FROM {table}").fetchall()  # noqa: S608  our own names
            for (old,) in known:
                copy.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?",  # noqa: S608  our own names
                             (_moved(old, places), old))  # fmt: skip
        if node is not None:
            copy.execute("UPDATE runs SET node = ?", (node,))


def _moved(path: str, places: Mapping[str, str]) -> str:
    for old in sorted(places, key=len, reverse=True):
        if path and PurePath(path).is_relative_to(old):
            return str(PurePath(places[old], PurePath(path).relative_to(old)))
    return path


async def copy_in(file: Path, database: str, *, replace: bool) -> None:
    """Fill a Postgres with the rows of a migrated copy; Refused when a house runs there, or when it has rows
    and is not to be replaced."""
    await migrate(database)
    await asyncio.to_thread(_rows_back, str(file), database, replace)


# ── rows between two databases ───────────────────────────────────────────────────────────────────────────


def _rows_into(database: str, file: str) -> None:
    """From Postgres, as of one moment."""
    source, target = migration_engine(database), migration_engine(file)
    try:
        with (
            translated(shown(database)),
            source.connect().execution_options(isolation_level="REPEATABLE READ") as rows,
            target.begin() as copy,
        ):
            _copy_rows(rows, copy)
    finally:
        source.dispose()
        target.dispose()


def _rows_back(file: str, database: str, replace: bool) -> None:
    source, target = migration_engine(file), migration_engine(database)
    try:
        with translated(shown(database)), source.begin() as copy, target.begin() as rows:
            _refuse_running(rows, database)
            if any(rows.execute(select(table).limit(1)).first() for table in metadata.tables.values()):
                _empty(rows, database, replace)
            _copy_rows(copy, rows)
            _count_on(rows)
    finally:
        source.dispose()
        target.dispose()


def _copy_rows(source: Connection, target: Connection) -> None:
    for table in metadata.tables.values():  # references are checked at the commit, so the order is free
        found = source.execution_options(stream_results=True).execute(select(table))
        for some in found.mappings().partitions(AT_ONCE):
            target.execute(insert(table), [dict(row) for row in some])


def _refuse_running(rows: Connection, database: str) -> None:
    held = rows.execute(select(leases.c.id).where(leases.c.until > func.now())).scalars().all()
    if held:
        raise Refused(f"A house runs on {shown(database)} (node {', '.join(held)}); stop it first.")


def _empty(rows: Connection, database: str, replace: bool) -> None:
    if not replace:
        raise Refused(f"{shown(database)} has rows already. Back it up, then use --force to replace them.")
    for table in metadata.tables.values():
        rows.execute(table.delete())
    rows.execute(text("DROP SCHEMA IF EXISTS dbos CASCADE"))  # the engine's rows are about the old ones


def _count_on(rows: Connection) -> None:
    """New rows come after the copied ones."""
    for table in filter(_counts, metadata.tables.values()):
        last = rows.execute(select(func.max(table.c.place))).scalar()
        if last is not None:
            rows.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "place"), last)))


def _counts(table: Table) -> bool:
    return "place" in table.c


def revision_to_copy(database: str) -> str:
    """The version of the database; raises StoreError when this program cannot vouch for a copy."""
    with translated(shown(database)):
        revision = stored_revision(database)
    if revision is None:
        raise StoreError(f"{shown(database)} holds no house yet, so there is nothing to back up.")
    if revision != REVISION:
        raise StoreError(
            f"{shown(database)} has version {revision} and this Frontdesk {REVISION}: back it up with the "
            "Frontdesk that wrote it, or run `frontdesk migrate` first."
        )
    return revision
