"""One file that holds a house: a manifest, a database and the session files, each with its checksum.

frontdesk.tar.gz
├── manifest.json      what it is, of which version, where things lay, how much there is
├── frontdesk.sqlite3  all rows
└── specialists/…      what sessions resume from, without secrets
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from pydantic import TypeAdapter, ValidationError

from bot.errors import Refused

FORMAT: Final = 1
DATABASE: Final = "frontdesk.sqlite3"
MANIFEST: Final = "manifest.json"
MAX_MANIFEST_BYTES: Final = 256 * 1024 * 1024

_CHUNK: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Stored:
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    format: int  # of the archive
    version: str  # of the Frontdesk that wrote it
    revision: str  # of the database
    made_at: str  # ISO 8601, UTC
    node: str
    home: str  # where the state directory was
    projects: dict[str, str]  # where each project's directory was
    counts: dict[str, int]  # rows by table
    files: dict[str, Stored]  # by path inside the archive


_MANIFEST: Final = TypeAdapter(Manifest)


def stored(directory: Path) -> dict[str, Stored]:
    """What lies below the directory, as a manifest says it."""
    paths = sorted(path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): _stored(path) for path in paths}


def _stored(path: Path) -> Stored:
    with path.open("rb") as file:
        return Stored(hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size)


def pack(directory: Path, manifest: Manifest, target: Path) -> None:
    """Write the archive (0600): it appears under its name when it is whole and on disk."""
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        descriptor = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as archive:
                _add(
                    archive,
                    MANIFEST,
                    io.BytesIO(words := _MANIFEST.dump_json(manifest, indent=2)),
                    len(words),
                )
                for name, known in manifest.files.items():
                    with (directory / name).open("rb") as content:
                        _add(archive, name, content, known.size)
            file.flush()
            os.fsync(file.fileno())
        os.link(unfinished, target)  # unlike a rename it replaces nothing
    except FileExistsError as error:
        raise Refused(f"{target} exists already; name another file.") from error
    except OSError as error:
        raise Refused(f"{target} cannot be written ({error.strerror}); name a file elsewhere.") from error
    finally:
        unfinished.unlink(missing_ok=True)


def _add(archive: tarfile.TarFile, name: str, content: io.BufferedIOBase, size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    archive.addfile(member, content)


def unpack(source: Path, directory: Path) -> Manifest:
    """Write what the archive holds below ``directory``, whole and as its manifest says, or raise Refused."""
    try:
        with tarfile.open(source, "r:gz") as archive:
            manifest = _manifest(archive, source)
            found = set(_written(archive, manifest, directory))
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise Refused(f"{source} is damaged or no backup of Frontdesk ({error}).") from error
    except OSError as error:
        raise Refused(f"{source} cannot be read ({error.strerror or error}).") from error
    missing = manifest.files.keys() - found
    if missing or stored(directory) != manifest.files:
        raise Refused(f"{source} is damaged: it does not hold what its manifest says. Nothing was restored.")
    return manifest


def _manifest(archive: tarfile.TarFile, source: Path) -> Manifest:
    first = archive.next()
    content = archive.extractfile(first) if first and first.isreg() else None
    if first is None or content is None or first.name != MANIFEST or first.size > MAX_MANIFEST_BYTES:
        raise Refused(f"{source} is no backup of Frontdesk: it does not begin with a manifest.")
    try:
        manifest = _MANIFEST.validate_json(content.read())
    except ValidationError as error:
        raise Refused(f"{source} has a manifest that cannot be read.") from error
    if manifest.format != FORMAT:
        raise Refused(
            f"{source} was written by a newer Frontdesk ({manifest.version}); restore it with that."
        )
    return manifest


def _written(archive: tarfile.TarFile, manifest: Manifest, directory: Path) -> Iterator[str]:
    """Nothing but plain files of the manifest, at places inside the directory."""
    for member in archive:
        if member.name == MANIFEST:
            continue
        path = PurePosixPath(member.name)
        known = manifest.files.get(member.name)
        content = archive.extractfile(member) if member.isreg() else None
        inside = not path.is_absolute() and ".." not in path.parts
        if known is None or content is None or not inside or member.size != known.size:
            raise Refused(f"{member.name!r} does not belong into a backup; nothing was restored.")
        target = directory / path
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            while chunk := content.read(_CHUNK):
                file.write(chunk)
        yield member.name
