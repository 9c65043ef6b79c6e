"""What the house forgets when it is old: rows by the store, and the files that sessions left on its disk.

A specialist keeps what a session resumes from in files and directories whose names begin with the session's
id, which is ours. So files are told apart without knowing the specialist, and what a crash left between the
commit and the removal is found later: it belongs to no session that the rows know.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from bot.errors import StoreError
from bot.house import House
from bot.model.dispatches import Session
from bot.model.purging import Purge, Purged, Rows

_log = structlog.get_logger("house")

EVERY_S: Final = 6 * 3600.0

SESSIONS: Final = "specialists"
MAX_DEPTH: Final = 5
"""specialists/NAME/PROJECT/projects/DIRECTORY/SESSION.jsonl is the deepest known place of a session."""

_NAMED: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Remains:
    """One file or directory of a session."""

    path: Path
    session: str
    is_directory: bool
    size: int
    changed_at: float


async def keep(house: House, forget_work: Callable[[float], Awaitable[int]]) -> None:
    """Until cancelled: what is not to be kept any longer goes; ``forget_work`` is the engine's part."""
    while True:
        await asyncio.sleep(EVERY_S)
        before = kept_since(house)
        try:
            gone = await forget(house, Purge(before))
            await forget_work((house.now() - before).total_seconds())
            _log.info("retention.done", rows=sum(gone.rows.values()), transcripts=gone.transcripts)
        except (StoreError, OSError) as error:
            _log.warning("retention.failed", error=str(error))


def kept_since(house: House) -> datetime:
    """What ended before that goes by itself."""
    return house.now() - timedelta(days=house.settings.house.retention_days)


async def look(house: House, purge: Purge) -> Purged:
    """What would go; nothing is locked or changed."""
    rows = await house.store.to_purge(purge)
    return _sum(rows, await _remains(house, purge, rows))


async def forget(house: House, purge: Purge) -> Purged:
    """Rows first: a session whose row is gone is never resumed, so its files are nobody's."""
    rows = await house.store.purge(purge)
    remains = await _remains(house, purge, rows)
    await asyncio.to_thread(_remove, remains)
    return _sum(rows, remains)


async def _remains(house: House, purge: Purge, rows: Rows) -> list[Remains]:
    async with house.store.reading() as unit:
        known = {session.id for session in await unit.find(Session)} - rows.sessions
    found = await asyncio.to_thread(lambda: list(_sessions_in(house.settings.home / SESSIONS)))
    before = purge.before.timestamp()
    return [
        one
        for one in found
        if one.session in rows.sessions
        or (purge.whole and one.session not in known and one.changed_at < before)
    ]


def _sessions_in(directory: Path, depth: int = MAX_DEPTH) -> Iterator[Remains]:
    """Links are not followed: a run can make some."""
    try:
        entries = list(os.scandir(directory))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        is_directory = entry.is_dir(follow_symlinks=False)
        if (named := _NAMED.match(entry.name)) and not entry.is_symlink():
            status = entry.stat(follow_symlinks=False)
            size = _size(Path(entry.path)) if is_directory else status.st_size
            yield Remains(Path(entry.path), named[0], is_directory, size, status.st_mtime)
        elif is_directory and depth > 1:
            yield from _sessions_in(Path(entry.path), depth - 1)


def _size(directory: Path) -> int:
    files = (Path(path, name) for path, _, names in os.walk(directory) for name in names)
    return sum(file.lstat().st_size for file in files)


def _remove(remains: list[Remains]) -> None:
    for one in remains:
        if one.is_directory:
            shutil.rmtree(one.path)
        else:
            one.path.unlink(missing_ok=True)


def _sum(rows: Rows, remains: list[Remains]) -> Purged:
    return Purged(
        rows=rows.by_table,
        files=rows.by_table.get("blobs", 0),
        file_bytes=rows.file_bytes,
        transcripts=sum(not one.is_directory for one in remains),
        session_directories=sum(one.is_directory for one in remains),
        transcript_bytes=sum(one.size for one in remains),
    )
