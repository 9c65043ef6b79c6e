"""What no single value can show: names that must exist, accounts of two people, nested directories."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.metadata import entry_points
from pathlib import Path

from bot.model.kinds import BULK, FRONTIER, NEVER_BULK, NEVER_BULK_WHY
from bot.model.people import Identity
from bot.settings.mistakes import nearest
from bot.settings.sources import BUILT_IN_SPECIALISTS
from bot.settings.view import TERMINAL, Settings, identities_of, read_env_file


def relations(settings: Settings) -> list[str]:
    """Every mistake between two values, each beginning with its dotted key."""
    return [
        *_unknown_names(settings),
        *_unknown_kinds(settings),
        *_tiers(settings),
        *_shared_accounts(settings),
        *_directories(settings),
        *_env_files(settings),
        *_deadlines(settings),
    ]


def _unknown_names(settings: Settings) -> Iterator[str]:
    projects, people = settings.projects, settings.people
    for id, project in projects.items():
        yield from _one_of(f"projects.{id}.specialist", project.specialist, settings.specialists)
        for key in ("roles", "people", "approvers"):
            for person in getattr(project, key) or ():
                yield from _one_of(f"projects.{id}.{key}", person, people)
        for place in project.conversations or ():
            chats = {*settings.chats, TERMINAL}
            yield from _one_of(f"projects.{id}.conversations", place.partition(":")[0], chats)
    for id, person in people.items():
        yield from _one_of(f"people.{id}.notify", person.notify, {*settings.chats, TERMINAL})
    for name, chat in settings.chats.items():
        yield from _one_of(f"chats.{name}.project", chat.project, projects)
        for channel, entry in chat.channels.items():
            yield from _one_of(f"chats.{name}.channels.{channel}.project", entry.project, projects)


def _one_of(key: str, name: str | None, valid: Iterable[str]) -> Iterator[str]:
    if name is None or name in (valid := sorted(valid)):
        return
    near = nearest(name, valid)
    yield f"{key} names {name}, which is not configured; " + (
        f"did you mean {near}?" if near else f"there are {', '.join(valid) or 'none'}"
    )


def _tiers(settings: Settings) -> Iterator[str]:
    cheapest = settings.models[BULK].model if BULK in settings.models else None
    for kind, row in settings.work.items():
        yield from _one_of(f"work.{kind}.tier", row.tier, settings.models)
        named = settings.models.get(row.tier)
        if kind in NEVER_BULK and (row.tier == BULK or (named and named.model == cheapest)):
            yield (
                f"work.{kind}.tier may not be the bulk model: {NEVER_BULK_WHY}; "
                f"name a better one, as in [models.{FRONTIER}]"
            )


def _unknown_kinds(settings: Settings) -> Iterator[str]:
    for name, entry in settings.specialists.items():
        kind = entry.kind or name
        if kind not in BUILT_IN_SPECIALISTS:
            installed = [point.name for point in entry_points(group="frontdesk.specialists")]
            yield from _no_adapter(f"specialists.{name}.kind", kind, [*BUILT_IN_SPECIALISTS, *installed])


def _no_adapter(key: str, kind: str, installed: list[str]) -> Iterator[str]:
    if kind not in installed:
        yield f"{key}: no adapter {kind} is installed; there are {', '.join(dict.fromkeys(installed))}"


def _shared_accounts(settings: Settings) -> Iterator[str]:
    owners: dict[Identity, str] = {}
    for id, person in settings.people.items():
        for identity in identities_of(id, person):
            owner = owners.setdefault(identity, id)
            if owner != id:
                yield f"people.{id}.{identity.chat} is the account of {owner} too; one account is one person"


def _directories(settings: Settings) -> Iterator[str]:
    home = settings.home.resolve()
    if home == Path(home.anchor):
        yield "frontdesk.home must be a directory of its own"
    for id, project in settings.projects.items():
        if id not in settings.places and project.directory.is_relative_to(home):
            yield f"projects.{id}.directory lies inside frontdesk.home, which no specialist may see"


def _env_files(settings: Settings) -> Iterator[str]:
    for id, project in settings.projects.items():
        if project.env_file is None:
            continue
        try:
            names = read_env_file(project.env_file)
        except (OSError, UnicodeDecodeError):
            yield f"projects.{id}.env_file cannot be read as text"
        else:
            if any(not name.isidentifier() or name.startswith("FRONTDESK_") for name in names):
                yield f"projects.{id}.env_file must hold NAME=value lines, none of them FRONTDESK_…"


def _deadlines(settings: Settings) -> Iterator[str]:
    questions = settings.questions
    if questions.remind_after_s >= questions.expire_after_s:
        yield "questions.remind_after_s must be less than questions.expire_after_s"
