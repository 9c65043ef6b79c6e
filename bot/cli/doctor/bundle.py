"""``doctor --bundle``: one archive for whoever helps, without secrets, accounts or what people wrote."""

from __future__ import annotations

import json
import os
import platform
import re
import sqlite3
import stat
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bot.cli.doctor.checks import Check, report
from bot.cli.printing import as_json
from bot.errors import FrontdeskError, Refused, SettingsError
from bot.model.views import Status

if TYPE_CHECKING:
    from bot.cli.context import Context
    from bot.desk import Desk
    from bot.settings import Settings

LOG_LINES: Final = 500
LOG_BYTES: Final = 1_000_000
MESSAGES: Final = 100
PERSON: Final = "[person]"
_ACCOUNT_KEYS: Final = re.compile(r"^people\.[^.]+\.(?:name|slack|telegram|terminal|accounts)\b")

README: Final = """\
What `frontdesk doctor` knows about this house.
Secrets are replaced by [redacted], people's accounts by [person].
{texts}

"""
WITHOUT_TEXTS: Final = "What people and models wrote is not in it; --with-texts adds it."
WITH_TEXTS: Final = "It holds what people and models wrote (--with-texts): read it before you send it."


@dataclass(frozen=True, slots=True)
class Bundled:
    file: Path
    names: tuple[str, ...]  # what is inside, with its size


def bundle(context: Context, checks: Sequence[Check], file: Path | None, *, with_texts: bool) -> Bundled:
    """Write it, readable by its owner only; raises Refused for a file that is there."""
    path = file or Path(f"frontdesk-{datetime.now(UTC):%Y%m%d-%H%M%S}.zip")
    hide = _hiding(context)
    parts = {name: hide(text) for name, text in _parts(context, checks, with_texts=with_texts)}
    contents = [f"{name:<20} {len(text.encode()):>9,} bytes" for name, text in parts.items()]
    words = WITH_TEXTS if with_texts else WITHOUT_TEXTS
    parts = {"README.txt": README.format(texts=words) + "\n".join(contents) + "\n"} | parts
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refused(f"{path} exists; name another file.") from None
    except OSError as error:
        raise Refused(f"{path} cannot be written ({error.strerror}); name another file.") from error
    with os.fdopen(descriptor, "wb") as raw, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return Bundled(path, tuple(contents))


def _hiding(context: Context) -> Callable[[str], str]:
    """Everything goes through here: secrets in every disguise, accounts, the home directory's name."""
    redactor = context.redactor
    accounts = _accounts(context)
    pattern = re.compile("|".join(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])" for name in accounts) or r"(?!)")
    home = str(Path.home())

    def hide(text: str) -> str:
        shown = redactor.redact(text)
        return pattern.sub(PERSON, shown.replace(home, "~") if len(home) > 1 else shown)

    return hide


def _accounts(context: Context) -> list[str]:
    """Longest first; a person's id in the configuration stays, since it says who is meant."""
    try:
        settings = context.settings
    except SettingsError:
        return []
    found = {settings.local_account}
    for person in settings.people.values():
        values = (person.name, person.slack, person.telegram, person.terminal, *person.accounts.values())
        found |= {str(value) for value in values if value is not None}
        found |= set((person.slack or "").split("/"))
    return sorted(found - {"", *settings.people}, key=lambda name: (-len(name), name))


def _parts(context: Context, checks: Sequence[Check], *, with_texts: bool) -> Iterator[tuple[str, str]]:
    yield "machine.json", _json(_machine())
    yield "doctor.json", _json(report(checks))
    try:
        settings = context.settings
    except SettingsError as error:
        yield "configuration.json", _json({"mistakes": str(error).splitlines()})
        return
    yield "configuration.json", _json(_configuration(settings))
    yield "database.json", _json(_database(settings))
    yield "status.json", _json(_status(context, with_texts=with_texts))
    yield "log.txt", _log_lines(settings)
    if with_texts:
        yield "messages.json", _json(_asked(context, _messages))


def _json(value: object) -> str:
    return json.dumps(as_json(value), indent=2, ensure_ascii=False, default=str) + "\n"


def _machine() -> dict[str, Any]:
    packages = {found.metadata["Name"]: found.version for found in distributions()}
    return {
        "written_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "frontdesk": packages.get("frontdesk", "not installed"),
        "python": sys.version,
        "platform": platform.platform(),
        "sqlite": sqlite3.sqlite_version,
        "packages": dict(sorted(packages.items())),
    }


def _configuration(settings: Settings) -> dict[str, Any]:
    from bot.cli.config import HIDDEN, values_of

    shown = {
        key: {"value": HIDDEN if _ACCOUNT_KEYS.match(key) else value, "source": source}
        for key, value, source in values_of(settings)
    }
    return {
        "file": settings.file,
        "values": shown,
        "secrets": list(settings.secrets),
        "warnings": settings.warnings,
    }


def _database(settings: Settings) -> dict[str, Any]:
    import asyncio

    from storage.census import census

    try:
        return {"rows": asyncio.run(census(settings.database_url))}
    except FrontdeskError as error:
        return {"problem": str(error)}


def _status(context: Context, *, with_texts: bool) -> dict[str, Any]:
    you = context.settings.local_person()
    found = _asked(context, lambda desk: desk.status(you))
    if with_texts or not isinstance(found, Status):
        return {"status": found}
    return _without_texts(found)


def _asked(context: Context, question: Callable[[Desk], Any]) -> Any:
    """What the desk says; a house that was never started is left as it is."""
    url = context.settings.database_url
    if url.startswith("sqlite") and not Path(url.removeprefix("sqlite:///")).exists():
        return {"problem": "There is no database yet; it is made at the first start."}
    try:
        return context.ask(question)
    except FrontdeskError as error:
        return {"problem": str(error)}


def _without_texts(found: Status) -> dict[str, Any]:
    return {
        "running": found.running,
        "since": found.since,
        "holder": found.holder,
        "problems": found.problems,
        "counts": found.counts,
        "turns_waiting": found.turns_waiting,
        "parts_unsent": found.parts_unsent,
        "spent_today_usd": found.spent_today_usd,
        "restart": found.restart,
        "live": [
            {"id": item.id, "status": item.status, "project": item.project, "begun": item.created_at}
            for item in found.live
        ],
        "questions": [
            {"id": item.id, "of": item.dispatch, "kind": item.kind, "asked": item.asked_at}
            for item in found.questions
        ],
    }


async def _messages(desk: Desk) -> list[dict[str, Any]]:
    from bot.model.conversations import Message

    async with desk.house.store.reading() as unit:
        found = await unit.find(Message)
    latest = sorted(found, key=lambda item: item.received_at)[-MESSAGES:]
    return [{"id": item.id, "at": item.received_at, "text": item.text} for item in latest]


def _log_lines(settings: Settings) -> str:
    """The end of the log that `chat` writes; a service's lies with whoever started it."""
    path = settings.home / "logs" / "frontdesk.log"
    try:
        with path.open("rb") as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                file.seek(max(0, os.fstat(file.fileno()).st_size - LOG_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return f"There is no {path}; `frontdesk serve` writes to stderr (journalctl, docker logs).\n"
    return "\n".join(text.splitlines()[-LOG_LINES:]) + "\n"
