"""``doctor --live``: one tiny request to each configured model and specialist, and what came of it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from bot.cli.doctor.checks import Check, Group, Verdict
from bot.errors import FrontdeskError, SecretaryError
from bot.model.dispatches import ParkReason
from bot.model.events import End, Finished, Parked
from bot.ports import Limits, Work
from bot.reports import money, remedy
from bot.settings.mistakes import nearest
from bot.settings.models import RULES, ModelChoice, choose_model, keys_of_models

if TYPE_CHECKING:
    from bot.ports import Specialist
    from bot.secretary import Secretary
    from bot.settings import Settings

WARNING: Final = (
    "Each model and specialist is asked one tiny question now, which is paid for: "
    "usually less than a cent each."
)
QUESTION: Final = "This is a test of the connection. Answer with the one word: ready"
MOST_USD: Final = 0.25
TIMEOUT_S: Final = 90.0
ONE_TRY: Final = {"CLAUDE_CODE_MAX_RETRIES": "0"}
"""Here the first answer is wanted; a run tries again for minutes."""

_REMEDIES: Final = {
    401: "Correct the key: the provider does not accept it.",
    402: "Add credit to the provider's account.",
    403: "Let the key use this model, or name another one.",
    429: "Wait a moment, or raise the account's limit.",
}
_UNREACHABLE: Final = "Look at the network, a proxy, and secretary.base_url."


async def ask_models(settings: Settings) -> list[Check]:
    """The secretary's model and its fallback."""
    from bot.secretary import Models, Secretary

    choice, fallback = choose_model(settings), settings.secretary.fallback_model
    keys = keys_of_models(settings, choice.model, fallback)
    secretary = Secretary(Models(choice.model, fallback, choice.base_url, keys, timeout_s=TIMEOUT_S))
    try:
        return [await _ask_model(secretary, name) for name in _models(choice, fallback)]
    finally:
        await secretary.close()


def _models(choice: ModelChoice, fallback: str | None) -> Iterator[str]:
    yield from (name for name in dict.fromkeys((choice.model, fallback)) if name and name != RULES)


async def _ask_model(secretary: Secretary, name: str) -> Check:
    try:
        reached = await secretary.reach(name)
    except SecretaryError as error:
        status = getattr(error, "status", None)
        remedy = (
            await _nearest(secretary, name) if status == 404 else _REMEDIES.get(status or 0, _UNREACHABLE)
        )
        return Check(Group.LIVE, name, Verdict.FAIL, str(error), remedy)
    return Check(Group.LIVE, name, Verdict.PASS, _told(reached.seconds, reached.cost_usd, reached.account))


def _told(seconds: float, usd: float | None, account: str) -> str:
    cost = "cost not known" if usd is None else money(usd) if usd >= 0.01 else f"${usd:.5f}"
    return f"answered in {seconds:.1f} s, {cost}" + (f", account {account}" if account else "")


async def _nearest(secretary: Secretary, name: str) -> str:
    provider, _, model = name.partition(":")
    offered = await secretary.offered(name)
    if near := nearest(model, offered):
        return f"Did you mean {provider}:{near}?"
    return f"It offers {', '.join(offered[:8])}." if offered else "Correct the model's name."


async def ask_specialists(settings: Settings) -> list[Check]:
    """Each specialist that a project uses, with each model that is named for it."""
    from bot import plugins

    wanted = dict.fromkeys((entry.specialist, entry.model) for entry in settings.projects.values())
    checks: list[Check] = []
    for name, model in wanted:
        alone = replace(settings, specialists={name: settings.specialists[name]})
        try:
            async with AsyncExitStack() as stack:
                specialist = (await plugins.specialists(stack, alone))[name]
                checks.append(await _ask_specialist(settings, specialist, name, model))
        except FrontdeskError as error:
            checks.append(Check(Group.LIVE, _label(name, model), Verdict.FAIL, str(error), _see(name)))
    return checks


def _label(name: str, model: str | None) -> str:
    return f"{name} ({model})" if model else name


def _see(name: str) -> str:
    return f"Correct [specialists.{name}], or what it needs; `frontdesk doctor` says what is missing."


async def _ask_specialist(settings: Settings, specialist: Specialist, name: str, model: str | None) -> Check:
    """One run without any tool, in an empty directory of its own."""
    health = await specialist.health()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="frontdesk-live-") as place:
        run = await specialist.start(_work(Path(place), name, model))
        last = [event async for event in run.events()][-1]
    seconds = time.monotonic() - began
    label = _label(name, model)
    match last:
        case Finished(end=End.DONE):
            account = health.facts.get("account", "")
            return Check(Group.LIVE, label, Verdict.PASS, _told(seconds, last.usd, account))
        case Finished():
            what = last.detail or last.text or f"it ended: {last.end}"
            return Check(Group.LIVE, label, Verdict.FAIL, what, await _advice(settings, name, model, last))
        case Parked(reason=ParkReason.RATE_LIMIT):
            what = last.text or "its provider asks to wait"
            return Check(Group.LIVE, label, Verdict.WARN, what, _REMEDIES[429])
        case _:
            return Check(Group.LIVE, label, Verdict.FAIL, "it did not answer in time", _see(name))


def _work(place: Path, name: str, model: str | None) -> Work:
    rooms = {room: place / room for room in ("project", "state", "scratch")}
    for room in rooms.values():
        room.mkdir()
    return Work(
        run="live/1",
        dispatch="live",
        attempt=1,
        prompt=QUESTION,
        session=str(uuid4()),
        resume=False,
        token="",
        session_usd=0.0,
        directory=str(rooms["project"]),
        config_dir=str(rooms["state"]),
        scratch=str(rooms["scratch"]),
        project=name,
        permission_mode="plan",
        tools_allowed=(),
        tools_denied=(),
        trust="none",
        sandbox="none",  # it has no tool that could do anything
        environment=ONE_TRY,
        model=model,
        limits=Limits(timeout_s=TIMEOUT_S, turns=2, usd=MOST_USD),
    )


async def _advice(settings: Settings, name: str, model: str | None, last: Finished) -> str:
    """For a model that is not known, the nearest that the same key may use."""
    key = settings.credential_of(name)
    if model and key and model in last.detail:
        from bot.secretary import Models, Secretary

        base_url = settings.specialists[name].base_url
        secretary = Secretary(Models(f"anthropic:{model}", None, base_url, {"anthropic": key}))
        try:
            if near := nearest(model, await secretary.offered(f"anthropic:{model}")):
                return f"Did you mean {near}?"
        finally:
            await secretary.close()
    return remedy(last.reason)
