"""Who can write: the terminal, and each chat that the configuration names, as its own adapter judges it."""

from __future__ import annotations

import asyncio
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Final

from bot import plugins
from bot.cli.doctor.checks import Check, Group, Verdict
from bot.errors import FrontdeskError
from bot.holding import holding
from bot.model.setup import Examination, Setup

if TYPE_CHECKING:
    from bot.settings import Settings

WITHIN_S: Final = 60.0
"""For all that one adapter asks its platform."""


async def chats(settings: Settings) -> list[Check]:
    installed = {point.name for point in entry_points(group="frontdesk.chats")}
    checks = [Check(Group.CHATS, "terminal", Verdict.PASS, "`frontdesk chat`")]
    for name in settings.chats:
        if name == "terminal":
            continue
        if name in installed:
            checks += await _examined(settings, name)
            continue
        remedy = f"Install it or remove [chats.{name}]."
        checks.append(_check(name, Verdict.FAIL, "no adapter of that name is installed", remedy))
    return checks


async def _examined(settings: Settings, name: str) -> list[Check]:
    try:
        setup = plugins.setup(name)
        if setup is None:
            return [_check(name, Verdict.PASS, "its adapter is there")]
        return await _asked(settings, name, setup)
    except FrontdeskError as error:
        return [_check(name, Verdict.FAIL, str(error), "Do what it says, then look again.")]
    except TimeoutError:
        what = f"its platform did not answer within {WITHIN_S:.0f} s"
        return [_check(name, Verdict.FAIL, what, "Look at the network and a proxy, then again.")]
    except Exception as error:  # noqa: BLE001 - an adapter can be anybody's, and doctor must not fall ill
        what = f"its adapter cannot be used ({type(error).__name__}: {error})"
        return [_check(name, Verdict.FAIL, what, "Install another version of it, or tell its author.")]


async def _asked(settings: Settings, name: str, setup: Setup) -> list[Check]:
    given = settings.chats[name]
    needed = setup.needed(called=given.webhook_url is not None, installed=bool(given.teams))
    missing = [each.variable for each in needed if each.variable not in settings.secrets]
    if missing:
        remedy = f"`frontdesk init {name}` asks for it; or put it into the environment or a file (…_FILE)."
        return [_check(name, Verdict.FAIL, f"{', '.join(missing)} not set", remedy)]
    tokens = {each.variable: settings.secrets.require(each.variable) for each in needed}
    table = settings.chats[name].model_dump()
    async with asyncio.timeout(WITHIN_S):
        found = await setup.examine(Examination(tokens, settings.environ, table, _is_alone(settings)))
    return [
        Check(Group.CHATS, f"{name}, {each.name}", each.verdict, each.detail, each.remedy) for each in found
    ]


def _is_alone(settings: Settings) -> bool:
    """No process of this house can be listening: none here, and no other machine shares its rows."""
    return holding(settings.home) is None and settings.house.database is None


def _check(name: str, verdict: Verdict, detail: str, remedy: str = "") -> Check:
    return Check(Group.CHATS, name, verdict, detail, remedy)
