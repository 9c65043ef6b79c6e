"""The ground the house stands on: Python, programs, the state directory, the database, who runs it."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sqlite3
import sys
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from bot.cli.doctor.checks import Check, Group, Verdict
from bot.errors import FrontdeskError

if TYPE_CHECKING:
    from bot.settings import Settings

LEAST_FREE_BYTES: Final = 500_000_000
OLDEST_SQLITE: Final = (3, 35)

_PROGRAMS: Final = {
    "git": "Without it no commit is bound to an approval and worktrees are off.",
    "rg": "Without ripgrep specialists search more slowly.",
}
_LINUX_PROGRAMS: Final = {
    "bwrap": "Without bubblewrap runs are not walled in.",
    "socat": "Claude Code's own sandbox needs it.",
}
_PACKAGES: Final = {"bwrap": "bubblewrap", "rg": "ripgrep"}
_EXTRAS: Final = {
    "claude_agent_sdk": ("claude", "Claude Code cannot work"),
    "pydantic_ai": ("models", "no model can read the messages: rules mode"),
}


def programs() -> list[Check]:
    """What is installed."""
    python = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    checks = [Check(Group.PROGRAMS, "Python", Verdict.PASS, python), _sqlite()]
    wanted = _PROGRAMS | (_LINUX_PROGRAMS if sys.platform == "linux" else {})
    checks += [_program(name, without) for name, without in wanted.items()]
    checks += [_extra(module, *what) for module, what in _EXTRAS.items()]
    return checks


def _sqlite() -> Check:
    ok = sqlite3.sqlite_version_info >= OLDEST_SQLITE
    verdict = Verdict.PASS if ok else Verdict.FAIL
    return Check(
        Group.PROGRAMS, "SQLite", verdict, sqlite3.sqlite_version, "Use a Python with SQLite 3.35 or newer."
    )


def _program(name: str, without: str) -> Check:
    if found := shutil.which(name):
        return Check(Group.PROGRAMS, name, Verdict.PASS, found)
    remedy = f"Install {_PACKAGES.get(name, name)} with the system's package manager."
    return Check(Group.PROGRAMS, name, Verdict.WARN, f"not found. {without}", remedy)


def _extra(module: str, extra: str, without: str) -> Check:
    if find_spec(module):
        return Check(Group.PROGRAMS, f"extra {extra}", Verdict.PASS, "installed")
    detail = f"not installed: {without}"
    return Check(Group.PROGRAMS, f"extra {extra}", Verdict.WARN, detail, f"pip install 'frontdesk[{extra}]'")


async def state(settings: Settings) -> list[Check]:
    """The state directory and the database, looked at without changing them."""
    return [_home(settings.home), _space(settings.home), await _database(settings)]


def _home(home: Path) -> Check:
    group, name = Group.STATE, "frontdesk.home"
    if not home.exists():
        parent = _existing(home)
        if os.access(parent, os.W_OK | os.X_OK):
            return Check(group, name, Verdict.PASS, f"{home} will be made at the first start")
        return Check(
            group,
            name,
            Verdict.FAIL,
            f"{home} cannot be made",
            f"Make {parent} writable or set frontdesk.home.",
        )
    status = home.stat()
    if not home.is_dir() or not os.access(home, os.W_OK | os.X_OK) or status.st_uid != os.getuid():
        remedy = f"Run `chown -R {os.getuid()} {home}`, or set frontdesk.home."
        return Check(group, name, Verdict.FAIL, f"{home} is not a directory of this user", remedy)
    if status.st_mode & 0o077:
        return Check(group, name, Verdict.WARN, f"{home} can be read by others", f"Run `chmod 700 {home}`.")
    return Check(group, name, Verdict.PASS, f"{home}, closed to others")


def _existing(path: Path) -> Path:
    return next(parent for parent in path.parents if parent.exists())


def _space(home: Path) -> Check:
    free = shutil.disk_usage(home if home.exists() else _existing(home)).free
    verdict = Verdict.PASS if free >= LEAST_FREE_BYTES else Verdict.WARN
    return Check(
        Group.STATE,
        "disk",
        verdict,
        f"{free / 1e9:.1f} GB free",
        "Make room: nothing is accepted on a full disk.",
    )


async def _database(settings: Settings) -> Check:
    url = settings.database_url
    try:
        if url.startswith("sqlite"):
            detail = await asyncio.to_thread(_sqlite_file, Path(url.removeprefix("sqlite:///")))
        else:
            detail = await _server(url)
    except (FrontdeskError, sqlite3.Error, OSError) as error:
        remedy = (
            "Start the database, or correct frontdesk.database; `frontdesk migrate` updates an older one."
        )
        return Check(Group.STATE, "database", Verdict.FAIL, str(error), remedy)
    return Check(Group.STATE, "database", Verdict.PASS, detail)


def _sqlite_file(path: Path) -> str:
    """One sentence; raises sqlite3.Error for a file that is none or is damaged."""
    if not path.exists():
        return f"{path} will be made at the first start"
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=5)) as connection:
        verdict: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise sqlite3.DatabaseError(f"{path} is damaged: {verdict}")
    return f"{path}, {path.stat().st_size / 1e6:.1f} MB, sound"


async def _server(url: str) -> str:
    from storage.store.sql_store import SqlStore

    store = SqlStore(url)
    try:
        return await store.check()
    finally:
        await store.close()


def house(settings: Settings) -> list[Check]:
    """Who runs the house of this state directory."""
    from bot.holding import holding

    found = holding(settings.home)
    if found is None:
        detail = "none; commands still work, and what they promise is done when one starts"
        return [
            Check(
                Group.HOUSE,
                "house",
                Verdict.WARN,
                detail,
                "Start it with `frontdesk serve` or `frontdesk chat`.",
            )
        ]
    return [Check(Group.HOUSE, "house", Verdict.PASS, str(found))]
