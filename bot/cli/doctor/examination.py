"""All checks in their order; what needs the configuration is left out when that cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cli.doctor import abilities, chats, machine
from bot.cli.doctor.checks import Check, Group, Verdict
from bot.errors import SettingsError

if TYPE_CHECKING:
    from bot.cli.context import Context
    from bot.settings import Settings


async def examine(context: Context, *, live: bool = False) -> list[Check]:
    checks = machine.programs()
    try:
        settings = context.settings
    except SettingsError as error:
        return [*checks, *_mistakes(context.redactor.redact(str(error)))]
    checks += _configuration(settings)
    checks += await machine.state(settings)
    checks += abilities.models(settings)
    checks += await abilities.specialists(settings)
    checks += await chats.chats(settings)
    checks += machine.house(settings)
    if live:
        from bot.cli.doctor.live import ask_models, ask_specialists

        checks += await ask_models(settings)
        checks += await ask_specialists(settings)
    return checks


def _mistakes(error: str) -> list[Check]:
    remedy = "Correct it; `frontdesk config check` tries again."
    return [Check(Group.CONFIGURATION, "mistake", Verdict.FAIL, line, remedy) for line in error.splitlines()]


def _configuration(settings: Settings) -> list[Check]:
    group = Group.CONFIGURATION
    if settings.file is None:
        detail = "none found; built-in defaults apply: you are admin, the current directory may be read"
        remedy = "Write a frontdesk.toml to let a project be changed: permission_mode says how far."
        checks = [Check(group, "file", Verdict.WARN, detail, remedy)]
    else:
        checks = [Check(group, "file", Verdict.PASS, f"{settings.file} is usable")]
    known = ", ".join(f"{id} ({entry.role})" for id, entry in settings.people.items())
    checks.append(Check(group, "people", Verdict.PASS, known))
    checks.append(_you(settings))
    checks += [Check(group, "warning", Verdict.WARN, text, text) for text in settings.warnings]
    return checks


def _you(settings: Settings) -> Check:
    person = settings.local_person()
    if person:
        return Check(Group.CONFIGURATION, "you", Verdict.PASS, f"{settings.local_account} is {person.name}")
    return Check(
        Group.CONFIGURATION,
        "you",
        Verdict.WARN,
        f"{settings.local_account} is nobody the house knows, so commands need --as",
        f'Add terminal = "{settings.local_account}" to your entry under [people].',
    )
