"""How a house becomes an archive and an archive a house: what is copied in which order, and what is refused.

The rows come first: session files only grow, so each session that the rows know is in files copied later.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatch
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TextIO

from bot.app import node_of
from bot.cli.archive import DATABASE, FORMAT, Manifest, pack, stored, unpack
from bot.directories import private
from bot.errors import NewerDatabase, Refused
from bot.instance import InstanceLock
from bot.redact import Redactor
from storage import copies
from storage.engine import is_postgres
from storage.migrate import Migration, migrate

if TYPE_CHECKING:
    from bot.settings import Settings

SESSIONS: Final = "specialists"
_NOT_KEPT: Final = ("*credentials*", "auth.json", ".claude.json*", "*.lock")
"""Files of a specialist's own state that hold a credential or only mean something while it runs."""
_NOT_ENTERED: Final = frozenset({"cache", "statsig", "backups", "shell-snapshots", "debug", "telemetry"})
"""What a specialist makes again by itself."""


# ── out ──────────────────────────────────────────────────────────────────────────────────────────────────


async def back_up(settings: Settings, file: Path) -> Manifest:
    """Write the archive; what it holds."""
    if file.exists():
        raise Refused(f"{file} exists already; name another file.")
    revision = await asyncio.to_thread(copies.revision_to_copy, settings.database_url)
    with _beside(file) as room:
        counts = await copies.copy_out(settings.database_url, room / DATABASE)
        redactor = Redactor(settings.secret_values())
        await asyncio.to_thread(_copy_sessions, settings.home, room, redactor)
        manifest = Manifest(
            format=FORMAT,
            version=version("frontdesk"),
            revision=revision,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            node=node_of(settings),
            home=str(settings.home),
            projects={name: str(entry.directory) for name, entry in settings.projects.items()},
            counts=counts,
            files=await asyncio.to_thread(stored, room),
        )
        await asyncio.to_thread(pack, room, manifest, file)
    return manifest


@contextmanager
def _beside(file: Path) -> Generator[Path]:
    """A private directory on the disk that has to have room for the archive anyway."""
    try:
        room = tempfile.TemporaryDirectory(prefix=".frontdesk-", dir=file.absolute().parent)
    except OSError as error:
        raise Refused(f"{file} cannot be written ({error.strerror}); name a file elsewhere.") from error
    with room as path:
        yield Path(path)


def _copy_sessions(home: Path, room: Path, redactor: Redactor) -> None:
    for path in _session_files(home / SESSIONS):
        target = room / path.relative_to(home)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            _copy_redacted(path, target, redactor)
        except FileNotFoundError:
            target.unlink(missing_ok=True)  # it went while we looked; nothing refers to it


def _session_files(directory: Path) -> Iterator[Path]:
    for path, inner, names in os.walk(directory):
        inner[:] = [name for name in inner if name not in _NOT_ENTERED]
        found = (Path(path, name) for name in names if not any(fnmatch(name, one) for one in _NOT_KEPT))
        yield from (file for file in found if file.is_file() and not file.is_symlink())


def _copy_redacted(source: Path, target: Path, redactor: Redactor) -> None:
    """What a tool printed into a session may be a secret of the house; lines stay lines."""
    stream = redactor.stream()
    with _opened(source, "r") as read, _opened(target, "x") as written:
        while chunk := read.read(1 << 20):
            written.write(stream.feed(chunk))
        written.write(stream.close())
    target.chmod(0o600)


def _opened(path: Path, mode: Literal["r", "x"]) -> TextIO:
    """As text whose bytes come out as they went in, whatever they are."""
    return path.open(mode, encoding="utf-8", errors="surrogateescape", newline="")


# ── in ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Restored:
    manifest: Manifest
    aside: Path | None  # where the files went that were here before
    migrated_from: str | None


async def restore(settings: Settings, file: Path, *, force: bool) -> Restored:
    """Put the archive in place; until the last step everything is as it was."""
    home = private(settings.home)
    with InstanceLock(home), tempfile.TemporaryDirectory(prefix="restoring-", dir=home) as name:
        if (there := _belongings(settings)) and not force:
            raise Refused(f"{home} holds a house already ({there[0].name}); use --force to put it aside.")
        room = Path(name)
        manifest = await asyncio.to_thread(unpack, file, room)
        done = await _migrated(room / DATABASE, file)
        _forget_copies(room)
        await asyncio.to_thread(_relocate, settings, manifest, room / DATABASE)
        if is_postgres(settings.database_url):
            await copies.copy_in(room / DATABASE, settings.database_url, replace=force)
            (room / DATABASE).unlink()
            (room / "node").write_text(f"{manifest.node}\n")
        aside = _put_in_place(room, home, there)
    return Restored(manifest, aside, done.was if done.was != done.now else None)


async def _migrated(database: Path, file: Path) -> Migration:
    try:
        return await migrate(str(database))
    except NewerDatabase as error:
        raise Refused(
            f"{file} was written by a newer Frontdesk; nothing was restored. Restore it with that one."
        ) from error


def _belongings(settings: Settings) -> list[Path]:
    """What the archive would replace."""
    home = settings.home
    names = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", SESSIONS, "node")
    return [path for name in names if (path := home / name).exists()]


def _forget_copies(room: Path) -> None:
    """The archive itself is the copy of what it was."""
    for path in room.glob(f"{DATABASE}?*"):
        path.unlink()


def _relocate(settings: Settings, manifest: Manifest, database: Path) -> None:
    now = {name: str(entry.directory) for name, entry in settings.projects.items()}
    places = {old: now[name] for name, old in manifest.projects.items() if name in now}
    alone = not is_postgres(settings.database_url)
    copies.relocate(
        database, places | {manifest.home: str(settings.home)}, node_of(settings) if alone else None
    )


def _put_in_place(room: Path, home: Path, there: list[Path]) -> Path | None:
    """The database comes last: without it nothing has been restored."""
    aside = None
    if there:
        aside = private(home / f"replaced-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
        for path in there:
            path.rename(aside / path.name)
    for path in sorted(room.iterdir(), key=lambda path: path.name == DATABASE):
        path.rename(home / path.name)
    return aside
