"""Models, aliases and defaults in the file: a wish becomes a new text of it, checked before it is written.

::

    wish ──▶ names of the file? ──▶ new text ──▶ usable? ──▶ shown ──▶ confirmed ──▶ written, audited
                    │ no                            │ no                   │ file changed meanwhile
                    └────────▶ refused in words ◀───┴──────────────────────┘

Comments and order stay. The running house takes the file up by itself, as after any other edit.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bot import model_choice
from bot.errors import Refused, SettingsError
from bot.house import House
from bot.model.decisions import Ask, Choice, ConfigureModels
from bot.model.kinds import KindOfWork
from bot.model.log import AuditRow
from bot.model.people import Person
from bot.ports import Unit

if TYPE_CHECKING:
    from bot.model.dispatches import Dispatch
    from bot.settings import Settings

_ROLE: Final = "role"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class Proposal:
    """One change of the file."""

    file: Path
    key: tuple[str, ...]  # the table
    old: str  # the whole text
    new: str
    says: str  # what it means, for people

    @property
    def table(self) -> str:
        return f"[{'.'.join(self.key)}]"

    @property
    def difference(self) -> str:
        """The lines that go and come; no others, which are nobody's business in a conversation."""
        lines = list(unified_diff(self.old.splitlines(), self.new.splitlines(), n=0, lineterm=""))[2:]
        return "\n".join(line for line in lines if not line.startswith("@@") and line not in ("+", "-"))

    @property
    def seen(self) -> str:
        """Of what was shown, so that nothing else is confirmed."""
        return hashlib.sha256("\0".join((self.old, self.new)).encode()).hexdigest()[:16]


def proposed(settings: Settings, wish: ConfigureModels) -> Proposal:
    """Reads the file; raises Refused, in words, for what it does not allow."""
    file = settings.file
    if file is None:
        raise Refused("This house has no configuration file to write that into; `frontdesk init` makes one.")
    key, values, says = _values(settings, wish)
    from bot.settings.editing import with_table, with_values
    from bot.settings.migrating import check

    try:
        old = file.read_text(encoding="utf-8")
        there = _at(tomllib.loads(old), key)
        if wish.what == "alias" and (left := sorted({*(there or {})} - {*values, _ROLE})):
            raise Refused(
                f"[{'.'.join(key)}] has {', '.join(left)}, which {wish.model} has not; "
                f"change it in {file.name}."
            )
        new = with_table(old, key, values) if there is None else with_values(old, key, values)
        check(new, file, settings.environ)
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
        raise Refused(f"{file.name} cannot be read ({type(error).__name__}).") from error
    except SettingsError as error:
        raise Refused(f"Not changed: {error}") from error
    return Proposal(file, key, old, new, says)


def _values(settings: Settings, wish: ConfigureModels) -> tuple[tuple[str, ...], dict[str, Any], str]:
    name, row = model_choice.row_of(settings, wish.model)
    match wish.what:
        case "work":
            if wish.name not in set(KindOfWork):
                raise Refused(f"There is no work {wish.name}; there is {', '.join(KindOfWork)}.")
            return ("work", wish.name), {"tier": name}, f"Work of the kind {wish.name} goes to {name}"
        case "project":
            if not is_in_file(settings, wish.name):
                raise Refused(f"There is no project {wish.name} in the file.")
            if not model_choice.takes(settings, wish.name, row.model):
                raise Refused(f"{settings.projects[wish.name].specialist} does not run {name}.")
            told = model_choice.for_run(settings, wish.name, name)
            return ("projects", wish.name), {"model": told}, f"Work in {wish.name} goes to {name}"
        case "alias":
            if not _NAME.fullmatch(wish.name):
                raise Refused(f"{wish.name!r} is no name: lower-case letters, digits, - and _.")
            values = row.model_dump(mode="json", exclude_unset=True, exclude={_ROLE})
            values |= {_ROLE: wish.role} if wish.role else {}
            role = f", told: {wish.role}" if wish.role else ""
            return ("models", wish.name), values, f"{wish.name} means {row.model}{role}"


def _at(tables: dict[str, Any], key: tuple[str, ...]) -> dict[str, Any] | None:
    here: Any = tables
    for part in key:
        here = here.get(part)
        if here is None:
            return None
    return here


def is_in_file(settings: Settings, project: str) -> bool:
    """Whether the file has that project; the house has some of its own."""
    return f"projects.{project}.directory" in settings.origins


async def apply(unit: Unit, house: House, person: Person, wish: ConfigureModels) -> str | Ask:
    """For whoever may, as policy has seen to: the question with the difference, then the press."""
    try:
        if wish.seen:
            return await write(unit, house, person, wish)
        found = await asyncio.to_thread(proposed, house.settings, wish)
    except Refused as error:
        return str(error)
    if found.old == found.new:
        return f"{found.says} already."
    words = (
        f"{found.says} from now on. That changes {found.file.name}, in {found.table}:\n\n"
        f"```diff\n{found.difference}\n```"
    )
    return Ask(words, (Choice("Write it", replace(wish, seen=found.seen)), Choice("Leave it")))


async def write(unit: Unit, house: House, person: Person, wish: ConfigureModels) -> str:
    """Written whole, with a row of the audit; raises Refused where the file is not as it was shown."""
    found = await asyncio.to_thread(proposed, house.settings, wish)
    if found.old == found.new:  # also when this transaction is tried once more
        return f"{found.says} already."
    if wish.seen and wish.seen != found.seen:
        raise Refused(f"{found.file.name} has changed meanwhile; ask once more to see what would be written.")
    from bot.settings.editing import replace_file

    audit = AuditRow(
        house.new_id(), house.now(), person.id, "models.configured", found.table, found.difference
    )
    await unit.add(audit)
    try:
        await asyncio.to_thread(replace_file, found.file, found.new)
    except SettingsError as error:
        raise Refused(str(error)) from error
    return f"{found.says} from now on; {found.file.name} says so in {found.table}."


def default_for(settings: Settings, dispatch: Dispatch, name: str) -> ConfigureModels | None:
    """What makes work like this go to ``name`` by itself; None where its model was no default."""
    if settings.file is None or dispatch.project not in settings.projects:
        return None
    pick = model_choice.choose(settings, dispatch.project, dispatch.spec.goal)
    if pick.name != dispatch.model:
        return None
    entry = settings.projects[dispatch.project]
    if entry.model or pick.kind is KindOfWork.CODING:
        wish = ConfigureModels("project", dispatch.project, name)
        return wish if is_in_file(settings, dispatch.project) else None
    return ConfigureModels("work", pick.kind, name)


def listed(settings: Settings, projects: Sequence[str]) -> str:
    """The models of the file, and what goes where."""
    if not settings.models:
        return "No model has a name yet; an admin adds `[models.NAME]` to frontdesk.toml."
    names = [
        f"- `{name}`: {row.model}{f' ({row.role})' if row.role else ''}"
        for name, row in settings.models.items()
    ]
    tiers = [
        f"{kind} → {model_choice.tier_of(settings, kind) or 'its specialist’s own'}" for kind in KindOfWork
    ]
    own = [f"{name} → {model}" for name in projects if (model := settings.projects[name].model)]
    parts = ["\n".join(names), f"Work: {', '.join(tiers)}.", f"Projects: {', '.join(own)}." if own else ""]
    ways = "An admin changes this: `/models set draft fast`, `/models alias critic opus Be strict.`"
    return "\n\n".join(part for part in (*parts, ways) if part)
