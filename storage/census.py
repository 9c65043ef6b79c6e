"""How many rows each table has and which revision they are of, for a report; looks, and changes nothing."""

from __future__ import annotations

from sqlalchemy import func, select, text

from bot.errors import StoreError
from storage.engine import READING, async_engine, is_postgres, sqlite_path
from storage.faults import translated
from storage.tables import metadata


async def census(database: str) -> dict[str, int | str]:
    """Rows by table, and ``revision``; raises StoreError for a database that is not there."""
    if not is_postgres(database) and not sqlite_path(database).exists():
        raise StoreError("There is no database yet; it is made at the first start.")
    engine = async_engine(database)
    try:
        with translated("the database"):
            async with engine.connect() as connection:
                if not is_postgres(database):
                    await connection.execution_options(**{READING: True})
                revision = await connection.scalar(text("SELECT version_num FROM alembic_version"))
                found: dict[str, int | str] = {"revision": str(revision)}
                for table in metadata.sorted_tables:
                    count = await connection.scalar(select(func.count()).select_from(table))
                    found[table.name] = int(count or 0)
                return found
    finally:
        await engine.dispose()
